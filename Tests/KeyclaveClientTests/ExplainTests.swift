import HTTP
import Testing

@testable import keyclave

@Suite struct ExplainTests {
    private static func value(_ text: String) throws -> JSONValue {
        try JSONValue(Array(text.utf8))
    }

    private static func story(
        _ standing: String, limit: String? = nil, pool: String? = nil, trail: String? = "[]",
        more: String = ""
    ) throws -> KeyStory {
        let key = """
            {"id":"key_2","api":"rest","account":"acc_1","user":"usr_1","standing":"\(standing)",
            "created_at":"2026-11-02T00:00:00.000Z"\(more)}
            """
        return KeyStory(
            key: try value(key), user: nil, limit: try limit.map(value), pool: try pool.map(value),
            trail: try trail.map(value)?.array)
    }

    /// A record of the trail: its day in November 2026, which is its index too.
    private static func act(_ day: Int, _ action: String, _ subject: String) -> String {
        let at = "2026-11-\(day < 10 ? "0" : "")\(day)T00:00:00.000Z"
        return """
            {"index":\(day),"at":"\(at)","actor":"tok_\(day)","action":"\(action)",
            "subject":"\(subject)"}
            """
    }

    /// Newest first, as the trail comes.
    private static func trail(_ acts: String...) -> String {
        "[" + acts.reversed().joined(separator: ",") + "]"
    }

