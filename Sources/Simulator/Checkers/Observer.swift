import Basics
import Consensus
import Keyring
import Replica

/// Watches every node after every event and owns the truth of a run.
///
/// Checked at every event: one leader a term; a node's term, commit and applied index never fall;
/// one entry at each committed index, on all nodes; one state at each applied index; the committed
/// log never loses an entry. Checked at the end: see `verify`.
struct Observer {
    /// A committed entry, as the first node to apply it showed it.
    struct Committed {
        var term: Term
        var time: Timestamp
        var kind: EntryKind
        var payload: [UInt8]
    }

    /// The last that was seen of a node's process.
    private struct Seen {
        var term: Term
        var commit: LogIndex
        var applied: LogIndex
    }

    private var leaders: [Term: NodeID] = [:]
    private var seen: [NodeID: Seen] = [:]
    /// Terms never fall, not even across restarts: they are durable before they are acted upon.
    private var durableTerms: [NodeID: Term] = [:]
    /// Position 0 holds index 1.
    private(set) var log: [Committed] = []
    private var digests: [LogIndex: Digest] = [:]
    private(set) var acknowledgements: [Acknowledgement] = []
    private(set) var reads: [ReadAnswer] = []
    /// The highest index that any client was told.
    private(set) var highestTold = LogIndex.zero
    private(set) var coverage = Coverage()
    /// A state is digested at every so manieth index.
    private static let digestStride: UInt64 = 16

    var lastCommitted: LogIndex { LogIndex(UInt64(log.count)) }

    mutating func observe(_ node: Node, at now: Instant) throws(Violation) {
        let view = node.inspection
        if view.role == .leader {
            if let other = leaders[view.term], other != node.id {
                throw violation(
                    "one leader a term", "\(other) and \(node.id) in term \(view.term)", now)
            }
            if leaders[view.term] == nil { coverage.elections += 1 }
            leaders[view.term] = node.id
        }
        try checkMonotonic(node.id, view, now)
        try observeApplied(node, since: seen[node.id]?.applied ?? .zero, view, now)
        seen[node.id] = Seen(
            term: view.term, commit: view.commitIndex, applied: view.appliedIndex)
    }

    /// A process began: what it recovered must hold everything that its node had made durable and
    /// let others rely on.
    mutating func observeStart(of node: Node, at now: Instant) throws(Violation) {
        let view = node.inspection
        if let term = durableTerms[node.id], view.term < term {
            throw violation("terms survive a crash", "\(node.id): \(view.term) < \(term)", now)
        }
        seen[node.id] = Seen(
            term: view.term, commit: view.commitIndex, applied: view.appliedIndex)
        coverage.restarts += 1
    }

    mutating func forget(_ id: NodeID) {
        seen[id] = nil
        coverage.crashes += 1
    }

    private func checkMonotonic(
        _ id: NodeID, _ view: NodeInspection, _ now: Instant
    ) throws(Violation) {
        guard let before = seen[id] else { return }
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
        _ node: Node, since previous: LogIndex, _ view: NodeInspection, _ now: Instant
    ) throws(Violation) {
        guard view.appliedIndex > previous else { return }
        for entry in node.entries(from: previous.next, through: view.appliedIndex) {
            try note(entry, by: node.id, now)
        }
        // A snapshot may have brought the state further than any entry seen here.
        guard view.appliedIndex <= lastCommitted else {
            throw violation("what is applied was committed", "\(node.id)", now)
        }
        guard view.appliedIndex.rawValue.isMultiple(of: Self.digestStride) else { return }
        node.checkStateInvariants()
        let digest = node.stateDigest()
        if let other = digests[view.appliedIndex], other != digest {
            throw violation("one state at each index", "\(node.id) at \(view.appliedIndex)", now)
        }
        digests[view.appliedIndex] = digest
        coverage.digests += 1
    }

    private mutating func note(_ entry: Entry, by id: NodeID, _ now: Instant) throws(Violation) {
        let position = Int(entry.index.rawValue) - 1
        if position < log.count {
            let known = log[position]
            guard known.term == entry.term, known.payload == entry.payload else {
                throw violation(
                    "one entry at each committed index",
                    "\(id) applied \(entry.term)/\(entry.index), known is term \(known.term)", now)
            }
        } else {
            guard position == log.count else {
                throw violation("the committed log has no gap", "\(id) at \(entry.index)", now)
            }
            log.append(
                Committed(
                    term: entry.term, time: entry.time, kind: entry.kind, payload: entry.payload))
        }
    }

    private func violation(_ law: String, _ detail: String, _ now: Instant) -> Violation {
        Violation(kind: .safety, law: law, detail: detail, time: now)
    }

    // MARK: What clients were told

    mutating func acknowledge(_ acknowledgement: Acknowledgement) {
        acknowledgements.append(acknowledgement)
        highestTold = max(highestTold, acknowledgement.index)
        coverage.count(acknowledgement)
    }

    mutating func note(_ read: ReadAnswer) {
        reads.append(read)
        highestTold = max(highestTold, read.index)
        coverage.reads += 1
    }

    mutating func count(_ event: NodeEvent) { coverage.count(event) }
    mutating func count(_ failure: ClientFailure) {
        coverage.failures += 1
        if case .outcomeUnknown = failure { coverage.unknownOutcomes += 1 }
        if case .noLeader = failure { coverage.leaderless += 1 }
    }
    mutating func count(_ fault: World.Fault) { coverage.count(fault) }
}
