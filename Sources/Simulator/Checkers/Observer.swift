import Basics
import Consensus
import Keyring
import Replica

/// Watches every node after every event and owns the truth of a run.
///
/// Checked at every event:
/// - one leader a term (Ongaro 2014, §3.6.3), whose log holds all that was committed;
/// - votes and entries are on disks before they count: see `Durability`;
/// - a node's term, commit and applied index never fall while its process lives, and only the
///   committed is applied;
/// - one entry at each committed index, on all nodes, and no gap;
/// - one state at each applied index at which it is compared;
/// - every outcome is the reference store's, every word to a client the log's: see `LogReplay`;
/// - no node's answer contradicts a change that was told: see `Revocations`.
struct Observer {
    /// A committed entry, as the first node to apply it showed it.
    struct Committed {
        var term: Term
        /// The term of the node that showed it: it was committed in this one or before.
        var shownIn: Term
        var time: Timestamp
        var kind: EntryKind
        var payload: [UInt8]
    }

    /// The last that was seen of a node's process.
    private struct Seen {
        var term: Term
        var commit: LogIndex
        var applied: LogIndex
        var isLeading = false
        var last: LogIndex
        var isCandidate = false
        var disk: NodeOnDisk
    }

    private var leaders: [Term: NodeID] = [:]
    private var durability = Durability()
    private var seen: [NodeID: Seen] = [:]
    /// Position 0 holds index 1.
    private(set) var log: [Committed] = []
    /// The states compared, as the first node encoded them. The bytes themselves: their digests
    /// took 5 % of a run, and tell less.
    private var states: [LogIndex: [UInt8]] = [:]
    private(set) var replay: LogReplay
    private var unverified: [Acknowledgement] = []
    private(set) var acknowledgements: [Acknowledgement] = []
    private(set) var reads: [ReadAnswer] = []
    /// What clients asked and were answered, for the judgement of their histories.
    private(set) var operations: [RecordedOperation] = []
    private(set) var revocations: Revocations
    var permissions = Permissions()
    /// The highest index that any client was told.
    private(set) var highestTold = LogIndex.zero
    /// The largest snapshot file that any node had, and what the longest log behind a snapshot
    /// may take in a journal, in bytes.
    var largestSnapshot = 0
    var largestLog = 0
    var coverage = Coverage()
    /// The members as of the last entry committed.
    private(set) var configuration: Configuration
    /// The fewest voters that the cluster ever had.
    private(set) var fewestVoters: Int
    /// A state is compared at every so manieth index.
    private static let stateStride: UInt64 = 64

    init(founders: Int, genesis: Genesis) {
        replay = LogReplay(genesis: genesis)
        revocations = Revocations(genesis: genesis)
        configuration = Configuration(voters: (1...founders).map { NodeID(UInt32($0)) })
        fewestVoters = founders
    }

    var lastCommitted: LogIndex { LogIndex(UInt64(log.count)) }

    mutating func observe(
        _ process: NodeProcess, _ view: NodeInspection, at now: Instant
    ) throws(Violation) {
        let before = seen[process.id]
        let current = Seen(
            term: view.term, commit: view.commitIndex, applied: view.appliedIndex,
            isLeading: view.role == .leader, last: view.lastIndex,
            isCandidate: view.role == .candidate, disk: before?.disk ?? process.onDisk(view))
        if current.isLeading { try observeLeader(process, view, before, now) }
        if let before { try checkMonotonic(process.id, before, view, now) }
        seen[process.id] = current
        if let before, view.appliedIndex > before.applied {
            try observeApplied(process, since: before.applied, view, now)
        }
        try verifyAcknowledgements(now)
    }

    /// A process took a step; `view` is from before its effects. A vote or an acknowledgement may
    /// be the last that it says.
    mutating func observeDisk(
        of process: NodeProcess, _ view: NodeInspection, at now: Instant
    ) throws(Violation) {
        guard let before = seen[process.id] else { return }
        let disk = process.onDisk(view)
        guard before.disk != disk else { return }
        try observeDisk(process.id, before.disk, disk, now)
        seen[process.id]?.disk = disk
    }

    /// A process began. What it recovered must be a node that others can rely on; `isDamaged` if
    /// its disk lost what no node can know.
    mutating func observeStart(
        of process: NodeProcess, isDamaged: Bool, at now: Instant
    ) throws(Violation) {
        let view = process.inspection
        guard view.standing == .whole || isDamaged || view.standing.isInDoubt else {
            throw violation("only a damaged disk is found damaged", "\(process.id): \(view)", now)
        }
        if !view.standing.isWhole { coverage.doubts += 1 }
        let current = Seen(
            term: view.term, commit: view.commitIndex, applied: view.appliedIndex,
            last: view.lastIndex, disk: process.onDisk(view))
        try observeDisk(process.id, nil, current.disk, now)
        seen[process.id] = current
        coverage.restarts += 1
    }

