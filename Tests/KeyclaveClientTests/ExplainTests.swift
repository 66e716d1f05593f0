import HTTP
import Testing

@testable import keyclave

@Suite struct ExplainTests {
    private static func story(
        _ standing: String, limit: String? = nil, pool: String? = nil, trail: String? = "[]"
    ) throws -> KeyStory {
        func value(_ text: String) throws -> JSONValue { try JSONValue(Array(text.utf8)) }
        return KeyStory(
            key: try value(#"{"id":"key_1","api":"rest","standing":"\#(standing)"}"#), user: nil,
            limit: try limit.map(value), pool: try pool.map(value),
            records: try trail.map(value)?.array)
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
        let trail =
            #"[{"action":"key.deactivated","at":"2026-11-26T10:00:00Z","actor":"usr_2"},"#
            + #"{"action":"key.deactivated","at":"2026-11-25T10:00:00Z","actor":"usr_1"}]"#
        #expect(
            try Self.story("inactive", trail: trail).why
                == "it is switched off, since 2026-11-26T10:00:00Z by usr_2")
        #expect(try Self.story("inactive", trail: nil).why == "it is switched off")
        #expect(try Self.story("user_removed").why == "its user is removed")
        // A standing that a later node knows.
        #expect(try Self.story("out_of_date").why == "it is out of date")
        #expect(try Self.story("out_of_date").may == "nothing")
    }

    /// The story of key_2, which took the place of key_1 and gave its own to key_3.
    private static func replaced(
        _ standing: String, changedAt index: Int, _ records: [String]
    ) throws -> KeyStory {
        let members =
            #"{"id":"key_2","api":"rest","standing":"\#(standing)","state":"\#(standing)","#
            + #""replaces":"key_1","replaced_by":"key_3","changed_index":\#(index)}"#
        return KeyStory(
            key: try JSONValue(Array(members.utf8)), user: nil, limit: nil, pool: nil,
            records: try JSONValue(Array("[\(records.joined(separator: ","))]".utf8)).array)
    }

    private static func record(_ index: Int, _ action: String, _ subject: String) -> String {
        #"{"index":\#(index),"at":"t\#(index)","actor":"usr_\#(index)","action":"\#(action)","#
            + #""subject":"\#(subject)"}"#
    }

    @Test func `a key that came of a rotation, and ended by one, is told with both`() throws {
        let records = [
            Self.record(9, "key.revoked", "key_3"), Self.record(8, "key.deactivated", "key_3"),
            Self.record(7, "key.renamed", "key_3"), Self.record(6, "key.rotated", "key_2"),
            Self.record(5, "key.rotated", "key_1"), Self.record(4, "key.created", "key_1"),
        ]
        func indexes(_ story: KeyStory) -> [UInt64]? {
            story.value["history"]?.array?.compactMap { $0["index"]?.number }
        }
        let retiring = try Self.replaced("retiring", changedAt: 6, records)
        #expect(indexes(retiring) == [5, 6])
        #expect(retiring.value["created_index"] == .number(5))
        #expect(retiring.why == "it is replaced, and good until ?, since t6 by usr_6")
        let cut = try Self.replaced("revoked", changedAt: 8, records)
        #expect(indexes(cut) == [5, 6, 8])
        #expect(
            cut.why
                == "it was replaced by key_3, whose change ended its grace, since t8 by usr_8")
        let atOnce = try Self.replaced("revoked", changedAt: 6, records)
        #expect(indexes(atOnce) == [5, 6])
        #expect(atOnce.why == "it was replaced by key_3, since t6 by usr_6")
        // A tick, of which there is no record.
        let overdue = try Self.replaced("revoked", changedAt: 10, records)
        #expect(indexes(overdue) == [5, 6])
        #expect(overdue.why == "it was replaced by key_3, and its grace is over")
        let revoked = try Self.replaced(
            "revoked", changedAt: 11, [Self.record(11, "keys.revoked", "usr_1")] + records)
        #expect(indexes(revoked) == [5, 6, 11])
        #expect(revoked.why == "it is revoked for ever, since t11 by usr_11")
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
