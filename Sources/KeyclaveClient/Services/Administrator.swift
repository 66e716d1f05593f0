import HTTP

/// What a service may do with a management token: make users and keys, switch and revoke them,
/// set limits. Everything else goes through ``send(_:_:body:id:)``.
///
/// Every change bears an id, so that it is made once however often it is sent.
public struct Administrator: Sendable {
    let keyclave: Keyclave
    let authorization: String

    /// A key that was made.
    public struct CreatedKey: Hashable, Sendable {
        /// `key_…`
        public var id: String
        /// The whole text, which is in this one answer and nowhere else. Nil if an earlier attempt
        /// made the key and its answer was lost: revoke it, and make another.
        public var text: String?
    }

    /// When spending starts at nothing again, by UTC.
    public enum Period: String, Hashable, Sendable { case none, day, month }

    /// Sends a request of the management interface, and reads the answer's body; nil without one.
    /// `body` is JSON. Anything but `GET` bears an id.
    public func send(
        _ method: Method, _ path: String, body: JSONValue? = nil,
        id: String = IdempotencyKeys.next()
    ) async throws(ClientError) -> JSONValue? {
        let isSafe = method == .get
        let request = ClientRequest(
            method: method, path: path, authorization: authorization, body: body?.compactText,
            idempotencyKey: isSafe ? nil : id, isSafe: isSafe)
        return try await keyclave.send(request).json()
    }

    /// The id of a new user, `usr_…`.
    public func createUser(
        in account: String, email: String, name: String, isAdmin: Bool = false,
        id: String = IdempotencyKeys.next()
    ) async throws(ClientError) -> String {
        let body = JSONValue.object([
            .init(name: "email", value: .string(email)),
            .init(name: "name", value: .string(name)),
            .init(name: "role", value: .string(isAdmin ? "admin" : "member")),
        ])
        let answer = try await send(.post, "/v1/accounts/\(account)/users", body: body, id: id)
        guard let user = answer?["id"]?.string else { throw .malformedAnswer("no user's id") }
        return user
    }

    /// A new key of a user's. When this returns, no node refuses it.
    public func createKey(
        in account: String, user: String, api: String, name: String, isActive: Bool = true,
        id: String = IdempotencyKeys.next()
    ) async throws(ClientError) -> CreatedKey {
        let body = JSONValue.object([
            .init(name: "user", value: .string(user)), .init(name: "api", value: .string(api)),
            .init(name: "name", value: .string(name)),
            .init(name: "active", value: .bool(isActive)),
        ])
        let answer = try await send(.post, "/v1/accounts/\(account)/keys", body: body, id: id)
        guard let key = answer?["id"]?.string else { throw .malformedAnswer("no key's id") }
        return CreatedKey(id: key, text: answer?["key"]?.string)
    }

    /// Switches a key on or off. When this returns, every node acts on it.
    public func setKey(
        _ key: String, in account: String, active: Bool, id: String = IdempotencyKeys.next()
    ) async throws(ClientError) {
        let body = JSONValue.object([.init(name: "active", value: .bool(active))])
        _ = try await send(.patch, "/v1/accounts/\(account)/keys/\(key)", body: body, id: id)
    }

    /// Ends a key for ever. When this returns, no node accepts it.
    public func revokeKey(
        _ key: String, in account: String, id: String = IdempotencyKeys.next()
    ) async throws(ClientError) {
        _ = try await send(.delete, "/v1/accounts/\(account)/keys/\(key)", id: id)
    }

    /// Sets what a user may spend on an API in a period.
    public func setLimit(
        of user: String, in account: String, api: String, credits: UInt64, period: Period,
        id: String = IdempotencyKeys.next()
    ) async throws(ClientError) {
        let body = JSONValue.object([
            .init(name: "credits", value: .number(credits)),
            .init(name: "period", value: .string(period.rawValue)),
        ])
        _ = try await send(
            .put, "/v1/accounts/\(account)/users/\(user)/limits/\(api)", body: body, id: id)
    }
}

extension Keyclave {
    /// What may be done with a management token (`kct_…`).
    public func administrator(token: String) -> Administrator {
        Administrator(keyclave: self, authorization: "Bearer \(token)")
    }
}