    /// The disk holds what wasn't seen before.
    private mutating func observeDisk(
        _ id: NodeID, _ before: NodeOnDisk?, _ disk: NodeOnDisk, _ now: Instant
    ) throws(Violation) {
        try durability.note(disk, of: id, at: now)
        let vote = disk.vote
        guard disk.isSynced, before?.vote != vote || before?.isSynced == false else { return }
        let candidate = vote.votedFor.flatMap { seen[$0] }
        let isStanding = candidate?.isCandidate == true && candidate?.term == vote.term
        guard isStanding, let candidate else {
            return try durability.note(vote, of: id, candidateEnd: nil, at: now)
        }
        try durability.note(vote, of: id, candidateEnd: candidate.last, at: now)
        // Where its log ends is known if all of it is on its disk.
        guard candidate.disk.end.index == candidate.last else { return }
        try durability.judgeVote(of: disk, by: id, for: candidate.disk.end, at: now)
    }

    mutating func forget(_ id: NodeID) { seen[id] = nil }

    mutating func noteWipe(of id: NodeID) { durability.noteWipe(of: id) }

    private mutating func observeLeader(
        _ process: NodeProcess, _ view: NodeInspection, _ before: Seen?, _ now: Instant
    ) throws(Violation) {
        if let before, view.commitIndex > before.commit, before.isLeading {
            // The next change of the members may have begun behind the commit, in one step.
            try durability.judgeCommit(
                of: view.commitIndex, by: process.id, in: view.term,
                voters: process.node.voters(whenLogEndedAt: before.last), at: now)
        }
        if let other = leaders[view.term] {
            guard other == process.id else {
                throw violation(
                    "one leader a term", "\(other) and \(process.id) in term \(view.term)", now)
            }
            return
        }
        leaders[view.term] = process.id
        permissions.noteElection(in: view.term, at: now)
        coverage.elections += 1
        try durability.judgeElection(
            of: process.id, in: view.term, by: process.voters, at: now)
        // Leader completeness: every entry committed in an earlier term is in its log.
        let bound = log.lastIndex { $0.shownIn < view.term }.map { LogIndex(UInt64($0 + 1)) }
        let committed = bound ?? .zero
        guard view.lastIndex >= committed else {
            throw violation(
                "a leader's log holds all that was committed",
                "\(process.id) leads with \(view.lastIndex), committed is \(committed)", now)
        }
        for entry in process.entries(from: .init(1), through: committed) {
            guard log[Int(entry.index.rawValue) - 1].term == entry.term else {
                throw violation(
                    "a leader's log holds all that was committed",
                    "\(process.id) leads with another entry at \(entry.index)", now)
            }
        }
    }

    private func checkMonotonic(
        _ id: NodeID, _ before: Seen, _ view: NodeInspection, _ now: Instant
    ) throws(Violation) {
        guard view.term >= before.term, view.commitIndex >= before.commit,
            view.appliedIndex >= before.applied
        else {
            throw violation(
                "term, commit and applied index never fall",
                "\(id): term \(before.term), committed #\(before.commit), applied "
                    + "#\(before.applied); then \(view)", now)
        }
        guard view.appliedIndex <= view.commitIndex else {
            throw violation("only the committed is applied", "\(id)", now)
        }
    }

    private mutating func observeApplied(
        _ process: NodeProcess, since previous: LogIndex, _ view: NodeInspection, _ now: Instant
    ) throws(Violation) {
        for entry in process.entries(from: previous.next, through: view.appliedIndex) {
            try note(entry, by: process.id, in: view.term, now)
        }
        // A snapshot may have brought the state further than any entry seen here.
        guard view.appliedIndex <= lastCommitted else {
            throw violation("what is applied was committed", "\(process.id)", now)
        }
        // A node that joins has no state before its first snapshot.
        guard view.appliedIndex > .zero,
            view.appliedIndex.rawValue.isMultiple(of: Self.stateStride)
        else { return }
        process.node.checkStateInvariants()
        let state = process.node.encodedState()
        if let other = states[view.appliedIndex], other != state {
            throw violation("one state at each index", "\(process.id) at \(view.appliedIndex)", now)
        }
        states[view.appliedIndex] = state
        coverage.states += 1
    }

