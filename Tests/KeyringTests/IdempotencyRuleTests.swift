import Basics
import Testing

@testable import Keyring

@Suite struct IdempotencyRuleTests {
    private func peopled(_ change: (inout ClusterSettings) -> Void = { _ in }) -> Bench {
        var settings = ClusterSettings.standard
        change(&settings)
        var bench = Bench.peopled(settings)
        bench.must(bench.key(1))
        return bench
    }

    @Test func `the same charge under the same id is made once and answered alike`() {
        var bench = peopled()
        let id = Sample.uuid(bench.time)
        let first = bench.charge(1, 5, id: id).receipt
        bench.pass(.seconds(3_600))
        _ = bench.charge(1, 100)
        var second = bench.charge(1, 5, id: id).receipt
        #expect(second?.replayed == true)
        second?.replayed = false
        #expect(second == first)
        #expect(bench.charge(1, 1).receipt?.spent == Credits(106))
    }

    @Test func `a refused charge is remembered too`() {
        var bench = peopled()
        bench.must(bench.limit(3, .none))
        let id = IdempotencyKey("job 7")!
        let refused = bench.charge(1, 5, id: id)
        bench.must(bench.limit(100, .none))
        #expect(bench.charge(1, 5, id: id) == refused)
        #expect(bench.charge(1, 5).receipt != nil)
    }

