import Basics
import HTTP
import Keyring

/// A request as the routes see it, for as long as its buffer stands.
struct IncomingRequest {
    let head: RequestHead
    let bytes: UnsafeRawBufferPointer
    let body: UnsafeRawBufferPointer
    var parameters = RouteParameters()

    // MARK: Path

    /// A parameter of the path, percent-decoded.
    func segment(_ position: Int) throws(ProblemDetails) -> String {
        let raw = parameters[position].slice(of: bytes)
        guard let text = PercentDecoding.text(raw) else {
            throw ProblemDetails(.malformed, detail: "The path is not percent-encoded UTF-8.")
        }
        return text
    }

    /// An id in the path. One that no resource can have is the path of no resource.
    func id<ID: Identifier>(_ position: Int, as type: ID.Type) throws(ProblemDetails) -> ID {
        guard let id = ID(text: try segment(position)) else { throw ProblemDetails(.notFound) }
        return id
    }

    func account() throws(ProblemDetails) -> AccountID { try id(0, as: AccountID.self) }
    func user() throws(ProblemDetails) -> UserID { try id(1, as: UserID.self) }

    func api(_ position: Int) throws(ProblemDetails) -> API {
        guard let api = API(slug: try segment(position)) else { throw ProblemDetails(.notFound) }
        return api
    }

    // MARK: Credentials

    /// The digest of the management token in `Authorization`. Whatever has not the form of one
    /// is refused here; whether it is one is known elsewhere.
    func token() throws(ProblemDetails) -> Digest {
        switch head.presentedSecret(in: bytes) {
        case .several: throw ProblemDetails(.twoKeys)
        case .none: throw ProblemDetails(.invalidToken)
        case .one: break
        }
        let place = head.bearerToken(in: bytes)
        guard place.isPresent else { throw ProblemDetails(.invalidToken) }
        let text = place.slice(of: bytes).bytes
        guard KeyText.role(ofToken: text) != nil else { throw ProblemDetails(.invalidToken) }
        return KeyText.digest(of: text)
    }

    /// The client's id for a change.
    func idempotencyKey() throws(ProblemDetails) -> IdempotencyKey? {
        guard let text = try idempotencyText() else { return nil }
        guard let key = IdempotencyKey(utf8: text) else {
            throw ProblemDetails(
                .invalidField, detail: "Idempotency-Key must have 1 to 64 bytes.",
                field: "Idempotency-Key")
        }
        return key
    }

    /// UTF-8.
    func idempotencyText() throws(ProblemDetails) -> UnsafeRawBufferPointer? {
        guard head.idempotencyKey.isPresent else { return nil }
        let text = head.idempotencyKey.slice(of: bytes)
        guard text.isASCII || String(validating: text, as: UTF8.self) != nil else {
            throw ProblemDetails(
                .invalidField, detail: "Idempotency-Key must be UTF-8.", field: "Idempotency-Key")
        }
        return text
    }

    // MARK: Body

    /// Reads an object with the members that `Field` names; `read` takes each one's value.
    func readObject<Field>(
        _ fields: JSONFields<Field>, required: [Field] = [], mayBeEmpty: Bool = false,
        _ read: (Field, inout JSONReader) throws(JSONRefusal) -> Void
    ) throws(ProblemDetails) where Field.RawValue == String {
        if mayBeEmpty, body.isEmpty { return }
        try requireJSON()
        var reader = JSONReader(body)
        do throws(JSONRefusal) {
            var seen = JSONFieldSet()
            try reader.beginObject()
            while let field = try reader.nextMember(of: fields, seen: &seen) {
                try read(field, &reader)
            }
            for field in required where !fields.contains(field, in: seen) {
                throw reader.refusal(of: field.rawValue, .missing)
            }
            try reader.finish()
        } catch {
            throw error.problem
        }
    }

    /// For what takes no body: none, or an object without members.
    func requireNoBody() throws(ProblemDetails) {
        try readObject(IncomingRequest.noFields, mayBeEmpty: true) { _, _ in }
    }

    /// A body without a type is taken for what it must be.
    func requireJSON() throws(ProblemDetails) {
        guard head.contentType.isPresent else { return }
        let type = head.contentType.slice(of: bytes)
        if type.equals("application/json") { return }
        let end = type.firstIndex(of: UInt8(ascii: ";")) ?? type.count
        var name = UnsafeRawBufferPointer(rebasing: type[..<end])
        while name.last == UInt8(ascii: " ") { name = .init(rebasing: name.dropLast()) }
        guard name.equals(foldedTo: "application/json") else {
            throw ProblemDetails(.unsupportedMediaType)
        }
    }

    private enum NoField: String, CaseIterable { case none = "\u{0}" }
    private static let noFields = JSONFields<NoField>()
}

extension JSONReader {
    /// A string that stands for a value of the type, or a refusal that says what would.
    mutating func value<Value>(
        _ wanted: String, _ make: (String) -> Value?
    ) throws(JSONRefusal) -> Value {
        guard let value = make(try string()) else { throw refusal(.unacceptable(wanted)) }
        return value
    }

    mutating func name() throws(JSONRefusal) -> Name {
        try value("1 to 200 characters without control characters", Name.init)
    }

    mutating func email() throws(JSONRefusal) -> EmailAddress {
        try value("an e-mail address", EmailAddress.init)
    }

    mutating func userRole() throws(JSONRefusal) -> UserRole {
        try value("admin or member", UserRole.init(text:))
    }

    mutating func api() throws(JSONRefusal) -> API {
        try value("the slug of an API", API.init(slug:))
    }

    mutating func id<ID: Identifier>(as type: ID.Type) throws(JSONRefusal) -> ID {
        try value("an id: \(ID.prefix) and 11 characters", ID.init(text:))
    }
}
