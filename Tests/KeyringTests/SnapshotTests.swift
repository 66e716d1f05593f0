import Basics
import Testing

@testable import Keyring

@Suite struct SnapshotTests {
    private func encoded(_ machine: StateMachine) -> [UInt8] {
        var encoder = StateEncoder(machine.freeze())
        var bytes: [UInt8] = []
        while let chunk = encoder.nextChunk() { bytes += chunk }
        return bytes
    }

    private func decoded(_ bytes: [UInt8]) throws -> StateMachine {
        var decoder = StateDecoder()
        try decoder.feed(bytes)
        return try decoder.finish()
    }

    /// A small state with something in every part of it.
    private func small() -> StateMachine {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.key(2, active: false))
        bench.must(bench.limit(100, .month))
        bench.must(bench.token(9, .auditor))
        _ = bench.charge(1, 5, id: Sample.uuid(bench.time))
        _ = bench.charge(1, 6)
        _ = bench.charge(1, 600)
        bench.must(.revokeKey(KeyID(2), account: bench.account))
        bench.must(.revokeToken(TokenID(9)))
        bench.must(.createAPI(API(slug: "own")!, name: Sample.name("Own")))
        bench.must(bench.pool(1_000, .day))
        _ = bench.hold(1, 7, as: "open")
        _ = bench.hold(1, 8, as: "settled")
        _ = bench.settle("settled", 3)
        bench.must(bench.keyExpiring(3, in: .seconds(90)))
        bench.must(bench.rotation(3, to: 4, grace: 60))
        bench.apply(.createAccount(AccountID(7), name: Sample.name("x")), id: IdempotencyKey("c"))
        bench.must(.deleteAccount(AccountID(7)))
        return bench.machine
    }

    @Test func `a state that was written and read is the same`() throws {
        let machine = small()
        let copy = try decoded(encoded(machine))
        #expect(copy.stateDigest() == machine.stateDigest())
        #expect(copy.checkInvariants() == nil)
        #expect(copy.appliedIndex == machine.appliedIndex)
        #expect(TableMirror(of: copy) == TableMirror(of: machine))
    }

    @Test func `a state cut anywhere isn't complete`() {
        let whole = encoded(small())
        for count in whole.indices {
            #expect(throws: MalformedBytes.self) { try decoded(Array(whole[..<count])) }
        }
        #expect(throws: MalformedBytes.self) { try decoded(whole + [0]) }
    }

    /// The file has a checksum of its own; here the bytes are a stranger's.
    @Test func `a state with a bit flipped in any byte is refused or lawful, never a trap`() {
        let whole = encoded(small())
        var lawful = 0
        for byte in whole.indices {
            let bit = byte * 8 + byte % 8
            var bytes = whole
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            guard var machine = try? decoded(bytes) else { continue }
            lawful += 1
            #expect(machine.checkInvariants() == nil)
            var changes: [TableChange] = []
            machine.advance(
                to: machine.appliedIndex.next, time: Sample.start + .seconds(1 << 34),
                changes: &changes)
            #expect(machine.checkInvariants() == nil)
        }
        // Names, digests and times may be anything.
        #expect(lawful > whole.count / 8)
    }

    @Test func `chunks are of about a quarter of a mebibyte`() throws {
        var machine = Bench.peopled().machine
        var changes: [TableChange] = []
        for number in 1...3_000 as ClosedRange<UInt64> {
            let envelope = Bench().envelope(
                .createAccount(
                    AccountID(1_000 + number),
                    name: Sample.name(String(repeating: "n", count: 200))),
                request: number)
            _ = machine.apply(
                envelope.encode(), at: machine.appliedIndex.next, time: Sample.start,
                changes: &changes)
        }
        var encoder = StateEncoder(machine.freeze())
        var decoder = StateDecoder()
        var sizes: [Int] = []
        while let chunk = encoder.nextChunk() {
            sizes.append(chunk.count)
            try decoder.feed(chunk)
        }
        #expect(sizes.count > 3)
        #expect(
            sizes.dropLast().allSatisfy {
                $0 >= Bounds.snapshotChunkBytes
                    && $0 < Bounds.snapshotChunkBytes + Bounds.outcomeBytes
            })
        #expect(try decoder.finish().stateDigest() == machine.stateDigest())
    }

    @Test func `a remembered charge is answered alike after a snapshot`() throws {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        let uuid = Sample.uuid(bench.time)
        let first = bench.charge(1, 5, id: uuid)
        _ = bench.charge(1, 5, id: IdempotencyKey("a")!)
        bench.machine = try decoded(encoded(bench.machine))
        #expect(bench.charge(1, 5, id: uuid).receipt?.replayed == true)
        #expect(bench.charge(1, 5, id: uuid).receipt?.spent == first.receipt?.spent)
        #expect(bench.charge(1, 5, id: IdempotencyKey("a")!).receipt?.replayed == true)
        #expect(bench.charge(1, 1).receipt?.spent == Credits(11))
    }

    @Test func `what breaks a law is found`() {
        let damages: [(String, (inout StateMachine) -> Void)] = [
            ("active", { $0.state.users[Slot(0)].activeKeys += 1 }),
            ("live", { $0.state.users[Slot(0)].liveKeys += 1 }),
            ("spent", { $0.state.keys[Slot(0)].spent = SpentCounters() }),
            ("chain", { $0.state.keys[Slot(0)].next = .none }),
            ("owner", { $0.state.keys[Slot(0)].user = Slot(7) }),
            ("grave", { $0.state.keys[Slot(1)].state = .inactive }),
            ("limits", { $0.state.monthlyLimits = 0 }),
            ("tokens", { $0.state.accounts[Slot(0)].liveTokens = 3 }),
            ("ledger", { $0.state.accounts[Slot(0)].freeFormRecords = 0 }),
            ("audit", { $0.state.audit.horizon = $0.state.index }),
            ("successor", { $0.state.keys[Slot(2)].replacedBy = KeyID(77) }),
            ("hold", { $0.state.users[Slot(0)].openHolds = 0 }),
            ("pool", { $0.state.accounts[Slot(0)].pools[0].held = HeldCounters() }),
            ("end", { $0.state.keys[Slot(2)].deadline = nil }),
            ("index", { $0.state.keys[Slot(0)].id = KeyID(55) }),
            ("digest", { $0.state.keys[Slot(0)].digest = .zero }),
            ("email", { $0.state.users[Slot(0)].email = Sample.email("z@z") }),
            ("time", { $0.state.time = Timestamp(milliseconds: -1) }),
        ]
        for (name, damage) in damages {
            var machine = small()
            #expect(machine.checkInvariants() == nil)
            damage(&machine)
            #expect(machine.checkInvariants() != nil, "\(name)")
        }
    }
}
