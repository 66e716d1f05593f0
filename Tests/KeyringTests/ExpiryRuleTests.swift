import Basics
import Testing

@testable import Keyring

@Suite struct ExpiryRuleTests {
    @Test func `keys don't expire unless they were told to`() throws {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        #expect(bench.machine.nextDeadline == nil)
        bench.pass(.seconds(400_000_000))
        #expect(bench.charge(1, 1).receipt != nil)
    }

    @Test func `an expiry ends a key for good, at the entry that reaches it`() throws {
        var bench = Bench.peopled()
        bench.must(bench.keyExpiring(1, in: .seconds(10)))
        #expect(bench.machine.nextDeadline == bench.time + .seconds(10))
        bench.pass(.milliseconds(9_999))
        #expect(bench.charge(1, 1).receipt != nil)
        bench.pass(.milliseconds(1))
        #expect(bench.charge(1, 1) == .refused(.invalidKey))
        #expect(bench.changes.first == .keyState(bench.place(1), .expired))
        #expect(try bench.state(1) == .expired)
        for active in [true, false] {
            let set = Command.setKeyActive(KeyID(1), account: bench.account, active: active)
            #expect(bench.apply(set) == .refused(.keyExpired))
        }
        #expect(bench.apply(bench.rotation(1, to: 2)) == .refused(.keyExpired))
        // It can't be any deader: revoking it changes nothing, and returns as a revocation does.
        let expired = try bench.detail(1).changedAt
        let revoked = bench.must(.revokeKey(KeyID(1), account: bench.account))
        #expect(revoked.result == .keyRevoked(KeyID(1)))
        #expect(revoked.index == expired)
        #expect(try bench.state(1) == .expired)
        let standing = try bench.machine.standing(
            of: KeyID(1), in: bench.account, as: Sample.operatorToken)
        #expect(standing == .expired)
    }

    @Test func `an expired key doesn't count any more, and its tombstone goes`() throws {
        var settings = ClusterSettings.standard
        (settings.activeKeysPerUser, settings.keysPerUser) = (1, 1)
        settings.auditRecords = 3
        var bench = Bench.peopled(settings)
        bench.must(bench.keyExpiring(1, in: .seconds(10)))
        #expect(bench.apply(bench.key(2)) == .refused(.keyLimit(limit: 1)))
        bench.pass(.seconds(10))
        bench.must(bench.key(2))
        for number in 1...4 {
            let name = Sample.name("name \(number)")
            bench.must(.renameKey(KeyID(2), account: bench.account, name: name))
        }
        #expect(throws: Refusal.keyNotFound) { try bench.state(1) }
    }

    @Test func `an inactive key expires as well`() throws {
        var bench = Bench.peopled()
        bench.must(bench.keyExpiring(1, in: .seconds(10), active: false))
        bench.pass(.seconds(10))
        bench.tick()
        #expect(try bench.state(1) == .expired)
    }

    @Test func `an expiry in the past of the log is refused`() {
        var bench = Bench.peopled()
        for offset in [-1, 0] as [Int64] {
            #expect(
                bench.apply(bench.keyExpiring(1, in: .milliseconds(offset)))
                    == .refused(.expiryPassed))
        }
        guard case .createKey(var late) = bench.key(1) else { return }
        late.expiresAt = Bounds.latestTime + .milliseconds(1)
        #expect(bench.apply(.createKey(late)) == .refused(.expiryPassed))
    }

    @Test func `a successor expires as the key that it replaces, unless told otherwise`() throws {
        var bench = Bench.peopled()
        bench.must(bench.keyExpiring(1, in: .seconds(10)))
        let expiry = bench.time + .seconds(10)
        bench.must(bench.rotation(1, to: 2))
        #expect(try bench.detail(2).expiresAt == expiry)
        let later = bench.time + .seconds(20)
        bench.must(bench.rotation(2, to: 3, expiry: .set(later)))
        #expect(try bench.detail(3).expiresAt == later)
        #expect(
            bench.apply(bench.rotation(3, to: 4, expiry: .set(bench.time)))
                == .refused(.expiryPassed))
        bench.must(bench.rotation(3, to: 4, expiry: .set(nil)))
        #expect(try bench.detail(4).expiresAt == nil)
    }

    @Test func `no grace outlasts the expiry of either key`() throws {
        var bench = Bench.peopled()
        bench.must(bench.keyExpiring(1, in: .seconds(10)))
        bench.must(bench.rotation(1, to: 2, grace: 60, expiry: .set(nil)))
        #expect(try bench.detail(1).retiresAt == bench.time + .seconds(10))
        bench.must(
            bench.rotation(2, to: 3, grace: 60, expiry: .set(bench.time + .seconds(5))))
        #expect(try bench.detail(2).retiresAt == bench.time + .seconds(5))
        bench.pass(.seconds(5))
        bench.tick()
        #expect(try bench.state(2) == .revoked)
        #expect(try bench.state(3) == .expired)
    }

    @Test func `who was removed before has nothing that expires`() throws {
        var bench = Bench.peopled()
        bench.must(bench.keyExpiring(1, in: .seconds(10)))
        let removal = bench.must(.removeUser(bench.user, account: bench.account))
        bench.pass(.seconds(10))
        bench.tick()
        #expect(bench.changes.isEmpty)
        #expect(bench.machine.nextDeadline == nil)
        #expect(try bench.state(1) == .revoked)
        #expect(try bench.detail(1).changedAt == removal.index)
    }

    @Test func `an entry ends a bounded number of keys, and the next one is due at once`() throws {
        var settings = ClusterSettings.standard
        (settings.activeKeysPerUser, settings.keysPerUser) = (100, 1_000)
        settings.auditRecords = 10
        var bench = Bench.peopled(settings)
        let users = 11 as UInt64
        for user in 1...users {
            bench.index = bench.index.next
            var changes: [TableChange] = []
            _ = bench.machine.apply(
                bench.envelope(
                    .createUser(
                        UserID(900 + user), account: bench.account,
                        email: Sample.email("u\(user)@x.test"), name: Sample.name("u"),
                        role: .member), request: 1_000_000 + user
                ).encode(), at: bench.index, time: bench.time, changes: &changes)
            for number in 1...1_000 as ClosedRange<UInt64> {
                guard
                    case .createKey(var key) = bench.key(
                        user * 10_000 + number, active: false, user: UserID(900 + user))
                else { continue }
                key.expiresAt = bench.time + .seconds(10)
                bench.index = bench.index.next
                _ = bench.machine.apply(
                    bench.envelope(.createKey(key), request: user * 10_000 + number).encode(),
                    at: bench.index, time: bench.time, changes: &changes)
            }
        }
        bench.pass(.seconds(10))
        let last = users * 10_000 + 1_000
        bench.changes = []
        bench.index = bench.index.next
        _ = bench.machine.apply(
            bench.envelope(
                .setKeyActive(KeyID(last), account: bench.account, active: true), request: 1
            ).encode(), at: bench.index, time: bench.time, changes: &bench.changes)
        #expect(bench.changes.count == Bounds.endingsPerEntry + 1)
        #expect(bench.changes.last == .keyState(bench.place(last), .expired))
        #expect(
            try bench.state(last) == .expired, "named before its turn, and dead all the same")
        #expect(bench.machine.nextDeadline == bench.time + .milliseconds(1))
        bench.pass(.milliseconds(1))
        bench.tick()
        #expect(bench.changes.count == Int(users) * 1_000 - Bounds.endingsPerEntry - 1)
        #expect(bench.machine.nextDeadline == nil)
    }
}
