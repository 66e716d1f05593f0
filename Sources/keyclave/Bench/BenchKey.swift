import HTTP
import KeyclaveClient

/// The key that a measurement uses: given, or made for it and removed afterwards.
struct BenchKey {
    let text: String
    /// Where it is administered; nil for a key that was given, of which that isn't known.
    let path: String?
    /// The request that removes what was made for it.
    private let removal: ClientRequest?

    init(session: inout Session) throws {
        guard session.invocation.text("key") != nil else {
            self = try BenchKey(madeIn: &session)
            return
        }
        text = try Session.apiKey(of: session.invocation, in: session.surroundings)
        path = nil
        removal = nil
    }

    init(madeIn session: inout Session) throws {
        let invocation = session.invocation
        let token = try session.token()
        var account = invocation.text("account")
        if account == nil {
            let me = ClientRequest(
                method: .get, path: "/v1/whoami", authorization: token, isSafe: true)
            account = try session.client.send(me).json()?["account"]?.string
        }
        let isOwnAccount = account == nil
        let place = try account ?? Self.create("/v1/accounts", ["name": "bench"], token, session)
        let unique = IdempotencyKeys.next()
        let user = try Self.create(
            "/v1/accounts/\(place)/users",
            ["email": "\(unique)@bench.invalid", "name": "bench", "role": "member"], token, session)
        let key = try Self.answer(
            "/v1/accounts/\(place)/keys",
            [
                "api": invocation.required("api"), "name": "bench", "user": user,
            ], token, session)
        guard let text = key["key"]?.string, let id = key["id"]?.string else {
            throw ClientError.malformedAnswer("a new key has no text or no id")
        }
        self.text = text
        path = "/v1/accounts/\(place)/keys/\(id)"
        removal = ClientRequest(
            method: .delete,
            path: isOwnAccount ? "/v1/accounts/\(place)" : "/v1/accounts/\(place)/users/\(user)",
            authorization: token, idempotencyKey: IdempotencyKeys.next())
    }

    /// Removes what was made; a failure is told, and changes no result.
    func remove(_ session: Session) {
        guard let removal else { return }
        do {
            _ = try session.client.send(removal)
        } catch {
            session.surroundings.tell("keyclave: \(removal.path) couldn't be removed: \(error)\n")
        }
    }

    /// The id of what was created.
    private static func create(
        _ path: String, _ members: [String: String], _ token: String, _ session: Session
    ) throws -> String {
        guard let id = try answer(path, members, token, session)["id"]?.string else {
            throw ClientError.malformedAnswer("what was created has no id")
        }
        return id
    }

    private static func answer(
        _ path: String, _ members: [String: String], _ token: String, _ session: Session
    ) throws -> JSONValue {
        let body = JSONValue.object(
            members.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
        let request = ClientRequest(
            method: .post, path: path, authorization: token, body: body.compactText,
            idempotencyKey: IdempotencyKeys.next())
        guard let answer = try session.client.send(request).json() else {
            throw ClientError.malformedAnswer("a creation was answered by nothing")
        }
        return answer
    }
}
