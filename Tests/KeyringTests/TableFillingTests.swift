import Basics
import Testing

@testable import Keyring

@Suite struct TableFillingTests {
    private func filled(
        from machine: inout StateMachine, _ blocked: [KeyStateSubject] = []
    ) -> KeyTable {
        let table = KeyTable()
        let replacement = table.makeReplacement()
        replacement.block(blocked)
        replacement.fill(from: &machine)
        table.install(replacement, at: machine.appliedIndex)
        return table
    }

    private func changed(
        from machine: inout StateMachine, _ blocked: [KeyStateSubject] = []
    ) -> KeyTable {
        let table = KeyTable()
        let replacement = table.makeReplacement()
        replacement.block(blocked)
        replacement.follow(&machine)
        machine.forEachTableEntry { replacement.apply($0) }
        table.install(replacement, at: machine.appliedIndex)
        return table
    }

    /// Every key and token of the state, as both tables show them.
    private func expectSame(_ left: KeyTable, _ right: KeyTable, of machine: StateMachine) {
        for number in 0..<machine.state.keys.slotCount {
            guard let key = machine.state.keys.record(at: number) else { continue }
            let (one, other) = (left.image.key(key.digest), right.image.key(key.digest))
            if one == nil || one != other {
                Issue.record("\(key.id): \(String(describing: one)), \(String(describing: other))")
            }
            // Of a digest that may be born again nothing is said by the id.
            let isAnnounced = left.image.announcement(of: key.digest) != 0
            let api = isAnnounced ? nil : key.api
            if left.image.api(of: key.id) != api || right.image.api(of: key.id) != api {
                Issue.record("\(key.id) isn't found by its id")
            }
        }
        for number in 0..<machine.state.tokens.slotCount {
            guard let token = machine.state.tokens.record(at: number) else { continue }
            let (one, other) = (left.image.token(token.digest), right.image.token(token.digest))
            if one == nil || one != other {
                Issue.record(
                    "\(token.id): \(String(describing: one)), \(String(describing: other))")
            }
        }
    }

    @Test func `a table filled at once shows what one filled change by change does`() {
        var (keys, blocked) = (0, 0)
        for seed in 1...40 as ClosedRange<UInt64> {
            var history = RandomHistory(seed: seed)
            for _ in 1...300 { history.step() }
            var (machine, copy) = (history.machine, history.machine)
            let digests = (0..<machine.state.keys.slotCount).compactMap {
                machine.state.keys.record(at: $0)?.digest
            }
            let subjects = digests.prefix(2).map { KeyStateSubject.digest($0) }
            let left = filled(from: &machine, subjects)
            let right = changed(from: &copy, subjects)
            expectSame(left, right, of: machine)
            for digest in digests where left.image.key(digest)?.isBlocked == true { blocked += 1 }
            keys += digests.count
        }
        #expect(keys > 200)
        #expect(blocked >= 40)
    }

    @Test func `so does one of many keys, and both go on with changes`() throws {
        var bench = Bench.peopled()
        for user in 1_001...1_200 as ClosedRange<UInt64> {
            bench.must(
                .createUser(
                    UserID(user), account: bench.account, email: Sample.email("u\(user)@acme.test"),
                    name: Sample.name("User"), role: .member))
        }
        for batch in 0...1 as ClosedRange<UInt64> {
            let keys =
                (1...10_000).map { number in
                    ImportedKey(
                        id: KeyID(batch * 10_000 + number),
                        owner: .id(UserID(1_001 + number % 200)),
                        api: number % 2 == 0 ? .rest : .batch, name: Sample.name("key \(number)"),
                        digest: Sample.digest(1 << 32 + batch * 10_000 + number),
                        suffix: Sample.suffix, active: false)
                } as [ImportedKey]
            bench.must(.importKeys(KeyImport(account: bench.account, keys: keys)))
        }
        var other = bench
        let left = filled(from: &bench.machine)
        let right = changed(from: &other.machine)
        expectSame(left, right, of: bench.machine)
        // The table before it, and directories; no shard of an index.
        #expect(left.retiredCount < 8)
        func goOn(_ bench: inout Bench, _ table: KeyTable) {
            let revocation = Command.revokeKey(KeyID(3), account: bench.account)
            for change in [bench.key(50_000), revocation, bench.key(50_001)] {
                bench.must(change)
                table.follow(&bench.machine)
                for change in bench.changes { table.apply(change) }
            }
        }
        goOn(&bench, left)
        goOn(&other, right)
        #expect(left.image.key(Sample.digest(50_000))?.isAccepted == true)
        #expect(left.image.key(Sample.digest(1 << 32 + 3))?.state == .revoked)
        #expect(left.image.key(Sample.digest(1 << 32 + 4))?.state == .inactive)
        expectSame(left, right, of: bench.machine)
        var decoder = StateDecoder()
        try decoder.feed(bench.machine.encodedState())
        var decoded = try decoder.finish()
        #expect(decoded.checkInvariants() == nil)
        let fresh = filled(from: &decoded)
        for key in 1...20_000 as ClosedRange<UInt64> {
            let digest = Sample.digest(1 << 32 + key)
            if fresh.image.key(digest) != left.image.key(digest) { Issue.record("key \(key)") }
        }
    }
}
