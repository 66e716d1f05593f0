import Basics
import HTTP
import Keyring
import Replica
import Testing

@testable import Server

@Suite struct ValidationRouteTests {
    typealias Fixture = RouteFixture

    static let ids = (account: "acc_00000000001", user: "usr_00000000002", key: "key_00000000003")

    @Test func `a gateway is told who may pass`() throws {
        var fixture = Fixture()
        let answer = try #require(
            fixture.send("GET /v1/auth?api=rest", ["Authorization: Bearer \(Fixture.limited)"])
                .answer)
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        let expected = [
            "x-keyclave-node": "n7", "x-keyclave-index": "42",
            "x-keyclave-account": Self.ids.account, "x-keyclave-user": Self.ids.user,
            "x-keyclave-key": Self.ids.key, "x-keyclave-api": "rest",
            "ratelimit-policy": "\"credits\";q=10000;qu=\"credits\";w=2592000",
            // To 2026-12-01T00:00:00Z.
            "ratelimit": "\"credits\";r=4989;t=642564", "content-length": "0",
        ]
        for (name, value) in expected { #expect(answer.field(name) == value, "\(name)") }
    }

    @Test func `what is left is what a charge could spend, the account's pool included`() throws {
        // The limit leaves 4,989.
        for (pool, left, isPoolLess) in [(0, 0, true), (7, 7, true), (4_990, 4_989, false)] {
            let body = "{\"key\":\"\(Fixture.limited)\",\"cost\":8}"
            var fixture = Fixture(pool: UInt64(pool))
            let verdict = try #require(fixture.send("POST /v1/verify", [], body).answer)
            #expect(verdict.json?["code"] == .string(isPoolLess ? "credits_exhausted" : "valid"))
            #expect(verdict.json?["credits"]?["remaining"] == .number(UInt64(left)))
            #expect(verdict.json?["credits"]?["allowance"] == .number(10_000))
            let auth = try #require(
                fixture.send("GET /v1/auth", ["api-key: \(Fixture.limited)"]).answer)
            // More may come sooner or later than the limit's next month: the pool's period counts.
            let time = isPoolLess ? "" : ";t=642564"
            #expect(auth.field("ratelimit") == "\"credits\";r=\(left)\(time)")
        }
    }

    @Test func `a key without a limit has no rate limit`() throws {
        var fixture = Fixture()
        let answer = try #require(
            fixture.send("GET /v1/auth", ["X-API-Key: \(Fixture.unlimited)"]).answer)
        #expect(answer.status == 200)
        #expect(answer.field("x-keyclave-api") == "batch")
        #expect(answer.field("ratelimit") == nil)
        #expect(answer.field("ratelimit-policy") == nil)
    }

    static let requests: [(String, [String], String)] = [
        ("GET /v1/auth", ["api-key: \(Fixture.limited)"], "200 "),
        ("PROPFIND /v1/auth", ["api-key: \(Fixture.limited)"], "200 "),
        ("HEAD /v1/auth", ["api-key: \(Fixture.limited)"], "200 "),
        ("OPTIONS /v1/auth/a/b?c=d", ["api-key: \(Fixture.limited)"], "200 "),
        ("POST /v1/auth/", ["api-key: \(Fixture.limited)"], "200 "),
        ("GET /v1/auth?x=y&api=rest&z=%zz", ["api-key: \(Fixture.limited)"], "200 "),
        ("GET /v1/auth?cost=4989", ["api-key: \(Fixture.limited)"], "200 "),
        ("GET /v1/auth?cost=1000000000", ["api-key: \(Fixture.unlimited)"], "200 "),
        ("GET /v1/auth?cost=4990", ["api-key: \(Fixture.limited)"], "403 credits_exhausted"),
        ("GET /v1/auth?api=batch", ["api-key: \(Fixture.limited)"], "403 wrong_api"),
        ("GET /v1/auth?api=batch&cost=9999", ["api-key: \(Fixture.limited)"], "403 wrong_api"),
        ("GET /v1/auth?api=other", ["api-key: \(Fixture.limited)"], "403 wrong_api"),
        ("GET /v1/auth", [], "401 invalid_key"),
        ("GET /v1/auth", ["Authorization: Basic a"], "401 invalid_key"),
        ("GET /v1/auth", ["api-key: "], "401 invalid_key"),
        ("GET /v1/auth", ["api-key: kc_rest_x"], "401 invalid_key"),
        ("GET /v1/auth", ["api-key: \(Fixture.token)"], "401 invalid_key"),
        ("GET /v1/auth", ["api-key: \(Fixture.unknown)"], "401 invalid_key"),
        ("GET /v1/auth", ["api-key: \(Fixture.inactive)"], "401 invalid_key"),
        ("GET /v1/auth", ["api-key: \(Fixture.revoked)"], "401 invalid_key"),
        ("GET /v1/auth", ["api-key: \(Fixture.orphaned)"], "401 invalid_key"),
        ("GET /v1/auth?api=batch", ["api-key: \(Fixture.inactive)"], "401 invalid_key"),
        (
            "GET /v1/auth", ["api-key: \(Fixture.limited)", "X-API-Key: \(Fixture.limited)"],
            "400 two_keys"
        ),
        ("GET /v1/auth?api_key=\(Fixture.limited)", [], "401 invalid_key"),
        ("GET /v1/auth?api=", ["api-key: \(Fixture.limited)"], "400 invalid_query"),
        ("GET /v1/auth?api=REST", ["api-key: \(Fixture.limited)"], "400 invalid_query"),
        ("GET /v1/auth?api=rest&api=rest", ["api-key: \(Fixture.limited)"], "400 invalid_query"),
        ("GET /v1/auth?cost=-1", ["api-key: \(Fixture.limited)"], "400 invalid_query"),
        ("GET /v1/auth?cost=1&cost=1", ["api-key: \(Fixture.limited)"], "400 invalid_query"),
        ("GET /v1/auth?cost=1000000001", ["api-key: \(Fixture.limited)"], "400 invalid_query"),
        ("GET /v1/authx", ["api-key: \(Fixture.limited)"], "404 not_found"),
    ]

    @Test func `every request for authorization gets its verdict`() {
        for (line, fields, expected) in Self.requests {
            var fixture = Fixture()
            #expect(fixture.send(line, fields).request == expected, "\(line) \(fields)")
        }
    }

    @Test func `every answer about a key is counted by what it says`() {
        for (line, fields, expected) in Self.requests {
            var fixture = Fixture()
            _ = fixture.send(line, fields)
            let said: Validation.Verdict? =
                switch expected {
                case "200 ": .valid
                case "401 invalid_key": .invalid
                case "403 wrong_api": .wrongAPI
                case "403 credits_exhausted": .creditsExhausted
                default: nil
                }
            #expect(fixture.verdict == said, "\(line) \(fields)")
        }
        for (body, expected) in Self.questions {
            var fixture = Fixture()
            _ = fixture.send("POST /v1/verify", [], body)
            let code = fixture.verdict?.code ?? "none"
            #expect(expected.contains(#""code":"\#(code)""#), "\(body)")
        }
        var late = Fixture()
        late.now = Instant(nanoseconds: 10)
        _ = late.send("GET /v1/auth", ["api-key: \(Fixture.limited)"])
        #expect(late.verdict == .unavailable)
        _ = late.send("POST /v1/verify", [], "{\"key\":\"\(Fixture.limited)\"}")
        #expect(late.verdict == .unavailable)
        _ = late.send("POST /v1/verify", [], "{}")
        #expect(late.verdict == nil)
    }

    @Test func `whatever is wrong with a key is told alike`() throws {
        var bodies: Set<String> = []
        for key in [
            "", "kc_rest_x", Fixture.token, Fixture.unknown, Fixture.inactive, Fixture.revoked,
            Fixture.orphaned,
        ] {
            var fixture = Fixture()
            let answer = try #require(
                fixture.send("GET /v1/auth", ["api-key: \(key)"]).answer)
            #expect(answer.field("www-authenticate") == "Bearer")
            #expect(answer.field("x-keyclave-node") == "n7")
            #expect(answer.field("x-keyclave-index") == "42")
            #expect(answer.json?["title"] == .string("Invalid API key"))
            // Every fixture draws the same mark, so the bodies are the same to the last byte.
            bodies.insert(answer.text)
        }
        #expect(bodies.count == 1)
    }

    @Test func `a node that may be out of date says nothing of keys`() throws {
        for key in [Fixture.limited, Fixture.unknown, Fixture.revoked] {
            var fixture = Fixture()
            fixture.now = Instant(nanoseconds: 10)
            let auth = try #require(fixture.send("GET /v1/auth", ["api-key: \(key)"]).answer)
            #expect(auth.status == 503)
            #expect(auth.code == "unavailable")
            #expect(auth.field("retry-after") == "1")
            #expect(auth.field("x-keyclave-index") == "42")
            let verify = try #require(
                fixture.send("POST /v1/verify", [], "{\"key\":\"\(key)\"}").answer)
            #expect(verify.status == 503)
        }
    }

    @Test func `what can never be a key is refused without knowing more`() {
        var fixture = Fixture()
        fixture.now = Instant(nanoseconds: 10)
        #expect(fixture.send("GET /v1/auth", ["api-key: kc_rest_x"]).request == "401 invalid_key")
    }

    /// Whatever takes a key from the headers, with what is in its body besides, and its answer
    /// where the query may hold no key.
    static let keyTakers: [(line: String, body: String, elsewhere: String)] = [
        ("GET /v1/auth", "", "401 invalid_key"), ("GET /v1/credits", "", "400 invalid_query"),
        ("POST /v1/charges", #"{"credits":5,"id":"i"}"#, "400 invalid_query"),
        ("POST /v1/verify", #"{"api":"rest"}"#, "400 invalid_query"),
    ]

    @Test func `a key in the query counts where it is allowed, for all that takes a key`() {
        for (line, body, elsewhere) in Self.keyTakers {
            var allowed = Fixture(acceptsKeyInQuery: true)
            let asked = line + "?api_key=\(Fixture.limited)"
            let header = allowed.send(line, ["api-key: \(Fixture.limited)"], body)
            let query = allowed.send(asked, [], body)
            #expect(query.request == header.request, "\(line)")
            #expect(query.answer?.text == header.answer?.text, "\(line)")
            #expect(query.body != nil || query.answer?.status == 200, "\(line)")
            for second in [
                "api-key: \(Fixture.limited)", "Authorization: Bearer \(Fixture.limited)",
            ] {
                #expect(allowed.send(asked, [second], body).request == "400 two_keys", "\(line)")
            }
            #expect(
                allowed.send(asked + "&api_key=\(Fixture.limited)", [], body).request
                    == "400 two_keys", "\(line)")
            var strict = Fixture()
            #expect(strict.send(asked, [], body).request == elsewhere, "\(line)")
        }
    }

    @Test func `a key in the query and another in the body are one too many`() {
        var fixture = Fixture(acceptsKeyInQuery: true)
        let query = "?api_key=\(Fixture.limited)"
        for (line, body) in [
            ("POST /v1/charges", #"{"credits":5,"id":"i","key":"\#(Fixture.limited)"}"#),
            (
                "POST /v1/charges",
                #"{"charges":[{"credits":5,"id":"i","key":"\#(Fixture.limited)"}]}"#
            ),
            ("POST /v1/verify", #"{"key":"\#(Fixture.limited)"}"#),
        ] {
            #expect(fixture.send(line + query, [], body).request == "400 two_keys", "\(body)")
        }
    }

    static let questions: [(String, String)] = [
        (
            #"{"key":"\#(Fixture.limited)","api":"rest","cost":10}"#,
            #"200 {"valid":true,"code":"valid","key_id":"key_00000000003","#
                + #""account_id":"acc_00000000001","user_id":"usr_00000000002","api":"rest","#
                + #""credits":{"allowance":10000,"remaining":4989}}"#
        ),
        (
            #"{"key":"\#(Fixture.unlimited)","api":null}"#,
            #"200 {"valid":true,"code":"valid","key_id":"key_00000000004","#
                + #""account_id":"acc_00000000001","user_id":"usr_00000000002","api":"batch","#
                + #""credits":{"allowance":null,"remaining":null}}"#
        ),
        (
            #"{"key":"\#(Fixture.limited)","cost":5000}"#,
            #"200 {"valid":false,"code":"credits_exhausted","#
                + #""credits":{"allowance":10000,"remaining":4989}}"#
        ),
        (
            #"{"key":"\#(Fixture.limited)","api":"batch"}"#,
            #"200 {"valid":false,"code":"wrong_api"}"#
        ),
        (#"{"key":"\#(Fixture.revoked)"}"#, #"200 {"valid":false,"code":"invalid"}"#),
        (#"{"key":""}"#, #"200 {"valid":false,"code":"invalid"}"#),
        (#"{"key":"\u006bc"}"#, #"200 {"valid":false,"code":"invalid"}"#),
    ]

    @Test func `a back-end is told what a key is worth`() throws {
        for (body, expected) in Self.questions {
            var fixture = Fixture()
            let answer = try #require(fixture.send("POST /v1/verify", [], body).answer)
            #expect("\(answer.status) \(answer.text)" == expected, "\(body)")
            #expect(answer.field("x-keyclave-node") == "n7")
            #expect(answer.field("x-keyclave-index") == "42")
            let isAllowedWithLimit = body.contains(Fixture.limited) && expected.contains("true")
            #expect((answer.field("ratelimit") != nil) == isAllowedWithLimit)
        }
    }

    @Test func `a key with escapes is the key without them`() {
        var fixture = Fixture()
        let escaped = Fixture.limited.replacing("_", with: "\\u005f")
        let answer = fixture.send("POST /v1/verify", [], "{\"key\":\"\(escaped)\"}").answer
        #expect(answer?.json?["valid"] == .bool(true))
    }

    static let hostile: [(String, String, String?)] = [
        ("", "400 malformed", nil), ("{}", "400 invalid_field", "key"),
        ("[]", "400 invalid_field", nil), ("{\"key\":1}", "400 invalid_field", "key"),
        ("{\"key\":null}", "400 invalid_field", "key"),
        ("{\"key\":\"a\",\"key\":\"a\"}", "400 invalid_field", "key"),
        ("{\"key\":\"a\",\"x\":1}", "400 invalid_field", "x"),
        ("{\"key\":\"a\",\"api\":\"REST\"}", "400 invalid_field", "api"),
        ("{\"key\":\"a\",\"api\":\"a\"}", "400 invalid_field", "api"),
        ("{\"key\":\"a\",\"api\":1}", "400 invalid_field", "api"),
        ("{\"key\":\"a\",\"cost\":-1}", "400 invalid_field", "cost"),
        ("{\"key\":\"a\",\"cost\":1.5}", "400 invalid_field", "cost"),
        ("{\"key\":\"a\",\"cost\":1e3}", "400 invalid_field", "cost"),
        ("{\"key\":\"a\",\"cost\":\"1\"}", "400 invalid_field", "cost"),
        ("{\"key\":\"a\",\"cost\":1000000001}", "400 invalid_field", "cost"),
        ("{\"key\":\"a\"}}", "400 malformed", nil), ("{\"key\":\"a\"", "400 malformed", "key"),
        ("{\"key\":\"\\ud800\"}", "400 malformed", "key"),
        ("{\"key\":" + String(repeating: "[", count: 100), "400 invalid_field", "key"),
    ]

    @Test func `every hostile question is refused by the name of its field`() {
        for (body, expected, field) in Self.hostile {
            var fixture = Fixture()
            let result = fixture.send("POST /v1/verify", [], body)
            #expect(result.request == expected, "\(body)")
            #expect(result.answer?.json?["field"]?.string == field, "\(body)")
        }
    }

    @Test func `a question is JSON and holds the only key`() {
        var fixture = Fixture()
        let body = "{\"key\":\"\(Fixture.limited)\"}"
        for (fields, expected) in [
            (["Content-Type: application/json"], "200 valid"),
            (["Content-Type: Application/JSON ; charset=utf-8"], "200 valid"),
            (["Content-Type: text/plain"], "415 unsupported_media_type"),
            (["Content-Type: application/x-www-form-urlencoded"], "415 unsupported_media_type"),
            (["api-key: \(Fixture.limited)"], "400 two_keys"),
        ] {
            #expect(fixture.send("POST /v1/verify", fields, body).request == expected, "\(fields)")
        }
        #expect(fixture.send("POST /v1/verify?a=b", [], body).request == "400 invalid_query")
        #expect(fixture.send("GET /v1/verify").answer?.field("allow") == "POST")
        #expect(
            fixture.send("POST /v1/verify", ["api-key: \(Fixture.limited)"], "{}").request
                == "200 valid")
    }
}
