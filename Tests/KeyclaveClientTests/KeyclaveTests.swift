import HTTP
import Testing

@testable import KeyclaveClient

/// What the answers of the interface become.
@Suite struct KeyclaveTests {
    static let verdicts: [(String, Verdict?)] = [
        (#"{"valid":false,"code":"invalid"}"#, .invalid),
        (#"{"valid":false,"code":"wrong_api"}"#, .wrongAPI),
        (
            #"{"valid":false,"code":"credits_exhausted","credits":{"allowance":5,"remaining":2}}"#,
            .creditsExhausted(remaining: 2)
        ),
        (#"{"valid":false,"code":"credits_exhausted"}"#, .creditsExhausted(remaining: nil)),
        (#"{"valid":true,"code":"valid"}"#, nil), (#"{"valid":false,"code":"valid"}"#, nil),
        (#"{"valid":false,"code":"haunted"}"#, nil), ("{}", nil), ("[]", nil),
    ]

    @Test func `every verdict is a case, and what is none is no verdict`() throws {
        for (text, expected) in Self.verdicts {
            let value = try JSONValue(Array(text.utf8))
            guard let expected else {
                #expect(throws: ClientError.self) { try Verdict(value) }
                continue
            }
            #expect(try Verdict(value) == expected, "\(text)")
        }
    }

    @Test func `an owner without a limit has no credits to tell`() throws {
        let text = PoolTests.valid.replacing("10", with: "null").replacing("7", with: "null")
        guard case .valid(let owner) = try Verdict(JSONValue(Array(text.utf8))) else {
            Issue.record("no valid key: \(text)")
            return
        }
        #expect(owner.credits == nil && owner.api == "rest")
    }

    @Test func `no is an outcome of a charge, and trouble an error`() async throws {
        let exhausted =
            #"{"code":"credits_exhausted","title":"Credits exhausted","status":403,"#
            + #""remaining":4,"limit":10}"#
        let server = try ScriptedServer([
            .problem(403, exhausted),
            .problem(401, #"{"code":"invalid_key","title":"Invalid API key","status":401}"#),
            .problem(422, #"{"code":"idempotency_conflict","title":"Conflict","status":422}"#),
            .json(200, #"{"charged":5}"#),
        ])
        defer { server.stop() }
        let keyclave = try Keyclave(nodes: [server.endpoint], settings: PoolTests.settings())
        #expect(try await keyclave.charge(5, key: "k") == .creditsExhausted(remaining: 4))
        #expect(try await keyclave.charge(5, key: "k") == .invalidKey)
        let conflict = await PoolTests.outcome { try await keyclave.charge(5, key: "k") }
        guard case .refused(let problem)? = conflict else {
            Issue.record("\(String(describing: conflict))")
            return
        }
        #expect(problem.code == "idempotency_conflict")
        let nonsense = await PoolTests.outcome { try await keyclave.charge(5, key: "k") }
        #expect(nonsense == .malformedAnswer("a charge without its receipt"))
    }

    @Test func `an administrator's changes bear its token and an id`() async throws {
        let server = try ScriptedServer([
            .json(201, #"{"id":"usr_1"}"#), .json(201, #"{"id":"key_1","key":"kc_rest_x"}"#),
            .json(201, #"{"id":"key_1"}"#), .json(200, "{}"),
            .raw("HTTP/1.1 204 No Content\r\n\r\n"), .json(200, "{}"),
            .json(200, #"{"items":[],"next":null}"#),
        ])
        defer { server.stop() }
        let keyclave = try Keyclave(nodes: [server.endpoint], settings: PoolTests.settings())
        let administrator = keyclave.administrator(token: "kct_x")
        let user = try await administrator.createUser(
            in: "acc_1", email: "a@example.com", name: "Ada")
        #expect(user == "usr_1")
        for text in ["kc_rest_x", nil] {
            let key = try await administrator.createKey(
                in: "acc_1", user: user, api: "rest", name: "laptop", id: "first")
            #expect(key == CreatedKey(id: "key_1", text: text))
        }
        try await administrator.setKey("key_1", in: "acc_1", active: false)
        try await administrator.revokeKey("key_1", in: "acc_1")
        try await administrator.setLimit(
            of: user, in: "acc_1", api: "rest", credits: 10, period: .month)
        let list = try await administrator.send(.get, "/v1/accounts/acc_1/keys")
        #expect(list?["items"]?.array?.isEmpty == true)

        let requests = server.requests
        #expect(
            requests.map(\.line) == [
                "POST /v1/accounts/acc_1/users", "POST /v1/accounts/acc_1/keys",
                "POST /v1/accounts/acc_1/keys", "PATCH /v1/accounts/acc_1/keys/key_1",
                "DELETE /v1/accounts/acc_1/keys/key_1",
                "PUT /v1/accounts/acc_1/users/usr_1/limits/rest",
                "GET /v1/accounts/acc_1/keys",
            ])
        #expect(requests.allSatisfy { $0.fields["authorization"] == "Bearer kct_x" })
        let ids = requests.map { $0.fields["idempotency-key"] }
        #expect(ids[1] == "first" && ids[2] == "first" && ids[6] == nil)
        #expect(Set(ids.dropLast()).count == 5)
    }
}