    @Test func `what a key may do is its API and what is left`() throws {
        #expect(try Self.story("active").may == "open rest, and spend without a limit")
        let limit = #"{"credits":10,"remaining":3,"resets_at":"2026-12-01T00:00:00Z"}"#
        #expect(
            try Self.story("active", limit: limit).may
                == "open rest, and spend 3 of 10 credits until 2026-12-01T00:00:00Z")
        let forEver = #"{"credits":10,"remaining":0,"resets_at":null}"#
        #expect(
            try Self.story("active", limit: forEver).may == "open rest, and spend 0 of 10 credits")
        #expect(
            try Self.story("retiring", limit: forEver, pool: limit).may
                == "open rest, and spend 0 of 10 credits and 3 of 10 credits of the account's "
                + "pool until 2026-12-01T00:00:00Z")
        #expect(try Self.story("revoked", limit: limit).may == "nothing")
    }

    @Test func `why it may not is told with who did it last, where that is known`() throws {
        let trail = Self.trail(
            Self.act(3, "key.deactivated", "key_2"), Self.act(5, "key.deactivated", "key_2"),
            Self.act(7, "key.deactivated", "key_3"))
        #expect(
            try Self.story("inactive", trail: trail).why
                == "it is switched off, since 2026-11-05T00:00:00.000Z by tok_5")
        #expect(try Self.story("inactive", trail: nil).why == "it is switched off")
        #expect(try Self.story("user_removed").why == "its user is removed")
        // A standing that a later node knows.
        #expect(try Self.story("out_of_date").why == "it is out of date")
        #expect(try Self.story("out_of_date").may == "nothing")
    }

    @Test func `a successor's birth is the rotation of the key before it`() throws {
        let trail = Self.trail(
            Self.act(1, "key.created", "key_1"), Self.act(2, "key.rotated", "key_1"),
            Self.act(3, "key.renamed", "key_2"))
        let story = try Self.story("active", trail: trail, more: #","replaces":"key_1""#)
        #expect(story.value["created_index"] == .number(2))
        #expect(story.value["created_through"] == .string("key.rotated"))
        #expect(story.value["history_complete"] == .bool(true))
        // What was done to the key before it isn't this one's story.
        let told = story.value["history"]?.array?.compactMap { $0["action"]?.string }
        #expect(told == ["key.rotated", "key.renamed"])
    }

    @Test func `an imported key's birth is the import of its moment`() throws {
        let trail = Self.trail(
            Self.act(1, "keys.imported", "acc_1"), Self.act(2, "keys.imported", "acc_1"),
            Self.act(4, "keys.imported", "acc_1"))
        let story = try Self.story("inactive", trail: trail)
        #expect(story.value["created_index"] == .number(2))
        #expect(story.why == "it is switched off, since 2026-11-02T00:00:00.000Z by tok_2")
        #expect(story.value["history"]?.array?.count == 1)
    }

    @Test func `a revoked key names the act that revoked it, not one before or after`() throws {
        let cases: [(String, String, String)] = [
            // The user's keys were revoked before this one was made, and after it was revoked.
            (
                Self.trail(
                    Self.act(1, "keys.revoked", "usr_1"), Self.act(2, "key.created", "key_2"),
                    Self.act(4, "key.revoked", "key_2"), Self.act(6, "keys.revoked", "usr_1")),
                "", "it is revoked for ever, since 2026-11-04T00:00:00.000Z by tok_4"
            ),
            (
                Self.trail(
                    Self.act(2, "key.created", "key_2"), Self.act(3, "key.revoked", "key_9"),
                    Self.act(5, "keys.revoked", "usr_1")),
                "", "it is revoked for ever, since 2026-11-05T00:00:00.000Z by tok_5"
            ),
            (
                Self.trail(
                    Self.act(2, "key.created", "key_2"), Self.act(3, "key.rotated", "key_2"),
                    Self.act(5, "keys.revoked", "usr_1")),
                #","replaced_by":"key_3""#,
                "it was replaced by key_3, and is revoked for ever, since 2026-11-03T00:00:00.000Z "
                    + "by tok_3"
            ),
            (
                Self.trail(
                    Self.act(2, "key.created", "key_2"), Self.act(3, "key.rotated", "key_2"),
                    Self.act(4, "key.revoked", "key_2")),
                #","replaced_by":"key_3""#,
                "it is revoked for ever, since 2026-11-04T00:00:00.000Z by tok_4"
            ),
        ]
        for (trail, more, why) in cases {
            #expect(try Self.story("revoked", trail: trail, more: more).why == why)
        }
        // Nobody made it expire, whatever was done to it before.
        let expired = try Self.story(
            "expired", trail: Self.trail(Self.act(3, "key.rotated", "key_2")),
            more: #","expires_at":"2026-11-09T00:00:00.000Z""#)
        #expect(expired.why == "it has expired, at 2026-11-09T00:00:00.000Z")
    }

    @Test func `a trail that was forgotten, or not read to its end, is said to be incomplete`()
        throws
    {
        #expect(try Self.story("active").value["history_complete"] == .bool(false))
        #expect(try Self.story("active", trail: nil).value["history_complete"] == .null)
        var story = try Self.story("active", trail: Self.trail(Self.act(2, "key.created", "key_2")))
        #expect(story.value["history_complete"] == .bool(true))
        story.isTrailRead = false
        #expect(story.value["history_complete"] == .bool(false))
        let key = #"{"id":"key_1","account":"acc_1","user":"usr_1","standing":"active"}"#
        let missing = ScriptedServer.Reply.problem(
            404, #"{"code":"not_found","title":"Not found","status":404}"#)
        let page = ScriptedServer.Reply.json(200, #"{"items":[],"next":"c"}"#)
        let (code, console, requests) = try ProgramTests.run(
            "explain key_1",
            against: [.json(200, key), missing, missing, missing]
                + [ScriptedServer.Reply](repeating: page, count: 100))
        #expect(code == .done && requests.count == 104)
        #expect(console.messages.contains("The history is incomplete"), "\(console.messages)")
    }

    @Test func `only a digest of a key's text is sent, and the story is put together`() throws {
        let key =
            #"{"id":"key_1","account":"acc_1","user":"usr_1","api":"rest","standing":"active"}"#
        let page =
            #"{"items":[{"index":9,"action":"key.created","subject":"key_1"}],"next":"c"}"#
        let trail =
            "/v1/accounts/acc_1/audit?limit=1000"
            + "&subject=key_1,usr_1,acc_1,usr_1/rest,acc_1/rest"
        let missing = #"{"code":"not_found","title":"Not found","status":404}"#
        let (code, console, requests) = try ProgramTests.run(
            "explain - -o json",
            against: [
                .json(200, key), .json(200, #"{"name":"Ada"}"#), .problem(404, missing),
                .problem(404, missing), .json(200, page), .json(200, #"{"items":[],"next":null}"#),
            ], input: "kc_rest_secret\n")
        #expect(code == .done, "\(console.messages)")
        #expect(
            requests.map(\.line) == [
                "POST /v1/keys/find", "GET /v1/accounts/acc_1/users/usr_1",
                "GET /v1/accounts/acc_1/users/usr_1/limits/rest",
                "GET /v1/accounts/acc_1/pools/rest", "GET \(trail)", "GET \(trail)&before=c",
            ])
        #expect(!requests.contains { ($0.line + $0.body).contains("secret") })
        #expect(requests[0].body.contains("digest"))
        let story = try JSONValue(Array(console.output.utf8))
        #expect(story["user_name"] == .string("Ada") && story["limit"] == .null)
        #expect(story["created_index"] == .number(9))
        #expect(story["history"]?.array?.count == 1)
    }
}