    private mutating func note(
        _ entry: Entry, by id: NodeID, in term: Term, _ now: Instant
    ) throws(Violation) {
        let position = Int(entry.index.rawValue) - 1
        if position < log.count {
            let known = log[position]
            guard known.term == entry.term, known.payload == entry.payload else {
                throw violation(
                    "one entry at each committed index",
                    "\(id) applied \(entry.term)/\(entry.index), known is term \(known.term)", now)
            }
            return
        }
        guard position == log.count else {
            throw violation("the committed log has no gap", "\(id) at \(entry.index)", now)
        }
        let committed = Committed(
            term: entry.term, shownIn: term, time: entry.time, kind: entry.kind,
            payload: entry.payload)
        log.append(committed)
        if let changed = entry.configuration {
            configuration = changed
            fewestVoters = min(fewestVoters, changed.voters.count)
        }
        try replay.replay(committed, at: now)
        coverage.holdsLapsed = replay.lapses
        coverage.refusedByPool = replay.refusedByPool
        let hasLapse = replay.lapsedAt == entry.index
        if hasLapse {
            coverage.lapses += 1
            revocations.noteLapse(entry.index, at: now)
        }
        if hasLapse || entry.kind == .command && !Envelope.subjects(in: entry.payload).isEmpty {
            revocations.note(
                entry.index, giving: replay.secrets, areLeasesOn: replay.areLeasesOn)
        } else {
            revocations.note(entry.index)
        }
    }

    private func violation(_ law: String, _ detail: String, _ now: Instant) -> Violation {
        Violation(kind: .safety, law: law, detail: detail, time: now)
    }
}

// What clients were told.
extension Observer {
    mutating func acknowledge(_ acknowledgement: Acknowledgement, at now: Instant) {
        unverified.append(acknowledgement)
        highestTold = max(highestTold, acknowledgement.index)
        coverage.count(acknowledgement)
        // Whatever came of it: a refusal is told by the same rule.
        if acknowledgement.operation.command?.isKeyState == true {
            revocations.noteTold(acknowledgement.index)
        }
    }

    /// Time passes: what it has ended is over everywhere after a while.
    mutating func passLapses(at now: Instant) { revocations.passLapses(at: now) }

    /// A node that died right after its word hasn't shown the entry: another must, in time.
    private mutating func verifyAcknowledgements(_ now: Instant) throws(Violation) {
        guard !unverified.isEmpty else { return }
        var early: [Acknowledgement] = []
        for told in unverified {
            if told.index > lastCommitted {
                early.append(told)
            } else {
                try replay.verify(told, at: now)
                if replay.isOfSharedEntry(told) { coverage.sharingCharges += 1 }
                acknowledgements.append(told)
            }
        }
        unverified = early
    }

    /// At the end of a run nothing may be missing.
    func verifyNothingIsMissing(at now: Instant) throws(Violation) {
        guard let lost = unverified.first else { return }
        throw violation("what was acknowledged is committed", lost.brief, now)
    }

    /// An errand of a client that has ended, or at the end of a run one that hasn't.
    mutating func record(
        _ errand: Client.Errand, of client: Int, _ result: RecordedOperation.Result?,
        at index: LogIndex, _ now: Instant
    ) {
        guard let request = errand.operation.request else { return }
        operations.append(
            RecordedOperation(
                client: client, request: request, invoked: errand.invoked,
                attempts: errand.attempts,
                response: result.map { .init(at: now, result: $0, index: index) }))
    }

    /// Judges the clients' histories by the clients' own clock.
    mutating func judgeHistories(at now: Instant) throws(Violation) {
        let history = ClientHistory(
            operations, logTimes: log.map(\.time), since: Workload.genesisValue.time)
        let report = history.check()
        coverage.histories += report.histories
        coverage.undecidedHistories += report.undecided.count
        if let finding = report.violations.first {
            throw violation(
                "every client history is linearizable",
                "\(finding.subject): \(finding.detail)", now)
        }
    }

    mutating func note(_ read: ReadAnswer) {
        reads.append(read)
        guard !read.isLocal else { return coverage.localReads += 1 }
        highestTold = max(highestTold, read.index)
        coverage.reads += 1
    }

    mutating func count(_ failure: ClientFailure) {
        coverage.failures += 1
        if case .outcomeUnknown = failure { coverage.unknownOutcomes += 1 }
        if case .noLeader = failure { coverage.leaderless += 1 }
    }
}

extension Standing {
    var doubt: LogPosition? {
        if case .inDoubt(let term, let index) = self {
            LogPosition(term: term, index: index)
        } else {
            nil
        }
    }

    var isInDoubt: Bool {
        if case .inDoubt = self { true } else { false }
    }
}
