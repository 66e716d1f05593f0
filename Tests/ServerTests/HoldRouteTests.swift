import Basics
import HTTP
import Keyring
import Replica
import Testing

@testable import Server

@Suite struct HoldRouteTests {
    typealias Fixture = RouteFixture

    private static func command(
        _ line: String, _ fields: [String], _ body: String
    ) -> HoldCommand? {
        var fixture = Fixture()
        let result = fixture.send(line, fields, body)
        guard case .hold(let command) = result.body else {
            Issue.record("\(line) \(body): \(result.request)")
            return nil
        }
        return command
    }

    private static func id(_ text: String) throws -> IdempotencyKey {
        try #require(IdempotencyKey(text))
    }

    @Test func `a hold names its key once and its id at least once`() throws {
        let key = Fixture.limited
        var expected = NewHold(
            key: .id(KeyID(3)), credits: 5, timeoutSeconds: 60, id: try Self.id("h"))
        let requests: [(String, [String])] = [
            (#"{"credits":5,"timeout_seconds":60,"id":"h","key":"\#(key)"}"#, []),
            (#"{"credits":5,"timeout_seconds":60,"id":"h"}"#, ["Authorization: Bearer \(key)"]),
            (
                #"{"timeout_seconds":60,"credits":5}"#,
                ["api-key: \(key)", "Idempotency-Key: h"]
            ),
        ]
        for (body, fields) in requests {
            #expect(Self.command("POST /v1/holds", fields, body) == .place(expected))
        }
        expected.timeoutSeconds = 3_600
        #expect(
            Self.command("POST /v1/holds", ["api-key: \(key)"], #"{"credits":5,"id":"h"}"#)
                == .place(expected))
    }

    @Test func `a hold is settled and voided under the id of its placing`() throws {
        let fields = ["api-key: \(Fixture.limited)"]
        let key = KeyReference.id(KeyID(3))
        let uuid = "018f3c5e-7a00-7abc-8def-0123456789ab"
        #expect(
            Self.command("POST /v1/holds/a%2Fb/settle", fields, #"{"credits":0}"#)
                == .settle(Settlement(key: key, hold: try Self.id("a/b"), credits: 0)))
        #expect(
            Self.command(
                "POST /v1/holds/\(uuid.uppercased())/settle", fields, #"{"credits":7,"id":"s"}"#)
                == .settle(
                    Settlement(
                        key: key, hold: try Self.id(uuid), credits: 7, id: try Self.id("s"))))
        #expect(
            Self.command("POST /v1/holds/h/void", fields, "")
                == .void(Voiding(key: key, hold: try Self.id("h"))))
        #expect(
            Self.command("POST /v1/holds/h/void", fields + ["Idempotency-Key: v"], "{}")
                == .void(Voiding(key: key, hold: try Self.id("h"), id: try Self.id("v"))))
    }

    static let refused: [(String, [String], String, String)] = [
        ("/v1/holds", [], #"{"credits":5,"id":"i"}"#, "401 invalid_key"),
        ("/v1/holds", ["api-key: k"], #"{"credits":5}"#, "400 id_required"),
        ("/v1/holds", ["api-key: k"], #"{"id":"i"}"#, "400 invalid_field"),
        ("/v1/holds", ["api-key: k"], #"{"credits":0,"id":"i"}"#, "400 invalid_field"),
        (
            "/v1/holds", ["api-key: k"], #"{"credits":1,"id":"i","timeout_seconds":604801}"#,
            "400 invalid_field"
        ),
        ("/v1/holds", ["api-key: k"], #"{"credits":5,"id":"i","key":"k"}"#, "400 two_keys"),
        (
            "/v1/holds", ["api-key: k", "Idempotency-Key: j"], #"{"credits":5,"id":"i"}"#,
            "400 invalid_field"
        ),
        ("/v1/holds/h/settle", ["api-key: k"], "{}", "400 invalid_field"),
        ("/v1/holds/h/settle", [], #"{"credits":5}"#, "401 invalid_key"),
        ("/v1/holds/h/void", ["api-key: k"], #"{"credits":5}"#, "400 invalid_field"),
        (
            "/v1/holds/\(String(repeating: "a", count: 65))/void", ["api-key: k"], "",
            "404 not_found"
        ),
        ("/v1/holds/h", ["api-key: k"], "", "404 not_found"),
    ]

    @Test func `a hold by nobody, by two, without an id or out of range is refused`() {
        for (path, fields, body, expected) in Self.refused {
            var fixture = Fixture()
            #expect(
                fixture.send("POST \(path)", fields, body).request == expected,
                "\(path) \(body)")
        }
    }

    @Test func `what became of a hold is shown, and why it was refused`() throws {
        let receipt = HoldReceipt(
            hold: try Self.id("h"), standing: .settled, held: Credits(clamping: 9),
            charged: Credits(clamping: 5), spent: Credits(clamping: 7),
            remaining: Credits(clamping: 3), expiresAt: ReplyRouteTests.time,
            index: LogIndex(48))
        let answer = ReplyRouteTests.rendered(
            .outcome(.held(receipt), at: ReplyRouteTests.index), .settleHold)
        #expect(
            "\(answer.status) \(answer.text)"
                == #"200 {"id":"h","state":"settled","held":9,"charged":5,"spent":7,"#
                + #""remaining":3,"expires_at":"2026-11-23T13:30:36.000Z","index":48,"#
                + #""replayed":false}"#)
        for (refusal, expected) in [
            (Refusal.holdNotFound, "404 not_found"), (.holdEnded, "409 hold_ended"),
            (.holdExceeded(held: Credits(clamping: 9)), "409 hold_exceeded"),
            (.holdLimit(limit: 3), "409 hold_limit"),
            (.holdTimeoutOutOfRange, "400 invalid_field"), (.poolNotFound, "404 not_found"),
            (.invalidKey, "401 invalid_key"),
        ] {
            let answer = ReplyRouteTests.rendered(
                .outcome(.refused(refusal), at: ReplyRouteTests.index), .settleHold)
            #expect("\(answer.status) \(answer.code ?? "")" == expected)
        }
        let above = ReplyRouteTests.rendered(
            .outcome(
                .refused(.holdExceeded(held: Credits(clamping: 9))), at: ReplyRouteTests.index),
            .settleHold)
        #expect(above.json?["limit"] == .number(9))
    }
}
