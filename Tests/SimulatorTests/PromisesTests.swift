import Basics
import Keyring
import Testing

@testable import Simulator

/// What the promises object to that the state machine never says.
@Suite struct PromisesTests {
    private static func charged(
        _ credits: UInt64, spent: UInt64, remaining: UInt64? = nil
    ) -> (Outcome, LogIndex) -> Outcome {
        { _, index in
            let receipt = ChargeReceipt(
                charged: Credits(clamping: credits), spent: Credits(clamping: spent),
                remaining: remaining.map { Credits(clamping: $0) }, index: index)
            return .charged([.charged(receipt)])
        }
    }

    private static func held(
        _ id: String, _ standing: HoldReceipt.Standing, _ credits: UInt64, charged: UInt64 = 0,
        spent: UInt64 = 0, remaining: UInt64? = nil, until expiry: Timestamp
    ) -> (Outcome, LogIndex) -> Outcome {
        { _, index in
            .held(
                HoldReceipt(
                    hold: JudgedLog.id(id), standing: standing, held: Credits(clamping: credits),
                    charged: Credits(clamping: charged), spent: Credits(clamping: spent),
                    remaining: remaining.map { Credits(clamping: $0) }, expiresAt: expiry,
                    index: index))
        }
    }

    private static let exceeded = "spent and held stay within limit and pool"
    private static let unaccepted = "nothing is done with a key that isn't accepted"
    private static let closed = "a hold is ended while it is open"
    private static let unfounded = "nothing is refused of a hold that is open"
    private static let wrongSum = "what is held is charged or comes back"
    private static let wrongRefusal = "nothing is refused that fits limit and pool"

    @Test func `no charge goes beyond the user's limit`() {
        var log = JudgedLog()
        log.must(JudgedLog.limit(10))
        log.must(JudgedLog.charge(7, as: "a"))
        let law = log.law(
            JudgedLog.charge(4, as: "b"), told: Self.charged(4, spent: 11, remaining: 0))
        #expect(law == Self.exceeded)
    }

    @Test func `no charge goes beyond what all users of the account may spend together`() {
        var log = JudgedLog()
        log.must(JudgedLog.pool(10, period: .day))
        log.must(JudgedLog.charge(7, as: "a"))
        let law = log.law(
            JudgedLog.charge(4, to: JudgedLog.other, as: "b"), told: Self.charged(4, spent: 4))
        #expect(law == Self.exceeded)
    }

