import Basics
import HTTP
import Keyring
import Replica
import Testing

@testable import Server

@Suite struct RequestRouteTests {
    typealias Fixture = RouteFixture

    static let bearer = "Authorization: Bearer \(Fixture.token)"
    static let account = "/v1/accounts/acc_00000000001"
    static let user = account + "/users/usr_00000000002"
    static let key = account + "/keys/key_00000000003"

    /// What each request is to the node. What is drawn at random isn't shown here.
    static let golden: [(String, String, String)] = [
        ("PATCH \(account)", #"{"name":"A \u00e9"}"#, "renameAccount(acc_00000000001, name: A é)"),
        ("DELETE \(account)", "", "deleteAccount(acc_00000000001)"),
        (
            "PATCH \(user)", #"{"role":"admin"}"#,
            "updateUser(usr_00000000002, account: acc_00000000001, email: nil, name: nil, role: Optional(admin))"
        ),
        ("DELETE \(user)", "{}", "removeUser(usr_00000000002, account: acc_00000000001)"),
        (
            "PUT \(user)/limits/rest", #"{"credits":0,"period":"none"}"#,
            "setLimit(usr_00000000002, account: acc_00000000001, api: rest, credits: 0, period: none)"
        ),
        (
            "PUT \(user)/limits/batch", #"{"period":"month","credits":9007199254740991}"#,
            "setLimit(usr_00000000002, account: acc_00000000001, api: batch, credits: 9007199254740991, period: month)"
        ),
        (
            "DELETE \(user)/limits/rest", "",
            "removeLimit(usr_00000000002, account: acc_00000000001, api: rest)"
        ),
        (
            "PUT \(account)/pools/rest", #"{"credits":10,"period":"day"}"#,
            "setPool(account: acc_00000000001, api: rest, credits: 10, period: day)"
        ),
        (
            "DELETE \(account)/pools/batch", "",
            "removePool(account: acc_00000000001, api: batch)"
        ),
        ("GET \(account)/pools/rest", "", "pool(account: acc_00000000001, rest) linearizable"),
        (
            "PATCH \(key)", #"{"active":false}"#,
            "setKeyActive(key_00000000003, account: acc_00000000001, active: false)"
        ),
        (
            "PATCH \(key)", #"{"name":"k"}"#,
            "renameKey(key_00000000003, account: acc_00000000001, name: k)"
        ),
        ("DELETE \(key)", "", "revokeKey(key_00000000003, account: acc_00000000001)"),
        (
            "POST \(user)/revoke-keys", "",
            "revokeAllKeys(usr_00000000002, account: acc_00000000001)"
        ),
        ("DELETE /v1/tokens/tok_00000000005", "", "revokeToken(tok_00000000005)"),
        ("GET /v1/whoami", "", "whoami linearizable"),
        ("HEAD /v1/whoami", "", "whoami linearizable"),
        ("DELETE /v1/apis/mail", "", "removeAPI(mail)"),
        (
            "POST /v1/apis", #"{"slug":"mail","name":"Mail"}"#, "createAPI(mail, name: Mail)"
        ),
        ("GET \(account)?consistency=linearizable", "", "account(acc_00000000001) linearizable"),
        ("GET \(user)", "", "user(usr_00000000002, account: acc_00000000001) linearizable"),
        (
            "GET \(user)/limits/rest", "",
            "limit(usr_00000000002, account: acc_00000000001, rest) linearizable"
        ),
        ("GET \(key)", "", "key(key_00000000003, account: acc_00000000001) linearizable"),
        (
            "POST /v1/keys/find", #"{"id":"key_00000000003"}"#,
            "findKey(Keyring.KeyReference.id(key_00000000003)) linearizable"
        ),
        (
            "POST /v1/keys/find", #"{"digest":"\#(Fixture.digest("x").hex.uppercased())"}"#,
            "findKey(Keyring.KeyReference.digest(\(Fixture.digest("x")))) linearizable"
        ),
        ("GET /v1/tokens/tok_00000000005", "", "token(tok_00000000005) linearizable"),
        ("GET /v1/cluster/settings", "", "settings linearizable"),
        ("GET /v1/cluster", "", "status"),
        ("POST /v1/cluster/snapshot", "", "snapshot"),
        (
            "POST /v1/cluster/members", #"{"id":"n4","address":"10.0.0.4:7201"}"#,
            "\(Command.changeMember(add("")))"
        ),
        (
            "POST /v1/cluster/members",
            #"{"id":"n4","address":"10.0.0.4:7201","http":"[::1]:7101"}"#,
            "\(Command.changeMember(add("[::1]:7101")))"
        ),
        (
            "POST /v1/cluster/members/n4/promote", "",
            "\(Command.changeMember(MemberCommand(.promote(NodeID(4)))))"
        ),
        (
            "DELETE /v1/cluster/members/n4", "",
            "\(Command.changeMember(MemberCommand(.remove(NodeID(4)))))"
        ),
        ("POST /v1/cluster/transfer-leadership", "", "transfer -"),
        ("POST /v1/cluster/transfer-leadership", #"{"to":"n2"}"#, "transfer n2"),
        ("POST /v1/cluster/transfer-leadership", #"{"to":null}"#, "transfer -"),
    ]

    private static func add(_ clientAddress: String) -> MemberCommand {
        MemberCommand(
            .add(NodeID(4), address: "10.0.0.4:7201", clientAddress: clientAddress))
    }

    @Test func `a complaint about a state names every one`() throws {
        var fixture = Fixture()
        let answer = try #require(
            fixture.send(
                "GET /v1/accounts/acc_00000000001/keys?state=gone",
                ["Authorization: Bearer \(Fixture.token)"]
            ).answer)
        let detail = answer.json?["detail"]?.string ?? ""
        for state in KeyState.allCases { #expect(detail.contains(state.text), "\(detail)") }
    }

    @Test func `every request is put to the node in its words`() {
        for (line, body, expected) in Self.golden {
            var fixture = Fixture()
            let result = fixture.send(line, [Self.bearer], body)
            #expect(result.request == expected, "\(line)")
            #expect(result.context?.keepsAlive == true)
            #expect(result.context?.omitsContent == line.hasPrefix("HEAD"))
        }
    }

    @Test func `pages and filters are handed on`() throws {
        var fixture = Fixture()
        let cursor = String(repeating: "0", count: 43) + "1"
        let lists: [(String, Query)] = [
            ("/v1/accounts", .accounts(PageRequest())),
            (
                "/v1/accounts?limit=7&cursor=\(cursor)",
                .accounts(PageRequest(limit: 7, cursor: Cursor(text: cursor)))
            ),
            (
                "\(Self.account)/users?limit=1000",
                .users(account: Fixture.account, .init(limit: 1_000))
            ),
            ("\(Self.account)/usage", .usage(account: Fixture.account, PageRequest())),
            (
                "\(Self.account)/audit?before=\(cursor)",
                .audit(account: Fixture.account, .init(cursor: Cursor(text: cursor)))
            ),
            (
                "\(Self.account)/keys?user=usr_00000000002&api=rest&state=inactive",
                .keys(
                    account: Fixture.account,
                    KeyFilter(user: Fixture.user, api: .rest, state: .inactive), PageRequest())
            ),
            ("/v1/audit", .audit(account: nil, PageRequest())),
            (
                "/v1/audit?limit=7&before=\(cursor)",
                .audit(account: nil, .init(limit: 7, cursor: Cursor(text: cursor)))
            ),
            (
                "/v1/audit?subject=key_00000000003,usr_00000000002/rest",
                .history(
                    of: [.key(KeyID(3)), .limit(Fixture.user, .rest)], account: nil,
                    PageRequest())
            ),
            ("/v1/tokens", .tokens(account: nil, PageRequest())),
            ("/v1/apis?limit=3", .apis(PageRequest(limit: 3))),
            (
                "\(Self.account)/keys?state=retiring",
                .keys(account: Fixture.account, KeyFilter(state: .retiring), PageRequest())
            ),
            (
                "/v1/tokens?account=acc_00000000001",
                .tokens(account: Fixture.account, PageRequest())
            ),
        ]
        for (path, expected) in lists {
            guard
                case .query(let token, let query, .linearizable) =
                    fixture.send("GET \(path)", [Self.bearer]).body
            else {
                Issue.record("\(path) is no query")
                continue
            }
            #expect(query == expected, "\(path)")
            #expect(token == Fixture.digest(Fixture.token))
        }
    }

    @Test func `what is created is drawn here and its text goes nowhere`() throws {
        var fixture = Fixture()
        let result = fixture.send(
            "POST \(Self.account)/keys", [Self.bearer, "Idempotency-Key: abc"],
            #"{"api":"batch","name":"n","user":"usr_00000000002","active":false,"expires_at":null}"#
        )
        let submission = try #require(result.submission)
        guard case .createKey(let key) = submission.command else {
            Issue.record("\(submission.command)")
            return
        }
        let text = try #require(result.context?.secret?.text)
        #expect(key.id.rawValue != 0)
        #expect(key.id.rawValue == result.context?.secret?.id)
        #expect(key.account == Fixture.account)
        #expect(key.user == Fixture.user)
        #expect(key.api == .batch)
        #expect(!key.active)
        #expect(key.digest == Fixture.digest(text.secret))
        #expect(text.secret.hasPrefix("kc_batch_"))
        #expect(text.secret.hasSuffix(key.suffix.description))
        #expect(submission.idempotency == IdempotencyKey("abc"))

        let token = fixture.send(
            "POST /v1/tokens", [Self.bearer],
            #"{"role":"auditor","account":"acc_00000000001","user":null,"name":"t"}"#)
        guard case .createToken(let new) = try #require(token.submission).command else {
            Issue.record("\(token)")
            return
        }
        let secret = try #require(token.context?.secret?.text.secret)
        #expect(secret.hasPrefix("kct_auditor_"))
        #expect(new.digest == Fixture.digest(secret))
        #expect(new.id.rawValue != key.id.rawValue)
    }

    @Test func `content is what was asked and not what was drawn`() throws {
        let path = "POST \(Self.account)/keys"
        func content(_ body: String, seed: UInt64) throws -> Digest {
            var fixture = Fixture(seed: seed)
            let result = fixture.send(path, [Self.bearer], body)
            return try #require(result.submission).content
        }
        let first = try content(
            #"{"api":"rest","name":"n","user":"usr_00000000002"}"#, seed: 1)
        #expect(
            try content(
                #"{ "user":"usr_00000000002", "active":true, "name":"\u006e","api":"rest"}"#,
                seed: 2) == first)
        for other in [
            #"{"api":"batch","name":"n","user":"usr_00000000002"}"#,
            #"{"api":"rest","name":"m","user":"usr_00000000002"}"#,
            #"{"api":"rest","name":"n","user":"usr_00000000003"}"#,
            #"{"api":"rest","name":"n","user":"usr_00000000002","active":false}"#,
        ] {
            #expect(try content(other, seed: 1) != first)
        }
        var contents: Set<Digest> = []
        var fixture = Fixture()
        let changes = Self.golden.compactMap { line, body, _ in
            fixture.send(line, [Self.bearer], body).submission
        }
        for change in changes { contents.insert(change.content) }
        #expect(contents.count == changes.count)
    }

    @Test func `the marks of requests differ`() {
        var fixture = Fixture()
        let marks = (0..<10).compactMap { _ in
            fixture.send("GET /v1/whoami", [Self.bearer]).context?.mark
        }
        #expect(Set(marks).count == 10)
    }

    static let strangers: [(String, [String], String)] = [
        ("GET /v1/whoami", [], "401 invalid_token"),
        ("GET /v1/whoami", ["Authorization: Bearer x"], "401 invalid_token"),
        ("GET /v1/whoami", ["Authorization: Bearer \(Fixture.limited)"], "401 invalid_token"),
        ("GET /v1/whoami", ["api-key: \(Fixture.token)"], "401 invalid_token"),
        ("GET /v1/whoami", [bearer, "api-key: \(Fixture.token)"], "400 two_keys"),
        ("GET /v1/cluster", [], "401 invalid_token"),
        ("POST /v1/cluster/snapshot", [], "401 invalid_token"),
        ("POST /v1/accounts", [], "401 invalid_token"),
        ("DELETE \(account)", ["api-key: \(Fixture.limited)"], "401 invalid_token"),
        ("GET /v1/credits", [], "401 invalid_key"),
        ("GET /v1/credits", [bearer], "401 invalid_key"),
        ("GET /v1/audit", [], "401 invalid_token"),
        ("POST /v1/audit", [bearer], "405 method_not_allowed"),
        ("GET /v1/audit?subject=", [bearer], "400 invalid_query"),
        ("GET /v1/audit?subject=key_00000000003,", [bearer], "400 invalid_query"),
        ("GET /v1/audit?account=acc_00000000001", [bearer], "400 invalid_query"),
        ("GET /v1/nothing", [bearer], "404 not_found"), ("GET /v1", [bearer], "404 not_found"),
        ("GET /v1/whoami/", [bearer], "404 not_found"), ("OPTIONS *", [], "404 not_found"),
        ("GET /v1/accounts/acc_1", [bearer], "404 not_found"),
        ("GET /v1/accounts/usr_00000000001", [bearer], "404 not_found"),
        ("GET /v1/accounts/%zz", [bearer], "400 malformed"),
        ("GET /v1/accounts/%00", [bearer], "400 malformed"),
        ("GET \(account)/keys/key_zzzzzzzzzzz", [bearer], "404 not_found"),
        ("GET \(user)/limits/REST", [bearer], "404 not_found"),
        ("GET \(account)/keys/key_00000000003/rotate", [bearer], "405 method_not_allowed"),
        ("PUT /v1/apis", [bearer], "405 method_not_allowed"),
        ("DELETE /v1/apis/REST", [bearer], "404 not_found"),
        ("POST /v1/hold", [bearer], "404 not_found"),
        ("POST /v1/whoami", [bearer], "405 method_not_allowed"),
        ("PUT \(account)", [bearer], "405 method_not_allowed"),
        ("OPTIONS \(account)", [bearer], "405 method_not_allowed"),
        ("GET /v1/charges", [bearer], "405 method_not_allowed"),
        ("GET /v1/accounts?limit=0", [bearer], "400 invalid_query"),
        ("GET /v1/accounts?limit=1001", [bearer], "400 invalid_query"),
        ("GET /v1/accounts?limit=+1", [bearer], "400 invalid_query"),
        ("GET /v1/accounts?limit=99999999999999999999", [bearer], "400 invalid_query"),
        ("GET /v1/accounts?limit=1&limit=1", [bearer], "400 invalid_query"),
        ("GET /v1/accounts?limit", [bearer], "400 invalid_query"),
        ("GET /v1/accounts?cursor=x", [bearer], "400 invalid_query"),
        ("GET /v1/accounts?cursor=%zz", [bearer], "400 invalid_query"),
        ("GET /v1/accounts?user=usr_00000000001", [bearer], "400 invalid_query"),
        ("GET /v1/accounts?consistency=eventual", [bearer], "400 invalid_query"),
        ("GET \(account)/keys?state=active&state=active", [bearer], "400 invalid_query"),
        ("GET \(account)/keys?state=gone", [bearer], "400 invalid_query"),
        ("GET \(account)/keys?user=x", [bearer], "400 invalid_query"),
        ("GET \(account)/keys?api=X", [bearer], "400 invalid_query"),
        ("GET \(account)/audit?before=x&cursor=x", [bearer], "400 invalid_query"),
        ("DELETE \(account)?force=1", [bearer], "400 invalid_query"),
        ("GET /v1/cluster?x=1", [bearer], "400 invalid_query"),
        ("DELETE \(account)", [bearer, "Idempotency-Key: "], "400 invalid_field"),
        (
            "DELETE \(account)", [bearer, "Idempotency-Key: \(String(repeating: "a", count: 65))"],
            "400 invalid_field"
        ),
    ]

    @Test func `what is nobody's or nowhere is refused`() {
        for (line, fields, expected) in Self.strangers {
            var fixture = Fixture()
            #expect(fixture.send(line, fields).request == expected, "\(line) \(fields)")
        }
    }

    @Test func `the methods of a path are told, and each of them is answered`() {
        var fixture = Fixture()
        for (path, allow) in [
            (Self.account, "GET, HEAD, PATCH, DELETE"),
            (Self.user + "/limits/rest", "GET, HEAD, PUT, DELETE"),
            (Self.account + "/keys", "GET, HEAD, POST"), ("/metrics", "GET, HEAD"),
        ] {
            #expect(fixture.send("OPTIONS \(path)").answer?.field("allow") == allow)
            for method in allow.split(separator: ", ") {
                #expect(
                    fixture.send("\(method) \(path)").answer?.status != 405, "\(method) \(path)")
            }
        }
        // A gateway asks with its client's method.
        #expect(fixture.send("OPTIONS /v1/auth").request == "401 invalid_key")
    }

    @Test func `every endpoint is reached by its path`() {
        let routed = Set(Endpoint.table.routes.map(\.name))
        for endpoint in Endpoint.allCases { #expect(routed.contains(endpoint), "\(endpoint)") }
    }

    @Test func `pages explain every problem`() throws {
        var fixture = Fixture()
        for code in ProblemCode.allCases {
            let answer = try #require(fixture.send("GET /problems/\(code.rawValue)").answer)
            #expect(answer.status == 200)
            #expect(answer.text.hasPrefix("\(code.title)\n"))
        }
        #expect(fixture.send("GET /problems/none").request == "404 not_found")
    }

    @Test func `what is no request is answered and closed`() throws {
        var fixture = Fixture()
        let answer = try #require(fixture.send(raw: Array("GET / HTTP/1.1\n\n".utf8)).answer)
        #expect(answer.status == 400)
        #expect(answer.code == "malformed")
        #expect(!answer.keepsAlive)
        #expect(answer.json?["request_id"]?.string?.utf8.count == 22)
    }
}
