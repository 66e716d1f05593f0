import Basics
import Consensus
import Keyring
import Replica

/// Watches every node after every event and owns the truth of a run.
///
/// Checked at every event:
/// - one leader a term (Ongaro 2014, §3.6.3), whose log holds all that was committed;
/// - a node's term, commit and applied index never fall while its process lives, and only the
///   committed is applied;
/// - one entry at each committed index, on all nodes, and no gap;
/// - one state at each applied index that is digested;
/// - every outcome is the reference store's, every word to a client the log's: see `LogReplay`;
/// - how long a node may answer by a state that is older than a change that has returned: see
///   `Staleness`.
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
    }

    private var leaders: [Term: NodeID] = [:]
    private var seen: [NodeID: Seen] = [:]
    /// Position 0 holds index 1.
    private(set) var log: [Committed] = []
    private var digests: [LogIndex: Digest] = [:]
    private(set) var replay = LogReplay()
    private var unverified: [Acknowledgement] = []
    private(set) var acknowledgements: [Acknowledgement] = []
    private(set) var reads: [ReadAnswer] = []
    /// What clients asked and were answered, for the judgement of their histories.
    private(set) var operations: [RecordedOperation] = []
    private(set) var staleness: Staleness
    /// The highest index that any client was told.
    private(set) var highestTold = LogIndex.zero
    var coverage = Coverage()
    /// The members as of the last entry committed.
    private(set) var configuration: Configuration
    /// The fewest voters that the cluster ever had.
    private(set) var fewestVoters: Int
    /// A state is digested at every so manieth index.
    private static let digestStride: UInt64 = 64

    init(options: SimulationOptions) {
        staleness = Staleness(options: options)
        let founders = (1...options.nodes).map { NodeID(UInt32($0)) }
        configuration = Configuration(voters: founders)
        fewestVoters = options.nodes
    }

    var lastCommitted: LogIndex { LogIndex(UInt64(log.count)) }

    mutating func observe(
        _ node: borrowing Node, _ view: NodeInspection, clock: MachineClock, at now: Instant
    ) throws(Violation) {
        let before = seen[node.id]
        if view.role == .leader { try observeLeader(node, view, before, now) }
        if let before { try checkMonotonic(node.id, before, view, now) }
        seen[node.id] = Seen(
            term: view.term, commit: view.commitIndex, applied: view.appliedIndex,
            isLeading: view.role == .leader)
        if let before, view.appliedIndex > before.applied {
            try observeApplied(node, since: before.applied, view, now)
        }
        try verifyAcknowledgements(now)
        try staleness.observe(
            view, of: node.id, isFresh: clock.local(at: now) < view.freshUntil, now)
    }

    /// A process began. What it recovered must be a node that others can rely on; `isDamaged` if
    /// its disk lost what no node can know.
    mutating func observeStart(
        of node: Node, isDamaged: Bool, at now: Instant
    ) throws(Violation) {
        let view = node.inspection
        guard view.standing == .whole || isDamaged || view.standing.isInDoubt else {
            throw violation("only a damaged disk is found damaged", "\(node.id): \(view)", now)
        }
        if !view.standing.isWhole { coverage.doubts += 1 }
        seen[node.id] = Seen(
            term: view.term, commit: view.commitIndex, applied: view.appliedIndex)
        coverage.restarts += 1
    }

    mutating func forget(_ id: NodeID) { seen[id] = nil }

    private mutating func observeLeader(
        _ node: borrowing Node, _ view: NodeInspection, _ before: Seen?, _ now: Instant
    ) throws(Violation) {
        if let other = leaders[view.term] {
            guard other == node.id else {
                throw violation(
                    "one leader a term", "\(other) and \(node.id) in term \(view.term)", now)
            }
            return
        }
        leaders[view.term] = node.id
        coverage.elections += 1
        // Leader completeness: every entry committed in an earlier term is in its log.
        let bound = log.lastIndex { $0.shownIn < view.term }.map { LogIndex(UInt64($0 + 1)) }
        let committed = bound ?? .zero
        guard view.lastIndex >= committed else {
            throw violation(
                "a leader's log holds all that was committed",
                "\(node.id) leads with \(view.lastIndex), committed is \(committed)", now)
        }
        for entry in node.entries(from: .init(1), through: committed) {
            guard log[Int(entry.index.rawValue) - 1].term == entry.term else {
                throw violation(
                    "a leader's log holds all that was committed",
                    "\(node.id) leads with another entry at \(entry.index)", now)
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
                "\(id): \(before) became \(view.term) \(view.commitIndex) \(view.appliedIndex)", now
            )
        }
        guard view.appliedIndex <= view.commitIndex else {
            throw violation("only the committed is applied", "\(id)", now)
        }
    }

    private mutating func observeApplied(
        _ node: borrowing Node, since previous: LogIndex, _ view: NodeInspection, _ now: Instant
    ) throws(Violation) {
        for entry in node.entries(from: previous.next, through: view.appliedIndex) {
            try note(entry, by: node.id, in: view.term, now)
        }
        // A snapshot may have brought the state further than any entry seen here.
        guard view.appliedIndex <= lastCommitted else {
            throw violation("what is applied was committed", "\(node.id)", now)
        }
        // A node that joins has no state before its first snapshot.
        guard view.appliedIndex > .zero,
            view.appliedIndex.rawValue.isMultiple(of: Self.digestStride)
        else { return }
        node.checkStateInvariants()
        let digest = node.stateDigest()
        if let other = digests[view.appliedIndex], other != digest {
            throw violation("one state at each index", "\(node.id) at \(view.appliedIndex)", now)
        }
        digests[view.appliedIndex] = digest
        coverage.digests += 1
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
        if case .changed(let change) = acknowledgement.outcome, !change.isOfMember {
            staleness.noteReturn(of: acknowledgement.index, at: now)
        }
    }

    /// A node that died right after its word hasn't shown the entry: another must, in time.
    private mutating func verifyAcknowledgements(_ now: Instant) throws(Violation) {
        guard !unverified.isEmpty else { return }
        var early: [Acknowledgement] = []
        for told in unverified {
            if told.index > lastCommitted {
                early.append(told)
            } else {
                try replay.verify(told, at: now)
                acknowledgements.append(told)
            }
        }
        unverified = early
    }

    /// At the end of a run nothing may be missing.
    func verifyNothingIsMissing(at now: Instant) throws(Violation) {
        guard let lost = unverified.first else { return }
        throw violation("what was acknowledged is committed", "\(lost)", now)
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
        highestTold = max(highestTold, read.index)
        coverage.reads += 1
    }

    mutating func noteDelay(_ delay: Duration) { staleness.noteDelay(delay) }

    mutating func count(_ failure: ClientFailure) {
        coverage.failures += 1
        if case .outcomeUnknown = failure { coverage.unknownOutcomes += 1 }
        if case .noLeader = failure { coverage.leaderless += 1 }
    }
}

extension Standing {
    var isInDoubt: Bool {
        if case .inDoubt = self { true } else { false }
    }
}
