import HTTP

/// A key that was made.
public struct CreatedKey: Hashable, Sendable {
    /// `key_…`
    public var id: String
    /// The whole text, which is in this one answer and nowhere else. Nil if an earlier attempt made
    /// the key and its answer was lost: revoke it, and make another.
    public var text: String?
}

/// When a key opens nothing any more.
public enum KeyExpiry: Hashable, Sendable {
    case never
    /// RFC 3339, as in `2027-01-31T12:00:00Z`.
    case at(String)
}

extension Administrator {
    /// A new key of a user's. When this returns, no node refuses it.
    public func createKey(
        in account: String, user: String, api: String, name: String, isActive: Bool = true,
        expiry: KeyExpiry = .never, id: String = IdempotencyKeys.next()
    ) async throws(ClientError) -> CreatedKey {
        let body = JSONValue.object([
            .init(name: "user", value: .string(user)), .init(name: "api", value: .string(api)),
            .init(name: "name", value: .string(name)),
            .init(name: "active", value: .bool(isActive)),
            .init(name: "expires_at", value: expiry.value),
        ])
        let path = PercentEncoding.path("v1", "accounts", account, "keys")
        return try CreatedKey(try await send(.post, path, body: body, id: id))
    }

    /// Replaces a key by a new one of the same user, API and name. The old one opens everything for
    /// `graceSeconds` more, and without grace nothing from when this returns. The new one expires
    /// as the old one, unless `expiry` says otherwise.
    ///
    /// If an earlier attempt's answer was lost, the new key's text is nobody's: rotate the new key.
    public func rotateKey(
        _ key: String, in account: String, graceSeconds: UInt64 = 0, expiry: KeyExpiry? = nil,
        id: String = IdempotencyKeys.next()
    ) async throws(ClientError) -> CreatedKey {
        var members = [JSONValue.Member(name: "grace_seconds", value: .number(graceSeconds))]
        if let expiry { members.append(.init(name: "expires_at", value: expiry.value)) }
        let path = PercentEncoding.path("v1", "accounts", account, "keys", key, "rotate")
        return try CreatedKey(try await send(.post, path, body: .object(members), id: id))
    }

    /// Switches a key on or off. When this returns, every node acts on it.
    public func setKey(
        _ key: String, in account: String, active: Bool, id: String = IdempotencyKeys.next()
    ) async throws(ClientError) {
        let body = JSONValue.object([.init(name: "active", value: .bool(active))])
        let path = PercentEncoding.path("v1", "accounts", account, "keys", key)
        _ = try await send(.patch, path, body: body, id: id)
    }

    /// Ends a key for ever. When this returns, no node accepts it.
    public func revokeKey(
        _ key: String, in account: String, id: String = IdempotencyKeys.next()
    ) async throws(ClientError) {
        let path = PercentEncoding.path("v1", "accounts", account, "keys", key)
        _ = try await send(.delete, path, id: id)
    }
}

extension CreatedKey {
    init(_ answer: JSONValue?) throws(ClientError) {
        id = try AnswerMembers(answer, of: "a key").text("id")
        text = answer?["key"]?.string
    }
}

extension KeyExpiry {
    fileprivate var value: JSONValue {
        switch self {
        case .never: .null
        case .at(let time): .string(time)
        }
    }
}

// A key's text belongs to whoever it was made for, and not into a log.
extension CreatedKey: CustomStringConvertible, CustomReflectable {
    public var description: String { text == nil ? "\(id), without its text" : id }
    public var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}
