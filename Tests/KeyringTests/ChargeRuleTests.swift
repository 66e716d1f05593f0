import Basics
import Testing

@testable import Keyring

@Suite struct ChargeRuleTests {
    private func spentByKeys(_ bench: Bench) -> [UInt64] {
        let page = try? bench.machine.usage(
            in: bench.account, PageRequest(), as: Sample.operatorToken)
        let row = page?.items.first { $0.api == .rest }
        return row?.keys.map(\.spent.rawValue) ?? []
    }

    @Test func `charges stop exactly at the limit`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.limit(10, .none))
        #expect(bench.charge(1, 7).receipt?.remaining == Credits(3))
        #expect(
            bench.charge(1, 4)
                == .refused(.creditsExhausted(remaining: Credits(3)!, allowance: Credits(10)!)))
        let last = bench.charge(1, 3).receipt
        #expect(last?.spent == Credits(10))
        #expect(last?.remaining == .zero)
        #expect(
            bench.charge(1, 1)
                == .refused(.creditsExhausted(remaining: .zero, allowance: Credits(10)!)))
    }

    @Test func `spending is shared by all keys of a user for an API, and counted for each`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.key(2))
        bench.must(bench.key(3, api: .batch))
        bench.must(bench.limit(10, .month))
        #expect(bench.charge(1, 6).receipt?.spent == Credits(6))
        #expect(bench.charge(2, 4).receipt?.spent == Credits(10))
        #expect(bench.charge(2, 1).receipt == nil)
        // The other API has its own counter, without a limit.
        let other = bench.charge(3, 1_000).receipt
        #expect(other?.spent == Credits(1_000))
        #expect(other?.remaining == nil)
        #expect(spentByKeys(bench) == [6, 4])
    }

    @Test func `without a limit nothing is made up`() throws {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        #expect(bench.charge(1, 5).receipt?.remaining == nil)
        let answer = try bench.machine.credits(for: Sample.digest(1))
        #expect(answer.allowance == nil)
        #expect(answer.remaining == nil)
        #expect(answer.resetsAt == nil)
        #expect(answer.spent == Credits(5))
    }

    @Test func `a limit below what is spent is allowed and lets nothing more be spent`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        #expect(bench.charge(1, 100).receipt != nil)
        let change = bench.must(bench.limit(40, .none))
        guard case .limit(let limit) = change.result else {
            Issue.record("\(change)")
            return
        }
        #expect(limit.spent == Credits(100))
        #expect(limit.remaining == .zero)
        #expect(bench.charge(1, 1).receipt == nil)
        bench.must(bench.limit(101, .none))
        #expect(bench.charge(1, 1).receipt?.remaining == .zero)
        bench.must(.removeLimit(bench.user, account: bench.account, api: .rest))
        #expect(bench.changes == [.creditsUnlimited(bench.user, .rest)])
        #expect(bench.charge(1, 1_000).receipt?.spent == Credits(1_101))
    }

    @Test func `whichever period a limit names, it counts what was spent in it already`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        #expect(bench.charge(1, 5).receipt != nil)
        bench.pass(.seconds(86_400))
        #expect(bench.charge(1, 3).receipt != nil)
        for (period, spent) in [(Period.day, 3), (.month, 8), (.none, 8)] as [(Period, UInt64)] {
            guard case .limit(let limit) = bench.must(bench.limit(100, period)).result else {
                return
            }
            #expect(limit.spent == Credits(spent))
        }
    }

    @Test func `a period ends at one log position, by log time`() throws {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.limit(10, .day))
        #expect(bench.charge(1, 10).receipt != nil)
        let midnight = Timestamp(milliseconds: 20_523 * 86_400_000)
        #expect(bench.machine.nextDeadline == midnight)
        bench.time = Timestamp(milliseconds: midnight.milliseconds - 1)
        #expect(bench.charge(1, 1).receipt == nil)
        bench.time = midnight
        bench.tick()
        #expect(bench.changes == [.calendar(day: 20_523, month: 674)])
        let limit = try bench.machine.limit(
            of: bench.user, for: .rest, in: bench.account, as: Sample.operatorToken)
        #expect(limit.spent == .zero)
        #expect(limit.remaining == Credits(10))
        #expect(limit.resetsAt == midnight + .seconds(86_400))
        #expect(bench.charge(1, 10).receipt?.spent == Credits(10))
    }

    @Test func `log time never runs backwards into a period that has ended`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.limit(10, .day))
        bench.time = Timestamp(milliseconds: 20_523 * 86_400_000)
        #expect(bench.charge(1, 10).receipt != nil)
        bench.time = Sample.start
        #expect(bench.charge(1, 1).receipt == nil)
        #expect(bench.machine.time == Timestamp(milliseconds: 20_523 * 86_400_000))
    }

    @Test func `a tick is due only where time alone changes an answer`() {
        var bench = Bench.peopled()
        #expect(bench.machine.nextDeadline == nil)
        bench.must(bench.limit(5, .month))
        let april = Timestamp(milliseconds: 20_544 * 86_400_000)
        #expect(bench.machine.nextDeadline == april)
        bench.must(bench.limit(5, .day, api: .batch))
        #expect(
            bench.machine.nextDeadline == Timestamp(milliseconds: 20_523 * 86_400_000))
        bench.must(.removeLimit(bench.user, account: bench.account, api: .batch))
        #expect(bench.machine.nextDeadline == april)
        bench.must(.removeUser(bench.user, account: bench.account))
        #expect(bench.machine.nextDeadline == nil)
    }

    @Test(arguments: [0, 1_000_000_001, UInt64.max])
    func `a charge is from one to a thousand million`(credits: UInt64) {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        #expect(bench.charge(1, credits) == .refused(.chargeOutOfRange))
        #expect(bench.charge(1, 1).receipt?.spent == Credits(1))
        #expect(bench.charge(1, 1_000_000_000).receipt?.spent == Credits(1_000_000_001))
    }

    @Test func `no counter goes beyond what JSON holds`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        var spent = SpentCounters()
        spent.add(Bounds.credits - 5, on: bench.machine.state.date)
        bench.machine.state.keys[Slot(0)].spent = spent
        bench.machine.state.users[Slot(0)].credits = [
            CreditLine(api: .rest, spent: spent, changedAt: .zero)
        ]
        bench.machine.state.accounts[Slot(0)].pools = bench.machine.state.users[Slot(0)].credits
        #expect(
            bench.charge(1, 6)
                == .refused(.creditsExhausted(remaining: Credits(5)!, allowance: .maximum)))
        #expect(bench.charge(1, 5).receipt?.spent == .maximum)
    }

    @Test func `the key must be active at the charge's log position`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1, active: false))
        #expect(bench.charge(1, 1) == .refused(.invalidKey))
        bench.must(.setKeyActive(KeyID(1), account: bench.account, active: true))
        #expect(bench.charge(1, 1).receipt != nil)
        #expect(bench.charge(99, 1) == .refused(.invalidKey))
    }

    @Test func `many charges in one entry each have their own outcome`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.limit(10, .none))
        let charges = [(8, "a"), (3, "b"), (2, "c"), (2, "c"), (1, "c")].map {
            Charge(
                key: .digest(Sample.digest(1)), credits: UInt64($0.0),
                id: IdempotencyKey($0.1)!)
        }
        let outcome = bench.apply(.charge(charges))
        func receipt(_ charged: UInt64, _ spent: UInt64, _ replayed: Bool) -> ChargeOutcome {
            .charged(
                ChargeReceipt(
                    charged: Credits(charged)!, spent: Credits(spent)!,
                    remaining: Credits(10 - spent)!, index: bench.index, replayed: replayed))
        }
        #expect(
            outcome
                == .charged([
                    receipt(8, 8, false),
                    .refused(
                        .creditsExhausted(remaining: Credits(2)!, allowance: Credits(10)!)),
                    receipt(2, 10, false), receipt(2, 10, true),
                    .refused(.idempotencyConflict),
                ]))
    }

    @Test func `a charge tells the read side what is left`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.limit(10, .day))
        _ = bench.charge(1, 4)
        let state = CreditState(
            allowance: Credits(10)!, remaining: Credits(6)!, period: .day, periodNumber: 20_522,
            periodEnd: Timestamp(milliseconds: 20_523 * 86_400_000))
        #expect(bench.changes == [.credits(bench.user, .rest, state)])
    }
}