    @Test func `a hold takes from limit and pool until it ends, in its own period`() {
        var log = JudgedLog()
        log.must(JudgedLog.limit(10, period: .day))
        log.must(JudgedLog.place(8, as: "h", for: 100_000))
        var early = log
        let law = early.law(
            JudgedLog.charge(3, as: "a"), told: Self.charged(3, spent: 3, remaining: 0))
        #expect(law == Self.exceeded)
        // The next day has ten of its own, and gives nothing back.
        log.pass(86_400)
        log.must(JudgedLog.charge(10, as: "b"))
        log.must(JudgedLog.settle("h", 5))
        #expect(
            log.law(
                JudgedLog.charge(1, as: "c"), told: Self.charged(1, spent: 11, remaining: 0))
                == Self.exceeded)
    }

    @Test func `nothing is refused that fits, and no other sums are told`() {
        var log = JudgedLog()
        log.must(JudgedLog.limit(10))
        log.must(JudgedLog.pool(8))
        log.must(JudgedLog.place(2, as: "h"))
        let left = Refusal.creditsExhausted(
            remaining: Credits(clamping: 3), allowance: Credits(clamping: 10))
        var other = log
        #expect(other.law(JudgedLog.charge(5, as: "a"), refusedWith: left) == Self.wrongRefusal)
        other = log
        #expect(other.law(JudgedLog.place(5, as: "i"), refusedWith: left) == Self.wrongRefusal)
        // The pool is the lesser, with six left of eight.
        #expect(log.law(JudgedLog.charge(7, as: "b")) == nil)
        let ofLimit = Refusal.creditsExhausted(
            remaining: Credits(clamping: 6), allowance: Credits(clamping: 10))
        #expect(log.law(JudgedLog.charge(7, as: "c"), refusedWith: ofLimit) == Self.wrongRefusal)
    }

    @Test func `what a settlement doesn't charge comes back`() {
        var log = JudgedLog()
        log.must(JudgedLog.limit(10))
        log.must(JudgedLog.place(8, as: "h"))
        let law = log.law(
            JudgedLog.settle("h", 3),
            told: Self.held(
                "h", .settled, 8, charged: 3, spent: 3, remaining: 2,
                until: log.time + .seconds(60)))
        #expect(law == Self.wrongSum)
    }

    @Test func `nothing is done with a key whose time has come`() {
        var log = JudgedLog()
        let (short, end) = (KeyID(310), log.time + .seconds(5))
        log.must(.createKey(JudgedLog.key(short, of: JudgedLog.bob, until: end)))
        log.must(JudgedLog.charge(1, to: short, as: "a"))
        log.pass(5)
        let law = log.law(JudgedLog.charge(1, to: short, as: "b"), told: Self.charged(1, spent: 2))
        #expect(law == Self.unaccepted)
    }

    private func rotation(graceSeconds: UInt32) -> Command {
        .rotateKey(
            Rotation(
                old: JudgedLog.other, account: JudgedLog.account, id: KeyID(320),
                digest: Digest(320, 0, 0, 0), suffix: Workload.suffix, api: .rest,
                graceSeconds: graceSeconds))
    }

    @Test func `a grace lasts as long as was asked, and no longer`() {
        var log = JudgedLog()
        log.must(rotation(graceSeconds: 5))
        log.pass(4)
        var early = log
        #expect(
            early.law(JudgedLog.charge(1, to: JudgedLog.other, as: "a"), refusedWith: .invalidKey)
                == "no key that is accepted is refused as invalid")
        log.must(JudgedLog.charge(1, to: JudgedLog.other, as: "a"))
        log.pass(1)
        #expect(
            log.law(
                JudgedLog.charge(1, to: JudgedLog.other, as: "b"), told: Self.charged(1, spent: 2))
                == Self.unaccepted)
    }

    @Test func `a grace ends with a change of the successor`() {
        let successor = KeyID(320)
        for change in [
            Command.revokeKey(successor, account: JudgedLog.account),
            .setKeyActive(successor, account: JudgedLog.account, active: false),
        ] {
            var log = JudgedLog()
            log.must(rotation(graceSeconds: 500))
            log.must(change)
            let law = log.law(
                JudgedLog.charge(1, to: JudgedLog.other, as: "a"), told: Self.charged(1, spent: 1))
            #expect(law == Self.unaccepted)
        }
    }

    @Test func `no fourth key is active or retiring`() {
        var log = JudgedLog()
        log.must(.createKey(JudgedLog.key(KeyID(310), of: JudgedLog.bob)))
        log.must(rotation(graceSeconds: 500))
        let fourth = JudgedLog.key(KeyID(330), of: JudgedLog.bob)
        let law = log.law(.createKey(fourth)) { _, index in
            .changed(Change(.keyRevoked(fourth.id), index: index))
        }
        #expect(law == "no user has more active keys than are allowed")
    }

    @Test func `a hold is settled once, for no more than it holds, and not after its time-out`() {
        var log = JudgedLog()
        log.must(JudgedLog.place(8, as: "h"))
        let expiry = log.time + .seconds(60)
        var other = log
        #expect(
            other.law(
                JudgedLog.settle("h", 9),
                told: Self.held("h", .settled, 8, charged: 9, spent: 9, until: expiry))
                == "no more is charged than is held")
        other = log
        other.pass(60)
        #expect(
            other.law(
                JudgedLog.settle("h", 8),
                told: Self.held("h", .settled, 8, charged: 8, spent: 8, until: expiry))
                == Self.closed)
        log.must(JudgedLog.settle("h", 3))
        #expect(
            log.law(
                JudgedLog.settle("h", 4),
                told: Self.held("h", .settled, 8, charged: 4, spent: 7, until: expiry))
                == Self.closed)
    }

    @Test func `a removed user's holds are void`() {
        var log = JudgedLog()
        log.must(JudgedLog.pool(10))
        log.must(JudgedLog.place(8, with: JudgedLog.other, as: "h"))
        log.must(.removeUser(JudgedLog.bob, account: JudgedLog.account))
        let left = Refusal.creditsExhausted(
            remaining: Credits(clamping: 2), allowance: Credits(clamping: 10))
        var other = log
        #expect(other.law(JudgedLog.charge(5, as: "a"), refusedWith: left) == Self.wrongRefusal)
        log.must(JudgedLog.charge(10, as: "a"))
    }

    @Test func `nobody is told that an open hold has ended, is unknown or holds less`() {
        var log = JudgedLog()
        log.must(JudgedLog.place(8, as: "h"))
        for refusal in [
            Refusal.holdEnded, .holdNotFound, .holdExceeded(held: Credits(clamping: 3)),
        ] {
            var other = log
            #expect(other.law(JudgedLog.settle("h", 5), refusedWith: refusal) == Self.unfounded)
        }
        var other = log
        #expect(other.law(JudgedLog.void("h"), refusedWith: .holdEnded) == Self.unfounded)
        #expect(
            other.law(JudgedLog.place(1, as: "i"), refusedWith: .holdLimit(limit: 10_000))
                == Self.unfounded)
    }

    @Test func `more holds that come due at once than one entry ends give nothing away`() {
        var log = JudgedLog()
        log.must(JudgedLog.limit(700))
        for number in 0..<600 { log.must(JudgedLog.place(1, as: "h\(number)")) }
        log.pass(60)
        // Of the 600 that are due 512 lapse with the first entry.
        #expect(log.law(JudgedLog.charge(613, as: "a")) == nil)
        log.must(JudgedLog.charge(700, as: "b"))
    }
}
