import Basics
import Consensus
import Keyring

/// What a node's next state is judged against.
public struct NodeMilestones: Hashable, Sendable {
    var raft: RaftMilestones
    var applied: LogIndex
    /// Nothing that the log brought waits to be taken.
    var isSettled: Bool

    /// Whether the entries that aren't applied are the same, and were looked at.
    func hasLogAndState(of earlier: NodeMilestones?) -> Bool {
        guard let earlier, earlier.isSettled else { return false }
        return earlier.applied == applied && earlier.raft.hasLog(of: raft)
    }
}

/// What a checker looks at after every step.
public struct NodeInspection: Hashable, Sendable, CustomStringConvertible {
    public var role: RoleName
    public var term: Term
    public var standing: Standing
    public var commitIndex: LogIndex
    public var appliedIndex: LogIndex
    public var lastIndex: LogIndex
    /// How far a follower knows its log to be the present leader's; zero for others.
    public var verifiedIndex: LogIndex
    /// It knows that it isn't a member any more.
    public var isRemoved: Bool
    /// Until then, by its own clocks, the node answers by its present state; past if it doesn't.
    public var leaseExpiry: SteadyInstant

    public var description: String {
        let trust =
            switch standing {
            case .whole: ""
            case .inDoubt(let term, let index): ", in doubt about #\(index) of term \(term)"
            case .damaged: ", damaged"
            }
        return "\(role) of term \(term), log to #\(lastIndex), committed #\(commitIndex), "
            + "applied #\(appliedIndex)\(trust)\(isRemoved ? ", removed" : "")"
    }
}

extension Node {
    public var inspection: NodeInspection { view }

    @inline(__always)
    private var view: NodeInspection {
        NodeInspection(
            role: raft.role, term: raft.term, standing: raft.standing,
            commitIndex: raft.commitIndex, appliedIndex: state.appliedIndex,
            lastIndex: raft.lastIndex, verifiedIndex: raft.verifiedIndex, isRemoved: isRemoved,
            leaseExpiry: leaseExpiry)
    }

    /// Whether what recovery read has been synced since: before, nothing of it leaves this node.
    public var isSynced: Bool { isOpen }

    /// Term and vote as the disk holds them: no other may have left this node.
    public var durableHardState: HardState { raft.durableHardState }

    /// The last entry up to which the disk holds this node's log.
    public var durablePosition: LogPosition { raft.durablePosition }

    /// Whose votes count, as far as this node knows.
    public var voters: [NodeID] { raft.configuration.voters }

    /// Whose votes counted when the log ended at `last`, which must not have been taken back.
    public func voters(whenLogEndedAt last: LogIndex) -> [NodeID] {
        raft.configuration(at: last).voters
    }

    /// The entries from `first` to `last` that are still in the log's memory.
    public func entries(from first: LogIndex, through last: LogIndex) -> [Entry] {
        let lowest = max(first, raft.firstIndex)
        return lowest > last ? [] : raft.entries(from: lowest, through: last)
    }

    /// Whether this node's disk holds under which incarnation a peer is known: it refuses another.
    public func knowsIncarnation(of peer: NodeID) -> Bool {
        if links.remembered.contains(where: { $0.node == peer }) { return true }
        let index = min(raft.commitIndex, raft.durablePosition.index)
        guard index.next >= raft.firstIndex else { return false }
        return raft.configuration(at: index).member(peer)?.incarnation != nil
    }

    /// The digest of the replicated state: equal on all nodes at the same applied index.
    public func stateDigest() -> Digest { state.stateDigest() }

    /// The replicated state: the same bytes on all nodes at the same applied index.
    public func encodedState() -> [UInt8] { state.encodedState() }

    /// Checks the laws of the node, of its state and of what became of that since it was examined
    /// last, and tells what a checker looks at and when the next step is due: all that a simulation
    /// asks after each step.
    ///
    /// Mutating, though nothing changes: each question to an immutable self copies the node first,
    /// and three copies of it were 4 % of a run.
    public mutating func examine(
        since milestones: inout NodeMilestones?
    ) -> (view: NodeInspection, due: Instant) {
        proveLaws(since: &milestones)
        return (view, stepDue)
    }

    /// Traps if a law of the node or of a part of it is broken.
    public func checkInvariants() {
        var none: NodeMilestones?
        proveLaws(since: &none)
    }

    @inline(__always)
    private func proveLaws(since milestones: inout NodeMilestones?) {
        let earlier = milestones
        let present = NodeMilestones(
            raft: raft.milestones, applied: state.appliedIndex, isSettled: raftEffects.isEmpty)
        milestones = present
        raft.checkInvariants(since: earlier?.raft)
        precondition(
            state.appliedIndex <= raft.commitIndex || !raft.standing.isWhole,
            "applied beyond the commit index")
        // Both are as they were unless log or state has changed: to read the entries takes its
        // time.
        precondition(
            present.hasLogAndState(of: earlier)
                || keyChanges.indices
                    == Self.keyChanges(in: raft, after: state.appliedIndex).indices
                || !raftEffects.isEmpty,
            "what is blocked isn't what is in the log")
        precondition(
            present.hasLogAndState(of: earlier) || keyChanges.subjects.allSatisfy(table.isBlocked),
            "an entry isn't applied, and what it touches isn't blocked")
        precondition(gathered.count == 0, "a gathered charge outlasts its step")
        precondition(pending.isConsistent, "a pending request has no place in the arrival order")
    }

    /// Traps if a law of the replicated state is broken. Visits all of it.
    public func checkStateInvariants() {
        if let violation = state.checkInvariants() { preconditionFailure(violation) }
    }
}
