import Basics

/// A key about to take the place of another: same user, API and name, another text. One entry: the
/// new key is born in the state that the old one had, and the old one is revoked, or for the grace
/// time retiring.
public struct Rotation: Hashable, Sendable {
    /// The key to be replaced.
    public var old: KeyID
    public var account: AccountID
    /// The new key.
    public var id: KeyID
    public var digest: Digest
    public var suffix: Suffix
    /// The API in the new key's text. The node that drew it took it from its own table, which may
    /// lack the key; a rotation to a text of another API than the key's is refused.
    public var api: API
    /// How long the old key stays good; zero: not at all.
    public var graceSeconds: UInt32
    public var expiry: SuccessorExpiry

    public init(
        old: KeyID, account: AccountID, id: KeyID, digest: Digest, suffix: Suffix, api: API,
        graceSeconds: UInt32 = 0, expiry: SuccessorExpiry = .inherited
    ) {
        self.old = old
        self.account = account
        self.id = id
        self.digest = digest
        self.suffix = suffix
        self.api = api
        self.graceSeconds = graceSeconds
        self.expiry = expiry
    }
}

/// When the new key of a rotation expires.
public enum SuccessorExpiry: Hashable, Sendable {
    /// When the old one would have: what was granted for a time doesn't become eternal by a new
    /// text.
    case inherited
    /// Nil: never.
    case set(Timestamp?)
}

extension Rotation: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(old)
        writer.put(account)
        writer.put(id)
        writer.put(digest)
        writer.put(suffix)
        writer.put(api)
        writer.put(graceSeconds)
        writer.put(expiry)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        old = try reader.get()
        account = try reader.get()
        id = try reader.get()
        digest = try reader.get()
        suffix = try reader.get()
        api = try reader.get()
        graceSeconds = try reader.get()
        expiry = try reader.get()
    }
}

extension SuccessorExpiry: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .inherited: writer.write(UInt8(1))
        case .set(let time): writer.put(2, time)
        }
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        switch try reader.readUInt8() {
        case 1: self = .inherited
        case 2: self = .set(try reader.get())
        case let code: throw MalformedBytes("no expiry of a successor \(code)")
        }
    }
}
