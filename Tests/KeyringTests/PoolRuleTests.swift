import Basics
import Testing

@testable import Keyring

@Suite struct PoolRuleTests {
    private let bob = UserID(201)

    /// Two users with a key each.
    private func shared() -> Bench {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(
            .createUser(
                bob, account: bench.account, email: Sample.email("bob@acme.test"),
                name: Sample.name("Bob"), role: .member))
        bench.must(bench.key(2, user: bob))
        return bench
    }

    @Test func `a charge must fit the user's limit and the account's pool`() {
        var bench = shared()
        bench.must(bench.pool(10, .none))
        bench.must(bench.limit(6, .none))
        #expect(
            bench.charge(1, 7)
                == .refused(.creditsExhausted(remaining: Credits(6)!, allowance: Credits(6)!)))
        #expect(bench.charge(1, 5).receipt?.remaining == Credits(1))
        // Without a limit of their own, and so without a remainder; but not without a pool.
        #expect(bench.charge(2, 4).receipt?.remaining == nil)
        #expect(
            bench.charge(2, 2)
                == .refused(.creditsExhausted(remaining: Credits(1)!, allowance: Credits(10)!)))
        #expect(bench.hold(2, 1, as: "h").receipt != nil)
        #expect(
            bench.charge(1, 1)
                == .refused(.creditsExhausted(remaining: .zero, allowance: Credits(10)!)))
        _ = bench.void("h", key: 2)
        #expect(bench.charge(1, 1).receipt?.remaining == .zero)
    }

    @Test func `each has its own period`() {
        var bench = shared()
        bench.must(bench.pool(10, .day))
        bench.must(bench.limit(15, .month))
        #expect(bench.charge(1, 10).receipt?.remaining == Credits(5))
        #expect(
            bench.charge(1, 1)
                == .refused(.creditsExhausted(remaining: .zero, allowance: Credits(10)!)))
        #expect(bench.machine.nextDeadline == CalendarDate(bench.time).end(of: .day))
        bench.pass(.seconds(86_400))
        #expect(
            bench.charge(1, 6)
                == .refused(.creditsExhausted(remaining: Credits(5)!, allowance: Credits(15)!)))
        #expect(bench.charge(1, 5).receipt?.remaining == .zero)
        #expect(bench.charge(2, 5).receipt != nil)
        #expect(bench.charge(2, 1).receipt == nil)
    }

    @Test func `a pool counts what was spent before it was set, by users gone since, too`() throws {
        var bench = shared()
        #expect(bench.charge(1, 5).receipt != nil)
        #expect(bench.charge(2, 3).receipt != nil)
        bench.must(.removeUser(bob, account: bench.account))
        let change = bench.must(bench.pool(10, .month))
        guard case .pool(let pool) = change.result else {
            Issue.record("\(change)")
            return
        }
        #expect(pool.spent == Credits(8))
        #expect(pool.remaining == Credits(2))
        #expect(bench.charge(1, 3).receipt == nil)
        bench.must(.removePool(account: bench.account, api: .rest))
        #expect(bench.charge(1, 3).receipt != nil)
        #expect(throws: Refusal.poolNotFound) {
            try bench.machine.pool(for: .rest, in: bench.account, as: Sample.operatorToken)
        }
    }

    @Test func `operators set pools, and the account's admins read them`() throws {
        var bench = shared()
        bench.must(.updateUser(bob, account: bench.account, email: nil, name: nil, role: .admin))
        bench.must(bench.token(5, .admin, user: bob))
        bench.must(bench.token(6, .member, user: bob))
        #expect(bench.apply(bench.pool(1, .none), as: TokenID(5)) == .refused(.forbidden))
        bench.must(bench.pool(1, .none))
        #expect(
            bench.apply(.removePool(account: bench.account, api: .rest), as: TokenID(5))
                == .refused(.forbidden))
        let pool = try bench.machine.pool(for: .rest, in: bench.account, as: TokenID(5))
        #expect(pool.credits == Credits(1))
        #expect(throws: Refusal.forbidden) {
            try bench.machine.pool(for: .rest, in: bench.account, as: TokenID(6))
        }
        let page = try bench.machine.audit(
            in: bench.account, PageRequest(limit: 1), as: Sample.operatorToken)
        #expect(page.items.first?.action == .poolSet)
        #expect(page.items.first?.subject == .pool(bench.account, .rest))
        #expect(
            bench.apply(
                .setPool(
                    account: bench.account, api: API(slug: "mail")!, credits: .zero, period: .day))
                == .refused(.apiNotFound))
        // The same again is no change, and says when there was one.
        #expect(bench.must(bench.pool(1, .none)).index < bench.machine.appliedIndex)
    }

    @Test func `the read side knows what is left of both`() {
        var bench = shared()
        let table = KeyTable()
        table.beginFollowing(&bench.machine)
        bench.machine.forEachTableEntry { table.apply($0) }
        bench.must(bench.pool(10, .none))
        for change in bench.changes { table.apply(change) }
        func spendable() -> UInt64? { table.image.key(Sample.digest(1))?.spendable?.rawValue }
        #expect(spendable() == 10)
        _ = bench.hold(2, 7, as: "h")
        for change in bench.changes { table.apply(change) }
        #expect(spendable() == 3)
        bench.must(bench.limit(2, .day))
        for change in bench.changes { table.apply(change) }
        #expect(spendable() == 2)
        bench.must(.removePool(account: bench.account, api: .rest))
        for change in bench.changes { table.apply(change) }
        bench.must(.removeLimit(bench.user, account: bench.account, api: .rest))
        for change in bench.changes { table.apply(change) }
        #expect(spendable() == nil)
    }
}
