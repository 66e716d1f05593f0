import HTTP
import Testing

@testable import KeyclaveClient

/// What an administrator asks for, and what of it can be seen.
@Suite struct AdministratorTests {
    static func administrator(_ server: ScriptedServer) throws -> Administrator {
        try Keyclave(nodes: [server.endpoint], settings: PoolTests.settings())
            .administrator(token: "kct_secret")
    }

    @Test func `a rotation says what it wants, and shows the new text`() async throws {
        let server = try ScriptedServer([], otherwise: .json(200, #"{"id":"key_2","key":"kc_x"}"#))
        defer { server.stop() }
        let administrator = try Self.administrator(server)
        let new = try await administrator.rotateKey("key_1", in: "acc_1")
        #expect(new == CreatedKey(id: "key_2", text: "kc_x"))
        _ = try await administrator.rotateKey(
            "key_1", in: "acc_1", graceSeconds: 60, expiry: .never)
        _ = try await administrator.rotateKey(
            "key_1", in: "acc_1", expiry: .at("2027-01-31T12:00:00Z"))
        let requests = server.requests
        #expect(requests.allSatisfy { $0.line == "POST /v1/accounts/acc_1/keys/key_1/rotate" })
        #expect(
            requests.map(\.body) == [
                #"{"grace_seconds":0}"#, #"{"grace_seconds":60,"expires_at":null}"#,
                #"{"grace_seconds":0,"expires_at":"2027-01-31T12:00:00Z"}"#,
            ])
        #expect(Set(requests.map { $0.fields["idempotency-key"] }).count == 3)
    }

    @Test func `usage is read page by page`() async throws {
        let row =
            #"{"user":"usr_1","api":"rest","allowance":10,"period":"day","spent":2,"held":1,"#
            + #""remaining":7,"resets_at":"2027-02-01T00:00:00Z","continued":true,"#
            + #""keys":[{"key":"key_1","spent":2}]}"#
        let server = try ScriptedServer([
            .json(200, #"{"items":[\#(row)],"next":"a/b"}"#),
            .json(200, #"{"items":[],"next":null}"#), .json(200, #"{"items":[{}]}"#),
        ])
        defer { server.stop() }
        let administrator = try Self.administrator(server)
        let first = try await administrator.usage(in: "acc_1")
        let expected = UsageRow(
            user: "usr_1", api: "rest", spent: 2, held: 1,
            limit: .init(
                allowance: 10, remaining: 7, period: .day, resetsAt: "2027-02-01T00:00:00Z"),
            keys: [.init(key: "key_1", spent: 2)], isContinued: true)
        #expect(first == UsagePage(rows: [expected], next: "a/b"))
        let second = try await administrator.usage(in: "acc_1", after: first.next)
        #expect(second == UsagePage(rows: [], next: nil))
        let nonsense = await PoolTests.outcome { try await administrator.usage(in: "acc_1") }
        #expect(nonsense == .malformedAnswer("a row of usage without its user"))
        #expect(
            server.requests.prefix(2).map(\.line) == [
                "GET /v1/accounts/acc_1/usage", "GET /v1/accounts/acc_1/usage?cursor=a%2Fb",
            ])
    }

    @Test func `no name changes the path`() async throws {
        let server = try ScriptedServer([], otherwise: .json(200, #"{"id":"x"}"#))
        defer { server.stop() }
        let administrator = try Self.administrator(server)
        try await administrator.revokeKey("../users/usr_1?x=#", in: "..")
        try await administrator.setKey("a b", in: "é", active: true)
        try await administrator.setLimit(
            of: "u/1", in: "%2F", api: "r.s", credits: 1, period: .day)
        _ = try await administrator.createUser(in: "a\r\nb", email: "e", name: "n")
        #expect(
            server.requests.map(\.line) == [
                "DELETE /v1/accounts/%2E%2E/keys/..%2Fusers%2Fusr_1%3Fx%3D%23",
                "PATCH /v1/accounts/%C3%A9/keys/a%20b",
                "PUT /v1/accounts/%252F/users/u%2F1/limits/r.s",
                "POST /v1/accounts/a%0D%0Ab/users",
            ])
    }

    @Test func `what is printed shows no secret`() throws {
        let server = try ScriptedServer([])
        defer { server.stop() }
        let administrator = try Self.administrator(server)
        let key = CreatedKey(id: "key_1", text: "kc_secret")
        var charge = ClientTests.charge
        charge.authorization = "Bearer kc_secret"
        charge.body = #"{"key":"kc_secret"}"#
        let things: [Any] = [administrator, key, charge, [administrator], [key], [charge]]
        for thing in things {
            var dumped = ""
            dump(thing, to: &dumped)
            for text in ["\(thing)", String(reflecting: thing), dumped] {
                #expect(!text.contains("secret"), "\(text)")
            }
        }
        #expect("\(key)" == "key_1" && "\(charge)" == "POST /v1/charges")
    }
}
