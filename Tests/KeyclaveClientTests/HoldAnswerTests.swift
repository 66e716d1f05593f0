import HTTP
import Testing

@testable import KeyclaveClient

/// What the answers about holds and credits become, and what is asked for them.
@Suite struct HoldAnswerTests {
    static func receipt(_ state: String, charged: UInt64 = 0) -> String {
        #"{"id":"job/7","state":"\#(state)","held":50,"charged":\#(charged),"spent":9,"#
            + #""remaining":null,"expires_at":"2027-01-31T12:00:00Z","index":77,"replayed":false}"#
    }

    static func expected(_ state: HoldReceipt.State, charged: UInt64 = 0) -> HoldReceipt {
        HoldReceipt(
            id: "job/7", state: state, held: 50, charged: charged, spent: 9, remaining: nil,
            expiresAt: "2027-01-31T12:00:00Z", index: 77, replayed: false)
    }

    static func problem(_ status: Int, _ code: String, more: String = "") -> ScriptedServer.Reply {
        .problem(status, #"{"code":"\#(code)","title":"No","status":\#(status)\#(more)}"#)
    }

    @Test func `a hold is placed under its id, and settled and voided by it`() async throws {
        let server = try ScriptedServer([
            .json(200, Self.receipt("open")), .json(200, Self.receipt("settled", charged: 31)),
            .json(200, Self.receipt("voided")),
        ])
        defer { server.stop() }
        let keyclave = try Keyclave(nodes: [server.endpoint], settings: PoolTests.settings())
        #expect(
            try await keyclave.placeHold(50, key: "k", timeoutSeconds: 600, id: "job/7")
                == .held(Self.expected(.open)))
        #expect(
            try await keyclave.settleHold("job/7", credits: 31, key: "k")
                == .ended(Self.expected(.settled, charged: 31)))
        #expect(
            try await keyclave.voidHold("job/7", key: "k") == .ended(Self.expected(.voided)))
        let requests = server.requests
        #expect(
            requests.map(\.line) == [
                "POST /v1/holds", "POST /v1/holds/job%2F7/settle", "POST /v1/holds/job%2F7/void",
            ])
        #expect(
            requests.map(\.body) == [
                #"{"key":"k","credits":50,"timeout_seconds":600}"#, #"{"key":"k","credits":31}"#,
                #"{"key":"k"}"#,
            ])
        let ids = requests.map { $0.fields["idempotency-key"] }
        #expect(ids[0] == "job/7" && Set(ids).count == 3 && !ids.contains(nil))
    }

    @Test func `no is an outcome of a hold, and trouble an error`() async throws {
        let server = try ScriptedServer([
            Self.problem(403, "credits_exhausted", more: #","remaining":4"#),
            Self.problem(401, "invalid_key"), Self.problem(409, "hold_limit"),
            Self.problem(409, "hold_exceeded", more: #","limit":50"#),
            Self.problem(409, "hold_ended"), Self.problem(404, "not_found"),
            Self.problem(401, "invalid_key"), .json(200, Self.receipt("haunted")),
        ])
        defer { server.stop() }
        let keyclave = try Keyclave(nodes: [server.endpoint], settings: PoolTests.settings())
        #expect(try await keyclave.placeHold(5, key: "k") == .creditsExhausted(remaining: 4))
        #expect(try await keyclave.placeHold(5, key: "k") == .invalidKey)
        let limit = await PoolTests.outcome { try await keyclave.placeHold(5, key: "k") }
        guard case .refused(let problem)? = limit else {
            Issue.record("\(String(describing: limit))")
            return
        }
        #expect(problem.code == "hold_limit")
        let endings: [HoldEnding] = [.exceeded(held: 50), .endedOtherwise, .notFound, .invalidKey]
        for ending in endings {
            #expect(try await keyclave.settleHold("j", credits: 60, key: "k") == ending)
        }
        let nonsense = await PoolTests.outcome { try await keyclave.voidHold("j", key: "k") }
        #expect(nonsense == .malformedAnswer("a hold with an unknown state, haunted"))
    }

    @Test func `credits are told by limit and pool, where there are any`() async throws {
        let both =
            #"{"allowance":10,"user_remaining":7,"period":"month","resets_at":"#
            + #""2027-02-01T00:00:00Z","spent":2,"held":1,"api":"rest","#
            + #""pool":{"allowance":100,"remaining":3,"period":"none","resets_at":null}}"#
        let neither =
            #"{"allowance":null,"user_remaining":null,"period":null,"resets_at":null,"#
            + #""spent":2,"held":1,"api":"rest","pool":null}"#
        let server = try ScriptedServer([
            .json(200, both), .json(200, neither), Self.problem(401, "invalid_key"),
        ])
        defer { server.stop() }
        let keyclave = try Keyclave(nodes: [server.endpoint], settings: PoolTests.settings())
        var expected = CreditStanding(
            api: "rest", spent: 2, held: 1,
            limit: .init(
                allowance: 10, remaining: 7, period: .month, resetsAt: "2027-02-01T00:00:00Z"),
            pool: .init(allowance: 100, remaining: 3, period: .none, resetsAt: nil))
        #expect(try await keyclave.credits(ofKey: "k") == expected)
        (expected.limit, expected.pool) = (nil, nil)
        #expect(try await keyclave.credits(ofKey: "k") == expected)
        #expect(try await keyclave.credits(ofKey: "k") == nil)
        #expect(server.requests.allSatisfy { $0.line == "GET /v1/credits" })
        #expect(server.requests.allSatisfy { $0.fields["authorization"] == "Bearer k" })
    }
}
