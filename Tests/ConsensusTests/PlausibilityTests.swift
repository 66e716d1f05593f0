import Basics
import Testing

@testable import Consensus

/// What a broken but authenticated peer may say: nothing of it traps or breaks this node's laws.
@Suite struct PlausibilityTests {
    @Test func `numbers that would overflow make a message implausible`() {
        let huge = LogPosition(term: Term(.max), index: LogIndex(.max))
        let last = LogPosition(term: Term(1), index: LogIndex(.max))
        let implausible: [Message] = [
            .voteRequest(VoteRequest(term: Term(.max), ballot: .vote, last: .start)),
            .voteRequest(VoteRequest(term: Term(2), ballot: .vote, last: last)),
            .voteRequest(VoteRequest(term: Term(2), ballot: .preVote, last: huge)),
            .voteRequest(VoteRequest(term: .zero, ballot: .vote, last: .start)),
            .append(Self.append(previous: last)),
            .append(Self.append(commit: LogIndex(.max))),
            .append(Self.append(previous: LogPosition(term: .zero, index: LogIndex(4)))),
            .append(Self.append(entries: [(2, 5)])),
            .append(Self.append(entries: [(3, 1)])),
            .append(Self.append(entries: [(2, 1), (1, 2)])),
            .append(Self.append(entries: [(0, 1)])),
            .readReply(ReadReply(term: Term(2), id: 1, index: LogIndex(.max))),
            .snapshotReply(
                SnapshotReply(term: Term(2), round: 1, snapshot: .start, nextOffset: .max)),
        ]
        for message in implausible { #expect(!message.isPlausible, "\(message)") }
    }

    @Test func `an entry larger than this node's own limit changes nothing`() {
        let world = World(voters: 3)
        world.settings.maxEntryBytes = 1 << 10
        world.startAll()
        for (excess, lastIndex) in [(1, LogIndex.zero), (0, LogIndex(1))] {
            var request = Self.append(entries: [(2, 1)])
            let count = world.raft(NodeID(1)).settings.maxEntryBytes + excess
            request.entries[0].payload = Array(repeating: 7, count: count)
            world.step(NodeID(1)) { raft, clock, effects in
                raft.receive(.append(request), from: NodeID(2), clock: clock, effects: &effects)
            }
            #expect(world.raft(NodeID(1)).lastIndex == lastIndex)
        }
    }

    static func append(
        previous: LogPosition = .start, commit: LogIndex = .zero, entries: [(UInt64, UInt64)] = []
    ) -> AppendRequest {
        AppendRequest(
            term: Term(2), round: 1, session: 0, previous: previous, commit: commit, repair: nil,
            entries: entries.map { term, index in
                Entry(
                    term: Term(term), index: LogIndex(index), time: .epoch, kind: .command,
                    payload: [7])
            })
    }

    @Test(arguments: 1...40)
    func `random messages never trap and never break a law`(seed: UInt64) {
        let world = World(voters: 3, seed: seed)
        world.startAll()
        world.run(.seconds(1))
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<150 {
            let victim = NodeID(UInt32(1 + generator.below(3)))
            let sender = NodeID(UInt32(1 + generator.below(4)))
            let message = Self.randomMessage(for: world.raft(victim), using: &generator)
            // Straight into one node: the others stay honest, and are not asked to follow.
            var raft = world.raft(victim)
            let before = raft.milestones
            var effects: [RaftEffect] = []
            raft.receive(message, from: sender, clock: world.reading(victim), effects: &effects)
            #expect(raft.invariantViolation(since: before) == nil, "\(message)")
            if generator.chance(1, in: 3) { world.nodes[world.position(victim)].raft = raft }
            world.tick(victim)
        }
    }

    /// Numbers near those of the node, and far from them.
    static func randomMessage(
        for raft: Raft, using generator: inout SeededGenerator
    ) -> Message {
        func number(_ near: UInt64) -> UInt64 {
            switch generator.below(8) {
            case 0: generator.next()
            case 1: .max
            case 2: 0
            default: near &+ generator.below(5) &- 2
            }
        }
        let term = Term(number(raft.term.rawValue))
        let index = LogIndex(number(raft.lastIndex.rawValue))
        let position = LogPosition(term: Term(number(raft.term.rawValue)), index: index)
        switch generator.below(10) {
        case 0:
            let ballot = Ballot.allCases[Int(generator.below(3))]
            return .voteRequest(VoteRequest(term: term, ballot: ballot, last: position))
        case 1:
            return .voteReply(
                VoteReply(
                    term: term, isPreVote: generator.chance(1, in: 2), isGranted: true,
                    clock: Timestamp(milliseconds: Int64(bitPattern: number(5)))))
        case 2, 3:
            // Never below commit: a demand to remove what is committed is the one that may trap.
            let commit = raft.commitIndex
            let behind = LogPosition(term: raft.term(at: commit) ?? .zero, index: commit)
            var request = append(previous: generator.chance(1, in: 2) ? behind : position)
            request.term = term
            request.session = number(1)
            let first = request.previous.index
            guard first >= commit else { return .append(request) }
            request.entries = (0..<generator.below(3)).map { offset in
                Entry(
                    term: term, index: LogIndex(first.rawValue &+ offset &+ 1), time: .epoch,
                    kind: .noop)
            }
            return .append(request)
        case 4, 5, 6:
            let outcomes: [AppendReply.Outcome] = [
                .accepted(match: index), .heard,
                .rejected(previous: LogIndex(number(index.rawValue)), hint: position),
            ]
            return .appendReply(
                AppendReply(
                    term: term, round: number(3), session: number(0), run: number(1),
                    outcome: outcomes[Int(generator.below(3))],
                    standing: StandingReport.allCases[Int(generator.below(3))], applied: index,
                    clock: Timestamp(milliseconds: Int64(bitPattern: number(5)))))
        case 7:
            return .snapshotReply(
                SnapshotReply(
                    term: term, round: number(1), snapshot: position, nextOffset: number(60)))
        case 8:
            return .doubtQuestion(DoubtQuestion(term: term, readable: position, doubt: position))
        default: return .readReply(ReadReply(term: term, id: number(1), index: index))
        }
    }

    @Test func `a demand to remove a committed entry stops the process`() async {
        await #expect(processExitsWith: .failure) {
            let world = World(voters: 3)
            world.startAll()
            for term in [Term(1), Term(2)] {
                var request = PlausibilityTests.append(
                    commit: LogIndex(1), entries: [(term.rawValue, 1)])
                request.term = term
                world.step(NodeID(1)) { raft, clock, effects in
                    raft.receive(
                        .append(request), from: NodeID(2), clock: clock, effects: &effects)
                }
            }
        }
    }
}
