import Basics
import Testing

@testable import Keyring

@Suite struct RandomHistoryTests {
    static let histories: UInt64 = 330
    static let commandsEach = 310

    @Test func `the state machine answers a hundred thousand commands as the reference does`()
        throws
    {
        var coverage = RandomHistory.Coverage()
        for seed in 1...Self.histories {
            var history = RandomHistory(seed: seed)
            for step in 1...Self.commandsEach {
                history.step()
                if history.hasDiverged { break }
                if step == Self.commandsEach || (step == seed && step.isMultiple(of: 4)) {
                    history.compareEverything()
                }
                if step == 200 { try history.roundTrip(pieces: 1 + Int(seed) * 7) }
            }
            coverage.add(history.coverage)
        }
        #expect(coverage.commands >= 100_000)
        for kind in Command.Kind.allCases {
            #expect(coverage.succeeded[kind, default: 0] > 0, "\(kind) never succeeded")
            #expect(coverage.failed[kind, default: 0] > 0, "\(kind) never failed")
        }
        let never = Self.refusalsExpected.filter { coverage.refusals[$0] == nil }
        #expect(never.isEmpty, "never refused: \(never)")
        #expect(coverage.replays > 100)
        #expect(coverage.forgotten > 100)
    }

    static let refusalsExpected = [
        "unauthenticated", "forbidden", "account_not_found", "user_not_found", "key_not_found",
        "token_not_found", "api_not_found", "duplicate_email", "active_key_limit", "key_limit",
        "token_limit", "key_revoked", "role_mismatch", "last_operator", "setting_refused",
        "identifier_taken", "invalid", "credits_exhausted", "charge_out_of_range",
        "hold_not_found", "hold_ended", "hold_exceeded", "hold_limit",
        "hold_timeout_out_of_range", "idempotency_conflict", "too_old", "idempotency_key_ahead",
        "idempotency_capacity", "key_retiring", "key_expired", "key_inactive", "expiry_passed",
        "grace_too_long", "api_taken", "api_in_use",
    ]

    @Test func `the same entries give the same states, outcomes and changes`() {
        for seed in [3, 1_414, 99] as [UInt64] {
            var first = RandomHistory(seed: seed)
            var second = RandomHistory(seed: seed)
            for step in 1...400 {
                first.step()
                second.step()
                if step.isMultiple(of: 40) {
                    #expect(first.machine.stateDigest() == second.machine.stateDigest())
                }
            }
            #expect(first.mirror == second.mirror)
        }
    }

    @Test func `a frozen copy stays as it was while the original goes on`() {
        var history = RandomHistory(seed: 5)
        for _ in 1...200 { history.step() }
        let frozen = history.machine.freeze()
        let digest = frozen.digest()
        for _ in 1...200 { history.step() }
        #expect(frozen.digest() == digest)
        #expect(history.machine.stateDigest() != digest)
    }
}
