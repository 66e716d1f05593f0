import Testing

/// A customer of the cluster, made for a test.
struct Tenant: Sendable {
    var account: String
    var path: String { "/v1/accounts/\(account)" }
}

/// A key with its text, which only its creator has.
struct IssuedKey: Sendable {
    var id: String
    var text: String
    var user: String
    /// The log index of its creation.
    var index: Int64
}

/// An answer that should have been another.
struct Unexpected: Error, CustomStringConvertible {
    var what: String
    var answer: Answer
    var description: String { "\(what): \(answer)" }
}

extension Answer {
    /// The log index that a validation reflects or a change was made at.
    var index: Int64? { headers["x-keyclave-index"].flatMap { Int64($0) } }

    /// The answer itself if it is a success; else throws.
    func orThrow(_ what: String) throws -> Answer {
        guard isSuccess else { throw Unexpected(what: what, answer: self) }
        return self
    }
}

extension TestCluster {
    /// Sends a change with an id of its own until its outcome is known.
    func change(
        _ method: String, _ path: String, json: String? = nil, token: String? = nil,
        on node: Int = 0
    ) throws -> Answer {
        try settle(
            Request(method, path, token: token ?? operatorToken, json: json)
                .with("Idempotency-Key", IdempotencyID.uuidV7()), first: node)
    }

    func get(_ path: String, token: String? = nil, on node: Int = 0) throws -> Answer {
        try settle(Request("GET", path, token: token ?? operatorToken), first: node)
    }

    func makeTenant(named name: String = "Example Ltd") throws -> Tenant {
        let answer = try change("POST", "/v1/accounts", json: #"{"name": "\#(name)"}"#)
            .orThrow("creating an account")
        return Tenant(account: try #require(answer.json["id"]?.text))
    }

    func makeUser(
        of tenant: Tenant, email: String = "ada@example.com", role: String = "member",
        on node: Int = 0
    ) throws -> String {
        let answer = try change(
            "POST", tenant.path + "/users",
            json: #"{"email": "\#(email)", "name": "Ada", "role": "\#(role)"}"#, on: node
        ).orThrow("creating a user")
        return try #require(answer.json["id"]?.text)
    }

    func makeKey(
        of tenant: Tenant, user: String, api: String = "rest", name: String = "laptop",
        active: Bool = true, on node: Int = 0
    ) throws -> IssuedKey {
        let json =
            #"{"api": "\#(api)", "name": "\#(name)", "user": "\#(user)", "active": \#(active)}"#
        return try issue(tenant.path + "/keys", json: json, to: user, on: node)
    }

    /// Gives a key another text.
    func rotate(
        _ key: IssuedKey, of tenant: Tenant, _ json: String = "{}", on node: Int = 0
    ) throws -> IssuedKey {
        try issue(tenant.path + "/keys/\(key.id)/rotate", json: json, to: key.user, on: node)
    }

    private func issue(
        _ path: String, json: String, to user: String, on node: Int
    ) throws -> IssuedKey {
        let answer = try askOnce(Request("POST", path, token: operatorToken, json: json), on: node)
        return IssuedKey(
            id: try #require(answer.json["id"]?.text), text: try #require(answer.json["key"]?.text),
            user: user, index: try #require(answer.index))
    }

    /// Sends a creation without an id of the client's: its repetition would not show the secret
    /// again. The node retries by itself, and only an answer that says "nothing was changed" is
    /// asked again.
    private func askOnce(_ request: Request, on node: Int) throws -> Answer {
        try eventually(request.path) {
            let answer = try nodes[node % nodes.count].send(request)
            return answer.status == 503 ? nil : answer
        }.orThrow(request.path)
    }

    func makeToken(
        role: String, tenant: Tenant? = nil, user: String? = nil, on node: Int = 0
    ) throws -> (id: String, text: String) {
        var members = [#""role": "\#(role)""#, #""name": "test""#]
        if let tenant { members.append(#""account": "\#(tenant.account)""#) }
        if let user { members.append(#""user": "\#(user)""#) }
        let request = Request(
            "POST", "/v1/tokens", token: operatorToken,
            json: "{\(members.joined(separator: ", "))}")
        let answer = try askOnce(request, on: node)
        return (
            try #require(answer.json["id"]?.text), try #require(answer.json["token"]?.text)
        )
    }

    func setLimit(
        of user: String, in tenant: Tenant, api: String = "rest", credits: Int64,
        period: String = "none"
    ) throws {
        _ = try change(
            "PUT", tenant.path + "/users/\(user)/limits/\(api)",
            json: #"{"credits": \#(credits), "period": "\#(period)"}"#
        ).orThrow("setting a limit")
    }

    /// What a node answers about a key once its memory reflects log index `index`.
    func validate(
        _ key: String, api: String = "rest", on node: TestNode, reflecting index: Int64
    ) throws -> Answer {
        let client = node.client()
        return try eventually("\(node.id) to have applied \(index)") {
            let answer = try client.send(
                Request("GET", "/v1/auth?api=\(api)", token: key))
            guard answer.status != 503, let reached = answer.index, reached >= index else {
                return nil
            }
            return answer
        }
    }

    /// All items of a list, over its pages.
    func items(_ path: String, token: String? = nil) throws -> [JSONValue] {
        var all: [JSONValue] = []
        var cursor: String?
        repeat {
            let query = "?limit=1000" + (cursor.map { "&cursor=\($0)" } ?? "")
            let answer = try get(path + query, token: token).orThrow("listing \(path)")
            all += try #require(answer.json["items"]?.list)
            cursor = answer.json["next"]?.text
        } while cursor != nil
        return all
    }

    /// What a user has spent on an API, from the account's usage.
    func spent(by user: String, in tenant: Tenant, api: String = "rest") throws -> Int64? {
        try usage(of: user, in: tenant, api: api)?["spent"]?.number
    }

    func usage(of user: String, in tenant: Tenant, api: String = "rest") throws -> JSONValue? {
        try items(tenant.path + "/usage")
            .first { $0["user"]?.text == user && $0["api"]?.text == api }
    }
}
