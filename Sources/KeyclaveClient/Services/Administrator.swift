import HTTP

/// What a service may do with a management token: make users and keys, switch, rotate and revoke
/// them, set limits, read usage. Everything else goes through ``send(_:_:body:id:)``.
///
/// Every change bears an id, so that it is made once however often it is sent. The token isn't
/// shown when this is printed.
public struct Administrator: Sendable {
    let keyclave: Keyclave
    let authorization: Hidden

    /// Sends a request of the management interface, and reads the answer's body; nil without one.
    /// `path` is percent-encoded (``PercentEncoding``). `body` is JSON. Anything but `GET` bears an
    /// id.
    public func send(
        _ method: Method, _ path: String, body: JSONValue? = nil,
        id: String = IdempotencyKeys.next()
    ) async throws(ClientError) -> JSONValue? {
        let isSafe = method == .get
        let request = ClientRequest(
            method: method, path: path, authorization: authorization.text,
            body: body?.compactText, idempotencyKey: isSafe ? nil : id, isSafe: isSafe)
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
        let path = PercentEncoding.path("v1", "accounts", account, "users")
        return try AnswerMembers(try await send(.post, path, body: body, id: id), of: "a user")
            .text("id")
    }

    /// Sets what a user may spend on an API in a period.
    public func setLimit(
        of user: String, in account: String, api: String, credits: UInt64, period: CreditPeriod,
        id: String = IdempotencyKeys.next()
    ) async throws(ClientError) {
        let body = JSONValue.object([
            .init(name: "credits", value: .number(credits)),
            .init(name: "period", value: .string(period.rawValue)),
        ])
        let path = PercentEncoding.path("v1", "accounts", account, "users", user, "limits", api)
        _ = try await send(.put, path, body: body, id: id)
    }
}

extension Keyclave {
    /// What may be done with a management token (`kct_…`).
    public func administrator(token: String) -> Administrator {
        Administrator(keyclave: self, authorization: Hidden("Bearer \(token)"))
    }
}

extension Administrator: CustomStringConvertible {
    public var description: String { "an administrator" }
}
