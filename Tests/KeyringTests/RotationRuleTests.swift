import Basics
import Testing

@testable import Keyring

extension Bench {
    /// The new key's id and digest are made from a number.
    func rotation(
        _ old: UInt64, to new: UInt64, grace: UInt32 = 0, api: API = .rest,
        expiry: SuccessorExpiry = .inherited
    ) -> Command {
        .rotateKey(
            Rotation(
                old: KeyID(old), account: account, id: KeyID(new), digest: Sample.digest(new),
                suffix: Sample.suffix, api: api, graceSeconds: grace, expiry: expiry))
    }

    func keyExpiring(_ number: UInt64, in time: Duration, active: Bool = true) -> Command {
        guard case .createKey(var key) = key(number, active: active) else { return .tick }
        key.expiresAt = self.time + time
        return .createKey(key)
    }

    func detail(_ number: UInt64) throws -> KeyDetail {
        try machine.key(KeyID(number), in: account, as: Sample.operatorToken)
    }

    func state(_ number: UInt64) throws -> KeyState { try detail(number).state }
}

@Suite struct RotationRuleTests {
    @Test func `without grace the new key is there and the old one revoked, in one entry`() throws {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        let change = bench.must(bench.rotation(1, to: 2))
        #expect(
            bench.changes == [
                .keyState(bench.place(1), .revoked),
                .keyAdded(
                    bench.place(2), digest: Sample.digest(2), api: .rest, user: bench.user,
                    account: bench.account, state: .active),
            ])
        #expect(change.result == .keyRotated(try bench.detail(2), old: try bench.detail(1)))
        let (old, new) = (try bench.detail(1), try bench.detail(2))
        #expect((old.state, old.replacedBy, old.retiresAt) == (.revoked, KeyID(2), nil))
        #expect((new.state, new.replaces, new.expiresAt) == (.active, KeyID(1), nil))
        #expect((new.name, new.api, new.user) == (old.name, old.api, old.user))
        #expect(bench.charge(1, 1) == .refused(.invalidKey))
        #expect(bench.charge(2, 1).receipt != nil)
    }

    @Test func `with grace both give access, and time ends the old one`() throws {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.rotation(1, to: 2, grace: 60))
        #expect(bench.changes.last == .keyRetiring(bench.place(1), successor: bench.place(2)))
        #expect(try bench.detail(1).retiresAt == bench.time + .seconds(60))
        #expect(bench.machine.nextDeadline == bench.time + .seconds(60))
        #expect(bench.charge(1, 1).receipt != nil)
        #expect(bench.charge(2, 1).receipt?.spent == Credits(2))
        bench.pass(.milliseconds(59_999))
        bench.tick()
        #expect(try bench.state(1) == .retiring)
        bench.pass(.milliseconds(1))
        bench.tick()
        #expect(bench.changes == [.keyState(bench.place(1), .revoked)])
        #expect(try bench.detail(1).changedAt == bench.index)
        #expect(bench.machine.lapseIndex == bench.index)
        #expect(bench.machine.nextDeadline == nil)
        #expect(bench.charge(1, 1) == .refused(.invalidKey))
        #expect(bench.charge(2, 1).receipt != nil)
    }

    @Test func `the very entry that time reaches sees the old key dead`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.rotation(1, to: 2, grace: 60))
        bench.pass(.seconds(60))
        #expect(bench.charge(1, 1) == .refused(.invalidKey))
    }

    @Test func `a retiring key counts against the cap, and a grace at the cap is refused`() throws {
        var bench = Bench.peopled()
        for number in 1...3 as ClosedRange<UInt64> { bench.must(bench.key(number)) }
        #expect(
            bench.apply(bench.rotation(1, to: 4, grace: 9))
                == .refused(.activeKeyLimit(limit: 3)))
        // Without grace it is always possible.
        bench.must(bench.rotation(1, to: 4))
        bench.must(.revokeKey(KeyID(3), account: bench.account))
        bench.must(bench.rotation(4, to: 5, grace: 9))
        #expect(bench.apply(bench.key(6)) == .refused(.activeKeyLimit(limit: 3)))
        // The predecessor goes first, and makes room.
        bench.must(bench.rotation(5, to: 7, grace: 9))
        #expect(try bench.state(4) == .revoked)
        #expect(try bench.state(5) == .retiring)
        #expect(bench.apply(bench.key(6)) == .refused(.activeKeyLimit(limit: 3)))
        bench.pass(.seconds(9))
        bench.must(bench.key(6))
    }

    @Test func `a grace needs room among the keys that aren't revoked`() {
        var settings = ClusterSettings.standard
        (settings.activeKeysPerUser, settings.keysPerUser) = (2, 2)
        var bench = Bench.peopled(settings)
        bench.must(bench.key(1))
        bench.must(bench.key(2, active: false))
        #expect(
            bench.apply(bench.rotation(1, to: 3, grace: 9)) == .refused(.keyLimit(limit: 2)))
        bench.must(bench.rotation(1, to: 3))
    }

    @Test func `whatever ends or switches off the successor ends the grace`() throws {
        let account = Bench().account
        let changes: [(Bench) -> Command] = [
            { _ in .revokeKey(KeyID(2), account: account) },
            { _ in .setKeyActive(KeyID(2), account: account, active: false) },
            { $0.rotation(2, to: 3) },
            { .revokeAllKeys($0.user, account: account) },
        ]
        for change in changes {
            var bench = Bench.peopled()
            bench.must(bench.key(1))
            bench.must(bench.rotation(1, to: 2, grace: 60))
            bench.must(change(bench))
            #expect(try bench.state(1) == .revoked)
            #expect(try bench.detail(1).changedAt == bench.index)
            #expect(bench.machine.nextDeadline == nil)
        }
    }

    @Test func `a retiring key can be renamed and revoked, and nothing else`() throws {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.rotation(1, to: 2, grace: 60))
        for active in [true, false] {
            let set = Command.setKeyActive(KeyID(1), account: bench.account, active: active)
            #expect(bench.apply(set) == .refused(.keyRetiring))
        }
        #expect(bench.apply(bench.rotation(1, to: 3)) == .refused(.keyRetiring))
        bench.must(.renameKey(KeyID(1), account: bench.account, name: Sample.name("old")))
        bench.must(.revokeKey(KeyID(1), account: bench.account))
        // The successor goes on.
        #expect(try bench.state(2) == .active)
        bench.must(bench.key(3))
        bench.must(bench.key(4))
    }

    @Test func `an inactive key is rotated without grace, and stays inactive`() throws {
        var bench = Bench.peopled()
        bench.must(bench.key(1, active: false))
        #expect(bench.apply(bench.rotation(1, to: 2, grace: 1)) == .refused(.keyInactive))
        bench.must(bench.rotation(1, to: 2))
        #expect(try bench.state(2) == .inactive)
    }

    @Test func `a grace has a bound`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        let tooLong = Bounds.graceSeconds + 1
        #expect(bench.apply(bench.rotation(1, to: 2, grace: tooLong)) == .refused(.graceTooLong))
        bench.must(bench.rotation(1, to: 2, grace: Bounds.graceSeconds))
    }

    @Test func `a text of another API is refused, and the client's id stays free`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1, api: .batch))
        let id = IdempotencyKey("rotation")!
        #expect(bench.apply(bench.rotation(1, to: 2), id: id) == .refused(.identifierTaken))
        guard case .changed = bench.apply(bench.rotation(1, to: 3, api: .batch), id: id) else {
            Issue.record("the id isn't free")
            return
        }
    }

    @Test func `a repeated rotation is answered with the same key`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        let id = IdempotencyKey("rotation")!
        guard case .changed(var first) = bench.apply(bench.rotation(1, to: 2, grace: 5), id: id)
        else {
            Issue.record("refused")
            return
        }
        first.replayed = true
        bench.pass(.seconds(60))
        #expect(bench.apply(bench.rotation(1, to: 3, grace: 5), id: id) == .changed(first))
    }

    @Test func `a state with graces and expiries is the same after a snapshot`() throws {
        var bench = Bench.peopled()
        bench.must(bench.keyExpiring(1, in: .seconds(90)))
        bench.must(bench.rotation(1, to: 2, grace: 60))
        bench.must(bench.keyExpiring(3, in: .seconds(30), active: false))
        var decoder = StateDecoder()
        try decoder.feed(bench.machine.encodedState())
        let restored = try decoder.finish()
        #expect(TableMirror(of: restored) == TableMirror(of: bench.machine))
        #expect(restored.nextDeadline == bench.machine.nextDeadline)
        var other = bench
        other.machine = restored
        for _ in 1...4 {
            bench.pass(.seconds(30))
            other.pass(.seconds(30))
            bench.tick()
            other.tick()
            #expect(other.changes == bench.changes)
            #expect(other.machine.encodedState() == bench.machine.encodedState())
        }
    }
}