    @Test func `another content under a used id is a conflict`() {
        var bench = peopled()
        bench.must(bench.key(2))
        let id = IdempotencyKey("job 7")!
        #expect(bench.charge(1, 5, id: id).receipt != nil)
        #expect(bench.charge(1, 6, id: id) == .refused(.idempotencyConflict))
        #expect(bench.charge(2, 5, id: id) == .refused(.idempotencyConflict))
        #expect(
            bench.apply(bench.limit(1, .none), id: id) == .refused(.idempotencyConflict))
    }

    @Test func `a node's own retry gets the first answer, as if it were the first`() {
        var bench = peopled()
        let envelope = bench.envelope(
            .charge([Charge(key: .id(KeyID(1)), credits: 2, id: IdempotencyKey("a")!)]),
            request: 900)
        let first = bench.apply(envelope)
        #expect(bench.apply(envelope) == first)
        #expect(bench.machine.recordedOutcome(for: envelope) == first)
        let create = bench.envelope(bench.key(2), request: 901)
        let created = bench.apply(create)
        #expect(bench.apply(create) == created)
        #expect(bench.machine.recordedOutcome(for: create) == created)
        guard case .changed(let change) = created else {
            Issue.record("\(created)")
            return
        }
        #expect(!change.replayed)
    }

    @Test func `a late copy of a refused request isn't carried out`() {
        var bench = peopled { $0.freeFormRecordsPerAccount = 1 }
        _ = bench.charge(1, 1)
        let charge = Charge(key: .id(KeyID(1)), credits: 2, id: IdempotencyKey("b")!)
        let full = bench.envelope(.charge([charge]), request: 900)
        #expect(bench.apply(full) == .charged([.refused(.idempotencyCapacity)]))
        var change = SettingsChange()
        change[.freeFormRecordsPerAccount] = 100
        bench.must(.updateSettings(change))
        #expect(bench.apply(full) == .charged([.refused(.idempotencyCapacity)]))
        #expect(bench.machine.recordedOutcome(for: full) == bench.apply(full))
    }

    @Test func `a request that was never applied has no recorded outcome`() {
        var bench = peopled()
        let never = bench.envelope(bench.key(2), id: IdempotencyKey("x")!, request: 900)
        #expect(bench.machine.recordedOutcome(for: never) == nil)
        bench.apply(bench.key(2), id: IdempotencyKey("x")!)
        #expect(bench.machine.recordedOutcome(for: never) == nil)
    }

    @Test func `a creation repeated under its key answers with the same id`() {
        var bench = peopled()
        let first = bench.apply(bench.key(2), id: IdempotencyKey("make")!, content: 5)
        // The second node drew another id and another digest.
        let second = bench.apply(bench.key(3), id: IdempotencyKey("make")!, content: 5)
        guard case .changed(let one) = first, case .changed(let two) = second else {
            Issue.record("\(first) \(second)")
            return
        }
        #expect(two.result == one.result)
        #expect(two.index == one.index)
        #expect(!one.replayed && two.replayed)
        #expect(bench.charge(3, 1) == .refused(.invalidKey))
        let third = bench.apply(bench.key(4), id: IdempotencyKey("make")!, content: 6)
        #expect(third == .refused(.idempotencyConflict))
    }

    @Test func `a UUID's record goes by the UUID's own time, and then it is too old`() {
        var bench = peopled()
        let id = Sample.uuid(bench.time)
        #expect(bench.charge(1, 5, id: id).receipt != nil)
        bench.pass(.milliseconds(86_400_000 - 1))
        #expect(bench.charge(1, 5, id: id).receipt?.replayed == true)
        bench.pass(.milliseconds(1))
        #expect(bench.charge(1, 5, id: id) == .refused(.idempotencyTooOld))
        #expect(bench.machine.idempotencyRecordCount > 0)
        #expect(
            bench.charge(1, 5, id: Sample.uuid(bench.time, 9)).receipt?.spent == Credits(10))
    }

    @Test func `a UUID more than five minutes ahead is refused`() {
        var bench = peopled()
        let limit = bench.time + .seconds(300)
        #expect(bench.charge(1, 1, id: Sample.uuid(limit)).receipt != nil)
        let beyond = Sample.uuid(limit + .milliseconds(1))
        #expect(bench.charge(1, 1, id: beyond) == .refused(.idempotencyTooNew))
        bench.pass(.milliseconds(1))
        #expect(bench.charge(1, 1, id: beyond).receipt != nil)
    }

    @Test func `beyond their number the oldest UUIDs go, and the floor rises over them`() {
        var bench = peopled { $0.uuidRecords = 2 }
        let ids = (0..<3).map { Sample.uuid(bench.time + .milliseconds($0)) }
        for id in ids { #expect(bench.charge(1, 1, id: id).receipt != nil) }
        #expect(bench.charge(1, 1, id: ids[0]) == .refused(.idempotencyTooOld))
        #expect(bench.charge(1, 1, id: ids[1]).receipt?.replayed == true)
        let older = Sample.uuid(Timestamp(milliseconds: bench.time.milliseconds - 1))
        #expect(bench.charge(1, 1, id: older) == .refused(.idempotencyTooOld))
    }

    @Test func `the floor never falls, not even for a longer window`() {
        var bench = peopled { $0.idempotencySeconds = 600 }
        bench.pass(.seconds(1_000))
        bench.tick()
        var change = SettingsChange()
        change[.idempotencySeconds] = 86_400
        bench.must(.updateSettings(change))
        let old = Sample.uuid(Sample.start + .seconds(400))
        #expect(bench.charge(1, 1, id: old) == .refused(.idempotencyTooOld))
        #expect(
            bench.charge(1, 1, id: Sample.uuid(Sample.start + .seconds(401))).receipt != nil)
    }

    @Test func `free-form ids are kept for the window and then mean something new`() {
        var bench = peopled()
        let id = IdempotencyKey("invoice-1")!
        #expect(bench.charge(1, 5, id: id).receipt?.spent == Credits(5))
        bench.pass(.milliseconds(86_400_000 - 1))
        #expect(bench.charge(1, 5, id: id).receipt?.replayed == true)
        bench.pass(.milliseconds(1))
        #expect(bench.charge(1, 5, id: id).receipt?.spent == Credits(10))
    }

    @Test func `an account remembers only so many free-form ids at a time`() {
        var bench = peopled { $0.freeFormRecordsPerAccount = 2 }
        #expect(bench.charge(1, 1, id: IdempotencyKey("a")!).receipt != nil)
        bench.pass(.seconds(60))
        #expect(bench.charge(1, 1, id: IdempotencyKey("b")!).receipt != nil)
        #expect(
            bench.charge(1, 1, id: IdempotencyKey("c")!) == .refused(.idempotencyCapacity))
        #expect(bench.charge(1, 1, id: IdempotencyKey("a")!).receipt?.replayed == true)
        // UUIDs have room, and so does the cluster's own scope.
        #expect(bench.charge(1, 1, id: Sample.uuid(bench.time)).receipt != nil)
        let create = Command.createAccount(AccountID(7), name: Sample.name("x"))
        guard case .changed = bench.apply(create, id: IdempotencyKey("c")!) else {
            Issue.record("the cluster's scope is full")
            return
        }
        bench.pass(.seconds(86_400 - 60))
        #expect(bench.charge(1, 1, id: IdempotencyKey("c")!).receipt != nil)
    }

    @Test func `ids are unique within an account, not beyond`() {
        var bench = peopled()
        bench.must(.createAccount(AccountID(101), name: Sample.name("Other")))
        bench.must(
            .createUser(
                UserID(201), account: AccountID(101), email: Sample.email("a@b"),
                name: Sample.name("x"), role: .member))
        guard case .createKey(var key) = bench.key(2, user: UserID(201)) else { return }
        key.account = AccountID(101)
        bench.must(.createKey(key))
        let id = Sample.uuid(bench.time)
        #expect(bench.charge(1, 5, id: id).receipt?.replayed == false)
        #expect(bench.charge(2, 5, id: id).receipt?.replayed == false)
    }

    @Test func `someone who may not gets no answer that was another's`() {
        var bench = peopled()
        bench.must(bench.token(9, .member, user: bench.user))
        let id = IdempotencyKey("make")!
        _ = bench.apply(bench.key(2), id: id, content: 5)
        #expect(
            bench.apply(bench.key(3), as: TokenID(9), id: id, content: 5)
                == .refused(.forbidden))
        bench.must(.revokeToken(TokenID(9)))
        #expect(
            bench.apply(bench.key(3), as: TokenID(9), id: id, content: 5)
                == .refused(.unauthenticated))
    }
}
