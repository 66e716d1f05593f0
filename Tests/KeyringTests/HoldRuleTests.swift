import Basics
import Testing

@testable import Keyring

@Suite struct HoldRuleTests {
    private func keyed(_ limit: UInt64? = nil, _ period: Period = .none) -> Bench {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        if let limit { bench.must(bench.limit(limit, period)) }
        return bench
    }

    private func usage(_ bench: Bench) -> [UInt64] {
        let page = try? bench.machine.usage(
            in: bench.account, PageRequest(), as: Sample.operatorToken)
        let row = page?.items.first { $0.api == .rest }
        return row.map { [$0.spent, $0.held, $0.remaining ?? .zero].map(\.rawValue) } ?? []
    }

    @Test func `what is held can not be spent, and what is released can`() {
        var bench = keyed(10)
        let placed = bench.hold(1, 7, as: "h").receipt
        #expect(placed?.remaining == Credits(3))
        #expect(placed?.spent == .zero)
        #expect(
            bench.charge(1, 4)
                == .refused(.creditsExhausted(remaining: Credits(3)!, allowance: Credits(10)!)))
        #expect(bench.charge(1, 3).receipt?.remaining == .zero)
        #expect(
            bench.hold(1, 1, as: "more")
                == .refused(.creditsExhausted(remaining: .zero, allowance: Credits(10)!)))
        #expect(usage(bench) == [3, 7, 0])
        let settled = bench.settle("h", 2).receipt
        #expect(settled?.charged == Credits(2))
        #expect(settled?.held == Credits(7))
        #expect(settled?.spent == Credits(5))
        #expect(settled?.remaining == Credits(5))
        #expect(usage(bench) == [5, 0, 5])
        #expect(bench.hold(1, 5, as: "again").receipt?.remaining == .zero)
        #expect(bench.void("again").receipt?.remaining == Credits(5))
        #expect(usage(bench) == [5, 0, 5])
    }

    @Test func `a hold is settled for at most what it holds, and stays open if more is asked`() {
        var bench = keyed(10)
        _ = bench.hold(1, 4, as: "h")
        #expect(bench.settle("h", 5) == .refused(.holdExceeded(held: Credits(4)!)))
        #expect(usage(bench) == [0, 4, 6])
        #expect(bench.settle("h", 4).receipt?.spent == Credits(4))
    }

    @Test func `a hold ends once, and the same again is told again`() {
        var bench = keyed(10)
        _ = bench.hold(1, 4, as: "h")
        var first = bench.settle("h", 3).receipt
        first?.replayed = true
        #expect(bench.settle("h", 3).receipt == first)
        #expect(bench.settle("h", 3, under: "s").receipt == first)
        #expect(bench.settle("h", 2) == .refused(.holdEnded))
        #expect(bench.void("h") == .refused(.holdEnded))
        #expect(usage(bench) == [3, 0, 7])
        _ = bench.hold(1, 4, as: "v")
        var voided = bench.void("v").receipt
        voided?.replayed = true
        #expect(bench.void("v").receipt == voided)
        #expect(bench.settle("v", 0) == .refused(.holdEnded))
    }

    @Test func `an id is for one thing`() {
        var bench = keyed()
        let placed = bench.hold(1, 4, as: "h").receipt
        var again = placed
        again?.replayed = true
        #expect(bench.hold(1, 4, as: "h").receipt == again)
        #expect(bench.hold(1, 5, as: "h") == .refused(.idempotencyConflict))
        #expect(bench.hold(1, 4, as: "h", for: 61) == .refused(.idempotencyConflict))
        #expect(bench.charge(1, 4, id: IdempotencyKey("h")) == .refused(.idempotencyConflict))
        _ = bench.hold(1, 4, as: "other")
        #expect(bench.settle("h", 1, under: "s").receipt != nil)
        #expect(bench.settle("other", 1, under: "s") == .refused(.idempotencyConflict))
        #expect(bench.settle("h", 1, under: "s").receipt?.replayed == true)
        #expect(bench.settle("none", 1) == .refused(.holdNotFound))
    }

    @Test func `a hold lapses at its time-out, whatever entry comes`() {
        var bench = keyed(10)
        let placed = bench.hold(1, 7, as: "h", for: 30).receipt
        #expect(placed?.expiresAt == bench.time + .seconds(30))
        #expect(bench.machine.nextDeadline == placed?.expiresAt)
        bench.pass(.milliseconds(29_999))
        bench.tick()
        #expect(usage(bench) == [0, 7, 3])
        bench.pass(.milliseconds(1))
        bench.tick()
        #expect(usage(bench) == [0, 0, 10])
        #expect(bench.machine.nextDeadline == nil)
        #expect(bench.settle("h", 1) == .refused(.holdEnded))
        #expect(bench.void("h") == .refused(.holdEnded))
        bench.pass(.seconds(Int64(bench.machine.settings.endedHoldSeconds)))
        bench.tick()
        #expect(bench.machine.holdCount == 0)
        #expect(bench.settle("h", 1) == .refused(.holdNotFound))
    }

    @Test func `many holds lapse in the order of their time-outs, a bounded number an entry`() {
        var bench = keyed()
        for number in 0..<600 {
            _ = bench.hold(1, 1, as: "h\(number)", for: 60 - UInt64(number % 2))
        }
        bench.pass(.seconds(61))
        bench.tick()
        #expect(usage(bench)[1] == 88)
        #expect(bench.machine.nextDeadline.map { $0 <= bench.time } == true)
        // One that is due has ended, whether or not its turn has come.
        #expect(bench.settle("h598", 1) == .refused(.holdEnded))
        #expect(usage(bench)[1] == 0)
    }

    @Test func `a hold counts and is settled in the day on which it was placed`() {
        var bench = keyed(10, .day)
        _ = bench.hold(1, 7, as: "h", for: 86_400)
        bench.pass(.seconds(43_200))
        bench.tick()
        #expect(usage(bench) == [0, 0, 10])
        #expect(bench.charge(1, 10).receipt?.remaining == .zero)
        let settled = bench.settle("h", 6).receipt
        #expect(settled?.spent == Credits(10))
        #expect(settled?.remaining == .zero)
        #expect(usage(bench) == [10, 0, 0])
        bench.must(bench.limit(100, .none))
        #expect(usage(bench) == [16, 0, 84])
        bench.must(bench.limit(100, .month))
        #expect(usage(bench) == [16, 0, 84])
    }

    @Test func `any accepted key of the user settles, and no other`() {
        var bench = keyedForTwo()
        bench.must(bench.key(2, api: .batch))
        _ = bench.hold(1, 4, as: "h")
        #expect(bench.settle("h", 1, key: 3) == .refused(.holdNotFound))
        bench.must(.revokeKey(KeyID(1), account: bench.account))
        #expect(bench.settle("h", 1, key: 1) == .refused(.invalidKey))
        #expect(bench.settle("h", 1, key: 9) == .refused(.invalidKey))
        #expect(bench.settle("h", 3, key: 2).receipt?.charged == Credits(3))
        #expect(usage(bench) == [3, 0, 0])
    }

    private static let bob = UserID(201)

    /// With another user of the account, whose key is 3.
    private func keyedForTwo() -> Bench {
        var bench = keyed()
        bench.must(
            .createUser(
                Self.bob, account: bench.account, email: Sample.email("bob@acme.test"),
                name: Sample.name("Bob"), role: .member))
        bench.must(bench.key(3, user: Self.bob))
        return bench
    }

    @Test func `an id under which a dead key settled in vain is free for the next key`() {
        var bench = keyed()
        _ = bench.hold(1, 4, as: "h")
        bench.must(bench.rotation(1, to: 2))
        #expect(bench.settle("h", 3, key: 1, under: "s") == .refused(.invalidKey))
        let settled = bench.settle("h", 3, key: 2, under: "s").receipt
        #expect(settled?.charged == Credits(3))
        #expect(settled?.replayed == false)
        bench.must(bench.rotation(2, to: 5))
        #expect(bench.settle("h", 3, key: 5, under: "s").receipt?.replayed == true)
        #expect(usage(bench) == [3, 0, 0])
    }

    @Test func `nobody but the hold's user is told of a settlement, or uses up its answer`() {
        var bench = keyedForTwo()
        _ = bench.hold(1, 4, as: "h")
        #expect(bench.settle("h", 3, key: 3, under: "s") == .refused(.holdNotFound))
        // The account's ids are everybody's in it: this one is taken, and says so.
        #expect(bench.settle("h", 3, key: 1, under: "s") == .refused(.idempotencyConflict))
        #expect(bench.settle("h", 3, key: 1, under: "t").receipt?.charged == Credits(3))
        #expect(bench.settle("h", 3, key: 3, under: "t") == .refused(.idempotencyConflict))
    }

    @Test func `holds of a removed user count against the account's until their time-out`() throws {
        var settings = ClusterSettings.standard
        settings.holdsPerAccount = 2
        var bench = Bench.peopled(settings)
        bench.must(bench.key(1))
        _ = bench.hold(1, 1, as: "a", for: 30)
        _ = bench.hold(1, 1, as: "b", for: 60)
        bench.must(.removeUser(bench.user, account: bench.account))
        bench.must(
            .createUser(
                Self.bob, account: bench.account, email: Sample.email("bob@acme.test"),
                name: Sample.name("Bob"), role: .member))
        bench.must(bench.key(3, user: Self.bob))
        #expect(bench.hold(3, 1, as: "c") == .refused(.holdLimit(limit: 2)))
        bench.pass(.seconds(30))
        #expect(bench.hold(3, 1, as: "d").receipt != nil)
        #expect(bench.hold(3, 1, as: "e") == .refused(.holdLimit(limit: 2)))
        bench.pass(.seconds(30))
        #expect(bench.hold(3, 1, as: "f").receipt != nil)
    }

    @Test func `removing a user voids their holds in the same entry`() throws {
        var bench = keyed()
        bench.must(bench.pool(10, .none))
        _ = bench.hold(1, 7, as: "h", for: 30)
        let pool = try bench.machine.pool(
            for: .rest, in: bench.account, as: Sample.operatorToken)
        #expect(pool.held == Credits(7))
        bench.must(.removeUser(bench.user, account: bench.account))
        let after = try bench.machine.pool(
            for: .rest, in: bench.account, as: Sample.operatorToken)
        #expect(after.held == .zero)
        #expect(after.remaining == Credits(10))
        #expect(bench.settle("h", 1) == .refused(.invalidKey))
        bench.pass(.seconds(31))
        bench.tick()
    }

    @Test func `an account has so many open holds and no more`() {
        var settings = ClusterSettings.standard
        settings.holdsPerAccount = 2
        var bench = Bench.peopled(settings)
        bench.must(bench.key(1))
        _ = bench.hold(1, 1, as: "a")
        _ = bench.hold(1, 1, as: "b")
        #expect(bench.hold(1, 1, as: "c") == .refused(.holdLimit(limit: 2)))
        _ = bench.void("a")
        #expect(bench.hold(1, 1, as: "d").receipt != nil)
    }

    @Test func `numbers out of range change nothing and take no id`() {
        var bench = keyed()
        #expect(bench.hold(1, 0, as: "h") == .refused(.chargeOutOfRange))
        #expect(bench.hold(1, 1_000_000_001, as: "h") == .refused(.chargeOutOfRange))
        #expect(bench.hold(1, 1, as: "h", for: 0) == .refused(.holdTimeoutOutOfRange))
        #expect(bench.hold(1, 1, as: "h", for: 604_801) == .refused(.holdTimeoutOutOfRange))
        #expect(bench.hold(1, 1, as: "h", for: 604_800).receipt != nil)
        #expect(bench.settle("h", 1_000_000_001) == .refused(.chargeOutOfRange))
    }

    @Test func `holds survive a snapshot with all that becomes of them`() throws {
        var bench = keyed(10, .day)
        _ = bench.hold(1, 2, as: "open", for: 30)
        _ = bench.hold(1, 3, as: "settled")
        let settled = bench.settle("settled", 1).receipt
        var decoder = StateDecoder()
        var encoder = StateEncoder(bench.machine.freeze())
        while let chunk = encoder.nextChunk() { try decoder.feed(chunk) }
        bench.machine = try decoder.finish()
        #expect(bench.machine.nextDeadline == Sample.start + .seconds(30))
        #expect(bench.settle("settled", 1).receipt?.index == settled?.index)
        bench.pass(.seconds(30))
        bench.tick()
        #expect(bench.settle("open", 1) == .refused(.holdEnded))
        #expect(usage(bench) == [1, 0, 9])
    }
}
