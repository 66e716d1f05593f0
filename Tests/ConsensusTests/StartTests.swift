import Basics
import Testing

@testable import Consensus

@Suite struct StartTests {
    static let clock = ClockReading(now: .zero, wall: .epoch)

    static func raft(
        hardState: HardState = HardState(term: Term(2)), snapshot: SnapshotMetadata? = nil,
        entries: [Entry] = [], standing: Standing = .whole
    ) -> Raft {
        let start = RaftStart(
            id: NodeID(1), configuration: Configuration(voters: [NodeID(1), NodeID(2), NodeID(3)]),
            hardState: hardState, snapshot: snapshot, entries: entries, standing: standing)
        return Raft(
            start: start, settings: RaftSettings(), entropy: EntropyStream(seed: .zero),
            clock: clock)
    }

    static func entries(_ terms: [UInt64], from first: UInt64 = 1) -> [Entry] {
        terms.enumerated().map { LogTests.entry($1, first + UInt64($0)) }
    }

    static let snapshot = LogTests.metadata(LogTests.entry(2, 5))

    @Test func `entries behind the snapshot are taken over, with or without what it covers`() {
        let covered = Self.raft(
            snapshot: Self.snapshot, entries: Self.entries([2, 2, 2, 2], from: 4))
        let exact = Self.raft(snapshot: Self.snapshot, entries: Self.entries([2, 2], from: 6))
        for raft in [covered, exact] {
            #expect(raft.firstIndex == LogIndex(6))
            #expect(raft.lastIndex == LogIndex(7))
            #expect(raft.durableIndex == LogIndex(7))
            #expect(raft.commitIndex == LogIndex(5))
            #expect(raft.applied == LogIndex(5))
        }
    }

    @Test func `a log that contradicts the snapshot, or ends before it, is dropped`() {
        for terms in [[1, 1, 1, 1], [1, 2]] as [[UInt64]] {
            var raft = Self.raft(snapshot: Self.snapshot, entries: Self.entries(terms, from: 3))
            #expect(raft.lastIndex == LogIndex(5))
            // The disk is told, before anything new is written behind the contradiction.
            var effects: [RaftEffect] = []
            raft.advance(to: Self.clock, effects: &effects)
            #expect(effects.contains(.restartLog(after: Self.snapshot.position)))
        }
        let other = Self.raft(
            snapshot: Self.snapshot, entries: Self.entries([1, 1, 1, 1, 1], from: 3))
        #expect(other.lastIndex == LogIndex(5))
    }

    @Test func `a term known only from entries is adopted without a vote, and saved`() {
        var raft = Self.raft(
            hardState: HardState(term: Term(2), votedFor: NodeID(3)), entries: Self.entries([4]))
        #expect(raft.term == Term(4))
        #expect(raft.hardState.votedFor == nil)
        var effects: [RaftEffect] = []
        raft.advance(to: Self.clock, effects: &effects)
        #expect(effects == [.saveHardState(HardState(term: Term(4)))])
    }

    @Test func `the first time-out is drawn between the bounds`() {
        for seed in 1...50 as ClosedRange<UInt64> {
            let start = RaftStart(
                id: NodeID(1), configuration: Configuration(voters: [NodeID(1), NodeID(2)]))
            let raft = Raft(
                start: start, settings: RaftSettings(),
                entropy: EntropyStream(seed: Digest(seed, 0, 0, 0)), clock: Self.clock)
            let timeout = raft.nextDeadline - .zero
            #expect(timeout >= .milliseconds(300) && timeout <= .milliseconds(600))
        }
    }

    @Test func `contact with the leader is when a follower heard it, or a majority the leader`() {
        let world = World(voters: 3)
        world.startAll()
        world.run(.seconds(1))
        let leader = world.leader ?? NodeID(1)
        let contact = world.raft(leader).lastLeaderContact ?? .zero
        #expect(world.now - contact <= .milliseconds(52))
        world.nodes[world.position(leader)].isCut = true
        world.run(.seconds(1))
        let before = world.raft(leader).lastLeaderContact ?? .zero
        #expect(world.now - before >= .seconds(1))
        #expect(world.now - before <= .milliseconds(1060))
    }
}
