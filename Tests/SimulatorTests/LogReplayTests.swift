import Basics
import Consensus
import Keyring
import Replica
import Testing

@testable import Simulator

/// What a client is told must be what the log says, a refusal as well.
@Suite struct LogReplayTests {
    private static let key = KeyReference.id(JudgedLog.first)
    private static let unfounded = "every refusal told stands in the log"

    /// The log of `commands`, with an account, a user and a key before them.
    private func replay(_ commands: [Command]) throws -> LogReplay {
        var replay = LogReplay(genesis: Workload.genesisValue)
        let email = try #require(EmailAddress("alice@acme.test"))
        let all =
            [
                .createAccount(JudgedLog.account, name: JudgedLog.name),
                .createUser(
                    JudgedLog.alice, account: JudgedLog.account, email: email,
                    name: JudgedLog.name, role: .member),
                .createKey(JudgedLog.key(JudgedLog.first, of: JudgedLog.alice)),
            ] + commands
        for (position, command) in all.enumerated() {
            var actor = Actor.token(TokenID(1))
            switch command {
            case .charge, .hold: actor = .cluster
            default: break
            }
            let envelope = Envelope(
                requestID: RequestID(high: 1, low: UInt64(position)), actor: actor,
                content: .zero, command: command)
            try replay.replay(
                Observer.Committed(
                    term: Term(1), shownIn: Term(1), time: Workload.genesisValue.time,
                    kind: .command, payload: envelope.encode()), at: .zero)
        }
        return replay
    }

    private func law(
        _ replay: LogReplay, _ command: Command, _ outcome: Outcome, at index: UInt64,
        after floor: UInt64 = 0
    ) -> String? {
        let told = Acknowledgement(
            operation: Operation(kind: .settleHold, command: command), outcome: outcome,
            index: LogIndex(index), floor: LogIndex(floor))
        do throws(Violation) {
            try replay.verify(told, at: .zero)
            return nil
        } catch {
            return error.law
        }
    }

    @Test func `a refusal that the log has is believed, by a later copy of the question too`()
        throws
    {
        let settle = JudgedLog.settle("h", 3)
        let replay = try replay([settle, JudgedLog.charge(1, as: "a")])
        #expect(law(replay, settle, .refused(.holdNotFound), at: 4) == nil)
        #expect(law(replay, settle, .refused(.holdNotFound), at: 5) == nil)
        #expect(
            law(replay, settle, .refused(.holdNotFound), at: 4, after: 5)
                == "an outcome comes after what was told before it")
    }

    @Test func `a refusal that the log hasn't is found`() throws {
        let (place, settle) = (JudgedLog.place(8, as: "h"), JudgedLog.settle("h", 3))
        let replay = try replay([place, settle])
        for refusal in [
            Refusal.holdEnded, .holdNotFound, .invalidKey, .idempotencyConflict,
        ] {
            #expect(law(replay, settle, .refused(refusal), at: 5) == Self.unfounded)
        }
        // One that comes later explains nothing told before.
        #expect(law(replay, JudgedLog.void("h"), .refused(.holdEnded), at: 5) == Self.unfounded)
        let later = try self.replay([place, settle, JudgedLog.void("h")])
        #expect(law(later, JudgedLog.void("h"), .refused(.holdEnded), at: 5) == Self.unfounded)
        #expect(law(later, JudgedLog.void("h"), .refused(.holdEnded), at: 6) == nil)
    }

    @Test func `a charge's refusal is held against the log, one by one`() throws {
        let charge = JudgedLog.charge(11, as: "a")
        let replay = try replay([JudgedLog.limit(10), charge])
        let exhausted = Refusal.creditsExhausted(
            remaining: Credits(clamping: 10), allowance: Credits(clamping: 10))
        #expect(law(replay, charge, .charged([.refused(exhausted)]), at: 5) == nil)
        let other = Refusal.creditsExhausted(
            remaining: Credits(clamping: 9), allowance: Credits(clamping: 10))
        #expect(law(replay, charge, .charged([.refused(other)]), at: 5) == Self.unfounded)
        #expect(law(replay, charge, .charged([]), at: 5) == "every charge is answered")
    }

    @Test func `a key that nobody knows yet is refused at the door, and no other`() throws {
        let charge = JudgedLog.charge(1, as: "a")
        let replay = try replay([JudgedLog.charge(1, as: "b")])
        let refused = Outcome.charged([.refused(.invalidKey)])
        // The key is made by the third entry.
        #expect(law(replay, charge, refused, at: 2) == nil)
        #expect(law(replay, charge, refused, at: 3) == Self.unfounded)
        let settle = JudgedLog.settle("h", 3, with: KeyID(999))
        #expect(law(replay, settle, .refused(.invalidKey), at: 4) == nil)
    }

    @Test func `an outcome is the answer to what was asked`() throws {
        let (place, other) = (JudgedLog.place(8, as: "h"), JudgedLog.place(8, as: "i"))
        let replay = try replay([place, other])
        let receipt = HoldReceipt(
            hold: JudgedLog.id("h"), standing: .open, held: Credits(clamping: 8), charged: .zero,
            spent: .zero, remaining: nil, expiresAt: Workload.genesisValue.time + .seconds(60),
            index: LogIndex(4))
        #expect(law(replay, place, .held(receipt), at: 4) == nil)
        #expect(
            law(replay, other, .held(receipt), at: 5)
                == "every acknowledged change stands in the log")
    }
}
