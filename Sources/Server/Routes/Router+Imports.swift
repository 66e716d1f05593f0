import Basics
import HTTP
import Keyring
import Replica

private enum ImportField: String, CaseIterable { case account, keys }
private enum ImportedField: String, CaseIterable {
    case user, api, name, digest, suffix, foreign, active, expires_at
}

private let importFields = JSONFields<ImportField>()
private let importedFields = JSONFields<ImportedField>()

/// One key of an import as its object says.
private struct KeyFields {
    var owner: KeyOwner?
    var api: API?
    var name: Name?
    var digest: Digest?
    var suffix: String?
    /// Its text isn't of this program's form.
    var isForeign = false
    var isActive = true
    var expiresAt: Timestamp?
}

// Keys that come from elsewhere.
extension Router {
    mutating func importRequest(
        _ request: IncomingRequest, _ context: inout AnswerContext
    ) throws(ProblemDetails) -> ClientRequest.Body {
        let token = try request.token()
        let parameters = try QueryParameters(request, allowed: [.check])
        try request.requireJSON()
        let batch: KeyImport
        do throws(JSONRefusal) {
            batch = try readImport(request.body)
        } catch {
            throw error.problem
        }
        if parameters.isCheck {
            context.importSize = batch.keys.count
            return .query(token, .importFaults(batch), .linearizable)
        }
        let command = Command.importKeys(batch)
        try ImportLimits.check(command, bodyBytes: request.body.count)
        return .change(
            token: token,
            ClientRequest.Submission(
                command: command, idempotency: try request.idempotencyKey(),
                content: command.contentDigest))
    }

    private mutating func readImport(
        _ body: UnsafeRawBufferPointer
    ) throws(JSONRefusal) -> KeyImport {
        var reader = JSONReader(body)
        var seen = JSONFieldSet()
        var account: AccountID?
        var fields: [KeyFields]?
        try reader.beginObject()
        while let field = try reader.nextMember(of: importFields, seen: &seen) {
            switch field {
            case .account: account = try reader.id(as: AccountID.self)
            case .keys: fields = try readKeys(from: &reader)
            }
        }
        try reader.finish()
        guard let account else { throw reader.refusal(of: "account", .missing) }
        guard let fields else { throw reader.refusal(of: "keys", .missing) }
        // Ascending, as the state machine wants them; and drawn, as every id is.
        var ids = fields.map { _ in entropy.next() | 1 }
        ids.sort()
        var keys: [ImportedKey] = []
        keys.reserveCapacity(fields.count)
        for (place, item) in fields.enumerated() {
            keys.append(try key(item, KeyID(ids[place]), at: place, reader))
        }
        return KeyImport(account: account, keys: keys)
    }

    private func readKeys(from reader: inout JSONReader) throws(JSONRefusal) -> [KeyFields] {
        var keys: [KeyFields] = []
        try reader.beginArray()
        while try reader.nextElement() {
            guard keys.count < Bounds.keysPerImport else {
                throw reader.refusal(.unacceptable("one of at most \(Bounds.keysPerImport) keys"))
            }
            var item = KeyFields()
            var seen = JSONFieldSet()
            try reader.beginObject()
            while let field = try reader.nextMember(of: importedFields, seen: &seen) {
                switch field {
                case .user:
                    item.owner = try reader.value("a user's id or an e-mail address") { text in
                        UserID(text: text).map { .id($0) }
                            ?? EmailAddress(text).map { .email($0) }
                    }
                case .api: item.api = try reader.api()
                case .name: item.name = try reader.name()
                case .digest:
                    item.digest = try reader.value("64 hexadecimal digits") { Digest(hex: $0) }
                case .suffix: item.suffix = try reader.takeNull() ? nil : try reader.string()
                case .foreign: item.isForeign = try reader.bool()
                case .active: item.isActive = try reader.bool()
                case .expires_at: item.expiresAt = try reader.expiry()
                }
            }
            keys.append(item)
        }
        guard !keys.isEmpty else { throw reader.refusal(.unacceptable("filled")) }
        return keys
    }

    private func key(
        _ item: KeyFields, _ id: KeyID, at place: Int, _ reader: JSONReader
    ) throws(JSONRefusal) -> ImportedKey {
        func refusal(_ name: String, _ reason: JSONRefusal.Reason = .missing) -> JSONRefusal {
            reader.refusal(of: "keys[\(place)].\(name)", reason)
        }
        guard let owner = item.owner else { throw refusal("user") }
        guard let api = item.api else { throw refusal("api") }
        guard let name = item.name else { throw refusal("name") }
        guard let digest = item.digest else { throw refusal("digest") }
        var suffix = item.isForeign ? Suffix.unknownForeign : Suffix.unknown
        if let text = item.suffix, !text.isEmpty {
            guard let given = item.isForeign ? Suffix(foreign: text) : Suffix(text) else {
                throw refusal("suffix", .unacceptable("the last four characters of the key"))
            }
            suffix = given
        }
        return ImportedKey(
            id: id, owner: owner, api: api, name: name, digest: digest, suffix: suffix,
            active: item.isActive, expiresAt: item.expiresAt)
    }
}

extension Digest {
    /// Of 64 hexadecimal digits; nil for anything else, and for the one that stands for none.
    init?(hex text: String) {
        guard text.utf8.count == 2 * Digest.count else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Digest.count)
        var high: UInt8?
        for byte in text.utf8 {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self.init(bytes)
        if self == .zero { return nil }
    }
}

extension ImportFaults {
    /// The problem that tells of the refusal: which keys are at fault, and why.
    var problem: ProblemDetails {
        var problem = ProblemDetails(
            .importRefused,
            detail: "\(count) of the keys can't be imported, and so none was.")
        problem.faults = items.map { item in
            ProblemDetails.Fault(place: UInt64(item.place), reason: item.fault.code)
        }
        problem.faultCount = UInt64(count)
        return problem
    }
}

extension JSONWriter {
    mutating func faults(_ faults: ImportFaults, of count: Int) {
        object { json in
            json.member("keys", UInt64(count))
            json.member("fault_count", UInt64(faults.count))
            json.name("faults")
            json.beginArray()
            for item in faults.items {
                json.object {
                    $0.member("place", UInt64(item.place))
                    $0.member("reason", item.fault.code)
                }
            }
            json.endArray()
        }
    }

    mutating func members(of key: ExportedKey) {
        member("user", key.email.string)
        member("user_id", id: key.detail.user)
        member("api", key.detail.api.slug)
        member("name", key.detail.name.string)
        member("digest", key.digest.hex)
        let suffix = key.detail.suffix
        member("suffix", suffix.isUnknown ? nil : suffix.description)
        member("foreign", suffix.isForeign)
        member("active", key.isActive)
        member("expires_at", key.expiresAt)
    }
}
