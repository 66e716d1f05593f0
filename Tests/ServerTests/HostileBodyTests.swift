import HTTP
import Testing

@testable import Server

/// Bodies that are refused at the door, each with the name of the field that is wrong.
@Suite struct HostileBodyTests {
    typealias Fixture = RouteFixture

    static let account = RequestRouteTests.account
    static let user = RequestRouteTests.user
    static let key = RequestRouteTests.key

    /// A line, and a body that is right for it, one member after another.
    static let valid: [(String, [(String, String)])] = [
        ("POST /v1/accounts", [("name", #""a""#)]),
        ("PATCH \(account)", [("name", #""a""#)]),
        (
            "POST \(account)/users",
            [("email", #""a@b""#), ("name", #""a""#), ("role", #""member""#)]
        ),
        ("PATCH \(user)", [("email", #""a@b""#), ("name", #""a""#), ("role", #""admin""#)]),
        ("PUT \(user)/limits/rest", [("credits", "5"), ("period", #""day""#)]),
        (
            "POST \(account)/keys",
            [
                ("api", #""rest""#), ("name", #""a""#), ("user", #""usr_00000000002""#),
                ("active", "true"), ("expires_at", #""2027-01-01T00:00:00Z""#),
            ]
        ),
        (
            "POST \(key)/rotate",
            [("grace_seconds", "5"), ("expires_at", #""2027-01-01T00:00:00Z""#)]
        ),
        ("POST /v1/apis", [("slug", #""mail""#), ("name", #""a""#)]),
        ("PATCH \(key)", [("active", "true")]), ("PATCH \(key)", [("name", #""a""#)]),
        (
            "POST /v1/tokens",
            [
                ("role", #""admin""#), ("account", #""acc_00000000001""#),
                ("user", #""usr_00000000002""#), ("name", #""a""#),
            ]
        ),
        ("PATCH /v1/cluster/settings", [("active_keys_per_user", "4"), ("keys_per_user", "50")]),
        ("POST /v1/cluster/transfer-leadership", [("to", #""n2""#)]),
        (
            "POST /v1/cluster/members",
            [("id", #""n4""#), ("address", #""a:1""#), ("http", #""a:2""#)]
        ),
        (
            "POST /v1/charges",
            [("key", "\"\(Fixture.limited)\""), ("credits", "5"), ("id", #""a""#)]
        ),
        ("POST /v1/verify", [("key", "\"\(Fixture.limited)\""), ("cost", "5")]),
    ]

    static let required: [String: [String]] = [
        "POST /v1/accounts": ["name"], "PATCH \(account)": ["name"],
        "POST \(account)/users": ["email", "name"],
        "PUT \(user)/limits/rest": ["credits", "period"],
        "POST \(account)/keys": ["api", "name", "user"], "POST /v1/tokens": ["role"],
        "POST /v1/verify": ["key"], "POST /v1/charges": ["credits"],
        "POST /v1/cluster/members": ["id", "address"], "POST /v1/apis": ["slug", "name"],
    ]

    static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    static func send(_ line: String, _ body: String, _ fields: [String] = []) -> Fixture.Result {
        var fixture = Fixture()
        let takesKey = line.hasSuffix("/charges") || line.hasSuffix("/verify")
        return fixture.send(line, fields + (takesKey ? [] : [RequestRouteTests.bearer]), body)
    }

    static func expectRefusal(
        _ line: String, _ body: String, _ code: String = "400 invalid_field", field: String?
    ) {
        let result = send(line, body)
        #expect(result.request == code, "\(line) \(body.prefix(200))")
        guard let field else { return }
        #expect(result.answer?.json?["field"]?.string == field, "\(line) \(body.prefix(200))")
        #expect(result.answer?.text.contains("kct_") == false)
    }

    @Test func `the bodies that the others are made from are accepted`() {
        for (line, members) in Self.valid {
            let result = Self.send(line, Self.object(members))
            #expect(result.body != nil || result.answer?.status == 200, "\(line)")
            #expect(Self.send(line, Self.object(members.reversed())).request.count > 3)
        }
    }

    @Test func `a member that is missing is named`() {
        for (line, members) in Self.valid {
            for name in Self.required[line] ?? [] {
                Self.expectRefusal(line, Self.object(members.filter { $0.0 != name }), field: name)
            }
        }
    }

    @Test func `a member of another type is named`() {
        let others = ["1.5", "[]", "{}", "-1", "1e3", "\"\\ud800\"", "07", "[[[["]
        for (line, members) in Self.valid {
            for (position, member) in members.enumerated() {
                for value in others {
                    var changed = members
                    changed[position].1 = value
                    let code =
                        value.contains("ud800") && member.1.hasPrefix("\"")
                        ? "400 malformed" : "400 invalid_field"
                    Self.expectRefusal(line, Self.object(changed), code, field: member.0)
                }
            }
        }
    }

    @Test func `a member that is given twice is named`() {
        for (line, members) in Self.valid {
            for member in members {
                Self.expectRefusal(line, Self.object(members + [member]), field: member.0)
            }
        }
    }

    @Test func `a member that is not known is named`() {
        for (line, members) in Self.valid {
            for name in [
                "x", "Name", "", "is_admin", "__proto__", String(repeating: "n", count: 60),
            ] {
                Self.expectRefusal(
                    line, Self.object(members + [(name, "1")]), field: name == "" ? nil : name)
            }
        }
    }

    @Test func `what is no JSON is malformed`() {
        let texts = [
            "x", "{", "{\"", "{}}", "{} {}", "{'a':1}", "{\"name\"}", "\u{FEFF}{}", "nul",
            "{\"name\":\"a\u{1}\"}", "{,}",
        ]
        for (line, _) in Self.valid {
            for text in texts {
                let request = Self.send(line, text).request
                #expect(request.hasPrefix("400 "), "\(line) \(text) gives \(request)")
            }
        }
    }

    @Test func `a body of another type than JSON is not read`() {
        for (line, members) in Self.valid {
            let result = Self.send(line, Self.object(members), ["Content-Type: text/plain"])
            #expect(result.request == "415 unsupported_media_type", "\(line)")
        }
    }

    @Test func `what takes no body is refused with one`() {
        for line in [
            "DELETE \(Self.account)", "DELETE \(Self.user)", "DELETE \(Self.key)",
            "DELETE \(Self.user)/limits/rest", "DELETE /v1/tokens/tok_00000000001",
            "POST \(Self.user)/revoke-keys", "POST /v1/cluster/snapshot", "GET /v1/whoami",
        ] {
            Self.expectRefusal(line, "{\"force\":true}", field: "force")
            Self.expectRefusal(line, "x", field: nil)
        }
    }

    @Test func `what is too large is refused before it is read`() {
        let name = String(repeating: "a", count: 1 << 20)
        for (line, members) in Self.valid where !line.hasSuffix("/charges") {
            var members = members
            members[0].1 = "\"\(name)\""
            #expect(Self.send(line, Self.object(members)).request == "413 content_too_large")
        }
        let long = String(repeating: "a", count: 201)
        Self.expectRefusal("POST /v1/accounts", "{\"name\":\"\(long)\"}", field: "name")
        #expect(Self.send("POST /v1/accounts", "{\"name\":\"\(long.dropLast())\"}").body != nil)
    }

    static let particular: [(String, String, String)] = [
        ("POST /v1/accounts", #"{"name":""}"#, "name"),
        ("POST /v1/accounts", #"{"name":"a\nb"}"#, "name"),
        ("POST /v1/accounts", #"{"name":"a\u0000"}"#, "name"),
        ("POST /v1/accounts", #"{"name":"\u0085"}"#, "name"),
        ("POST \(account)/users", #"{"email":"a","name":"n"}"#, "email"),
        ("POST \(account)/users", #"{"email":"a@","name":"n"}"#, "email"),
        ("POST \(account)/users", #"{"email":"a@b@c","name":"n"}"#, "email"),
        ("POST \(account)/users", #"{"email":"a b@c","name":"n"}"#, "email"),
        ("POST \(account)/users", #"{"email":"a@b","name":"n","role":"operator"}"#, "role"),
        ("PATCH \(user)", #"{"role":"Admin"}"#, "role"),
        ("PUT \(user)/limits/rest", #"{"credits":9007199254740992}"#, "credits"),
        ("PUT \(user)/limits/rest", #"{"credits":18446744073709551616}"#, "credits"),
        ("PUT \(user)/limits/rest", #"{"credits":1,"period":"year"}"#, "period"),
        ("POST \(account)/keys", #"{"api":"REST","name":"n","user":"usr_00000000002"}"#, "api"),
        ("POST \(account)/keys", #"{"api":"rest","name":"n","user":"acc_00000000002"}"#, "user"),
        ("POST \(account)/keys", #"{"api":"rest","name":"n","user":"usr_2"}"#, "user"),
        (
            "POST \(account)/keys",
            #"{"api":"rest","name":"n","user":"usr_00000000002","active":null}"#, "active"
        ),
        (
            "POST \(account)/keys",
            #"{"api":"rest","name":"n","user":"usr_00000000002","expires_at":"2030-01-01"}"#,
            "expires_at"
        ),
        (
            "POST \(account)/keys",
            #"{"api":"rest","name":"n","user":"usr_00000000002","expires_at":1893456000}"#,
            "expires_at"
        ),
        (
            "POST \(account)/keys",
            #"{"api":"rest","name":"n","user":"usr_00000000002","expires_at":"9999-12-31T23:59:59-01:00"}"#,
            "expires_at"
        ),
        ("POST \(key)/rotate", #"{"grace_seconds":2592001}"#, "grace_seconds"),
        ("POST \(key)/rotate", #"{"grace_seconds":null}"#, "grace_seconds"),
        ("POST \(key)/rotate", #"{"grace_seconds":-1}"#, "grace_seconds"),
        ("POST \(key)/rotate", #"{"expires_at":"tomorrow"}"#, "expires_at"),
        ("POST \(key)/rotate", #"{"grace":1}"#, "grace"),
        ("POST /v1/apis", #"{"slug":"a","name":"n"}"#, "slug"),
        ("POST /v1/apis", #"{"slug":"abcdefghijk","name":"n"}"#, "slug"),
        ("POST /v1/apis", #"{"slug":"ab_c","name":"n"}"#, "slug"),
        ("POST /v1/apis", #"{"slug":"ab"}"#, "name"),
        ("POST /v1/tokens", #"{"role":"root"}"#, "role"),
        ("PATCH /v1/cluster/settings", #"{"active_keys_per_user":0}"#, "active_keys_per_user"),
        ("POST /v1/cluster/transfer-leadership", #"{"to":"2"}"#, "to"),
        ("POST /v1/cluster/members", #"{"id":"4","address":"a:1"}"#, "id"),
        ("POST /v1/cluster/members", #"{"id":"n4","address":"a"}"#, "address"),
        ("POST /v1/cluster/members", #"{"id":"n4","address":"a:0"}"#, "address"),
        ("POST /v1/charges", #"{"key":"k","id":"a","credits":0}"#, "credits"),
        ("POST /v1/charges", #"{"key":"k","id":"a","credits":1000000001}"#, "credits"),
        ("POST /v1/charges", #"{"key":"k","id":"","credits":1}"#, "id"),
        ("POST /v1/charges", #"{"key":"k","charges":[]}"#, "charges"),
        ("POST /v1/charges", #"{"key":"k","charges":[{"id":"a"}]}"#, "charges[0].credits"),
        (
            "POST /v1/charges",
            #"{"key":"k","charges":[{"id":"a","credits":1},{"id":"b","credits":0}]}"#,
            "charges[1].credits"
        ),
        (
            "POST /v1/charges", #"{"key":"k","charges":[{"id":"a","credits":1,"x":1}]}"#,
            "charges[0].x"
        ),
        (
            "POST /v1/charges", #"{"key":"k","credits":1,"charges":[{"id":"a","credits":1}]}"#,
            "credits"
        ),
        ("POST /v1/charges", #"{"key":"k","id":"a","charges":[{"id":"a","credits":1}]}"#, "id"),
    ]

    @Test func `a value that can not be is named`() {
        for (line, body, field) in Self.particular { Self.expectRefusal(line, body, field: field) }
    }

    @Test func `a change that changes nothing is refused`() {
        for line in ["PATCH \(Self.user)", "PATCH \(Self.key)", "PATCH /v1/cluster/settings"] {
            Self.expectRefusal(line, "{}", field: nil)
        }
        Self.expectRefusal("PATCH \(Self.key)", #"{"active":true,"name":"a"}"#, field: nil)
    }
}
