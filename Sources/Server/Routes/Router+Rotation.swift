import Basics
import HTTP
import Keyring

/// The members of the bodies about rotation and APIs.
private enum Bodies {
    enum Rotation: String, CaseIterable { case grace_seconds, expires_at }
    enum API: String, CaseIterable { case slug, name }

    static let rotation = JSONFields<Rotation>()
    static let api = JSONFields<API>()
}

extension Router {
    /// The text of the new key names the old one's API, which never changes. A node that doesn't
    /// know the key yet draws a text for any; if it turns out to be the wrong one, or the key not
    /// to exist, that is decided where the command is applied.
    mutating func rotateKey(
        _ request: IncomingRequest, _ context: inout AnswerContext
    ) throws(ProblemDetails) -> Command {
        let (account, old) = (try request.account(), try request.id(1, as: KeyID.self))
        var (grace, expiry): (UInt32, SuccessorExpiry) = (0, .inherited)
        try request.readObject(Bodies.rotation, mayBeEmpty: true) {
            field, reader throws(JSONRefusal) in
            switch field {
            case .grace_seconds:
                grace = UInt32(
                    clamping: try reader.number(in: 0...UInt64(Bounds.graceSeconds)))
            case .expires_at: expiry = .set(try reader.expiry())
            }
        }
        let api = reader.image.api(of: old) ?? .rest
        let text = try drawText { KeyText(api: api, random: $0) }
        let id = drawID()
        context.secret = AnswerContext.NewSecret(text: text, id: id)
        return .rotateKey(
            Rotation(
                old: old, account: account, id: KeyID(id), digest: text.digest,
                suffix: try text.suffix(), api: api, graceSeconds: grace, expiry: expiry))
    }

    func createAPI(_ request: IncomingRequest) throws(ProblemDetails) -> Command {
        var (api, name): (API?, Name?) = (nil, nil)
        try request.readObject(Bodies.api, required: [.slug, .name]) {
            field, reader throws(JSONRefusal) in
            switch field {
            case .slug: api = try reader.value("2 to 10 characters a-z0-9", API.init(slug:))
            case .name: name = try reader.name()
            }
        }
        return .createAPI(try known(api), name: try known(name))
    }
}

extension JSONReader {
    /// A time, or null for never.
    mutating func expiry() throws(JSONRefusal) -> Timestamp? {
        if try takeNull() { return nil }
        return try value("null or a time, as in 2027-01-31T12:00:00Z") { text in
            RFC3339.timestamp(text).flatMap { $0 <= Bounds.latestTime ? $0 : nil }
        }
    }
}
