import Basics
import HTTP
import Testing

@testable import Server

/// What gateways of different habits are answered at `/v1/auth`.
@Suite struct ForwardAuthRouteTests {
    typealias Fixture = RouteFixture

    private struct Case {
        var query: String
        var fields: [String]
        /// The status, and that with `deny=403`.
        var plain: Int
        var folded: Int
        var code: String
    }

    private static let refusals = [
        Case(
            query: "api=rest", fields: ["api-key: \(Fixture.unknown)"], plain: 401, folded: 401,
            code: "invalid_key"),
        Case(query: "api=rest", fields: [], plain: 401, folded: 401, code: "invalid_key"),
        Case(
            query: "api=batch", fields: ["api-key: \(Fixture.limited)"], plain: 403, folded: 403,
            code: "wrong_api"),
        Case(
            query: "cost=5000", fields: ["api-key: \(Fixture.limited)"], plain: 403, folded: 403,
            code: "credits_exhausted"),
        Case(
            query: "api=rest",
            fields: ["api-key: \(Fixture.limited)", "X-API-Key: \(Fixture.limited)"],
            plain: 400, folded: 403, code: "two_keys"),
    ]

    @Test func `a refusal names its reason in a header, under whatever status`() throws {
        for refusal in Self.refusals {
            for (suffix, status) in [("", refusal.plain), ("&deny=403", refusal.folded)] {
                var fixture = Fixture()
                let line = "GET /v1/auth?\(refusal.query)\(suffix)"
                let answer = try #require(fixture.send(line, refusal.fields).answer)
                #expect(Int(answer.status) == status, "\(line)")
                #expect(answer.field("x-keyclave-reason") == refusal.code)
                #expect(answer.code == refusal.code)
                // The body's status is the answer's own (RFC 9457, 3.1.2).
                #expect(answer.json?["status"]?.number == UInt64(status))
                #expect((answer.field("www-authenticate") == "Bearer") == (status == 401))
                #expect(answer.field("retry-after") == nil)
            }
        }
    }

    @Test func `a node that can't say is told apart from a refusal by reason and wait`() throws {
        for (query, status) in [("", 503), ("?deny=403", 403)] {
            var fixture = Fixture()
            fixture.now = Instant(nanoseconds: 10)
            let answer = try #require(
                fixture.send("GET /v1/auth\(query)", ["api-key: \(Fixture.limited)"]).answer)
            #expect(Int(answer.status) == status)
            #expect(answer.field("x-keyclave-reason") == "unavailable")
            #expect(answer.field("retry-after") == "1")
            #expect(answer.field("x-keyclave-user") == nil)
        }
    }

    @Test func `every refusal but 401 is folded, of a question that is wrong itself, too`() throws {
        let queries = [
            "deny=403&cost=x", "cost=x&deny=403", "api=&deny=403", "api=rest&api=rest&deny=403",
            "deny=403&cost=1&cost=1",
        ]
        for query in queries {
            var fixture = Fixture()
            let answer = try #require(
                fixture.send("GET /v1/auth?\(query)", ["api-key: x"]).answer)
            #expect(answer.status == 403, "\(query)")
            #expect(answer.field("x-keyclave-reason") == "invalid_query", "\(query)")
        }
        var hidden = Fixture()
        #expect(hidden.send("GET /v1/auth?cost=x&to=/?deny=403").request == "400 invalid_query")
    }

    @Test func `what can't be read as a request is folded if its first line asks for it`() throws {
        let large = "X-Large: " + String(repeating: "x", count: 17_000)
        let cases: [(String, String, Int, String?)] = [
            ("GET /v1/auth?deny=403", large, 403, "fields_too_large"),
            ("GET /v1/auth/?api=rest&deny=403", large, 403, "fields_too_large"),
            ("GET /v1/auth?api=rest", large, 431, "fields_too_large"),
            ("GET /v1/auth?to=/?deny=403", large, 431, "fields_too_large"),
            ("GET /v1/auth", large, 431, "fields_too_large"),
            ("GET /v1/other?deny=403", large, 431, nil),
            ("GET /v1/auth?deny=403", "a b: c", 403, "malformed"),
        ]
        for (line, field, status, reason) in cases {
            var fixture = Fixture()
            let answer = try #require(fixture.send(line, [field]).answer)
            #expect(Int(answer.status) == status, "\(line)")
            #expect(answer.field("x-keyclave-reason") == reason, "\(line)")
        }
    }

    @Test func `what is allowed has no reason, and nobody else gives one`() throws {
        var fixture = Fixture()
        let allowed = try #require(
            fixture.send("GET /v1/auth?deny=403", ["api-key: \(Fixture.limited)"]).answer)
        #expect(allowed.status == 200 && allowed.field("x-keyclave-reason") == nil)
        let other = try #require(fixture.send("GET /v1/nothing").answer)
        #expect(other.status == 404 && other.field("x-keyclave-reason") == nil)
    }

    @Test func `behind to= stands the client's own address, of which nothing is read`() {
        let cases = [
            ("api=rest&to=/orders?api=batch&cost=x&deny=no&api=rest", "200 "),
            ("api=batch&to=/orders?x=1&api=rest", "403 wrong_api"),
            ("to=&api=batch", "200 "), ("api=rest&to", "200 "),
            ("deny=401", "400 invalid_query"), ("deny=403&deny=403", "403 invalid_query"),
        ]
        for (query, expected) in cases {
            var fixture = Fixture()
            let result = fixture.send(
                "GET /v1/auth?\(query)", ["api-key: \(Fixture.limited)"])
            #expect(result.request == expected, "\(query)")
        }
    }
}
