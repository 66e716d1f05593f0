import Basics
import Consensus
import Keyring

/// What a checker looks at after every step.
public struct NodeInspection: Hashable, Sendable {
    public var role: RoleName
    public var term: Term
    public var standing: Standing
    public var commitIndex: LogIndex
    public var appliedIndex: LogIndex
    public var lastIndex: LogIndex
    /// It knows that it isn't a member any more.
    public var isRemoved: Bool
    /// Until then, by its own clock, the node answers validations.
    public var freshUntil: Instant
}

extension Node {
    public var inspection: NodeInspection {
        NodeInspection(
            role: raft.role, term: raft.term, standing: raft.standing,
            commitIndex: raft.commitIndex, appliedIndex: state.appliedIndex,
            lastIndex: raft.lastIndex, isRemoved: isRemoved, freshUntil: freshUntil)
    }

    /// The entries from `first` to `last` that are still in the log's memory.
    public func entries(from first: LogIndex, through last: LogIndex) -> [Entry] {
        let lowest = max(first, raft.firstIndex)
        return lowest > last ? [] : raft.entries(from: lowest, through: last)
    }

    /// The digest of the replicated state: equal on all nodes at the same applied index.
    public func stateDigest() -> Digest { state.stateDigest() }

    /// Traps if a law of the node or of a part of it is broken.
    public func checkInvariants() {
        raft.checkInvariants()
        precondition(
            state.appliedIndex <= raft.commitIndex || !raft.standing.isWhole,
            "applied beyond the commit index")
        precondition(pending.isConsistent, "a pending request has no place in the arrival order")
    }

    /// Traps if a law of the replicated state is broken. Visits all of it.
    public func checkStateInvariants() {
        if let violation = state.checkInvariants() { preconditionFailure(violation) }
    }
}
