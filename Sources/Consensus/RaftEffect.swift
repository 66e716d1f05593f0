import Basics

/// What the caller must do, in this order. Nothing that depends on the disk is sent before the
/// caller has reported it durable, so writes may run while messages travel.
public enum RaftEffect: Hashable, Sendable {
    /// Write the record durably, then report it with `hardStateSaved`. When several wait, the
    /// newest alone will do.
    case saveHardState(HardState)
    /// Write the entries durably, replacing whatever stands at or above the first one's index,
    /// then report with `entriesSaved`. Writes are completed and reported in this order.
    case appendEntries([Entry])
    /// Drop every entry on disk: the log begins behind this position, the end of a durable
    /// snapshot that the entries don't lead up to. To be done in order with `appendEntries`, or
    /// what is appended next would stand behind a gap or a contradiction after a restart.
    case restartLog(after: LogPosition)
    case send(Message, to: NodeID)
    /// Everything up to here is committed: apply it.
    case committed(LogIndex)
    /// The read may be answered from the local state once `index` is applied.
    case readReady(token: UInt64, index: LogIndex)
    /// The read wasn't confirmed: leadership was lost, or there is no leader to ask. Ask again.
    case readFailed(token: UInt64)
    /// Read at most `maxBytes` of the newest snapshot from `offset` and pass them to
    /// `sendSnapshotChunk`; at or beyond its end, none, as the last chunk. If it can't be done
    /// now, nothing is due: Raft asks again.
    case sendSnapshot(to: NodeID, offset: UInt64, maxBytes: Int)
    /// A follower says that what it was sent isn't a whole snapshot: the leader's file may be
    /// damaged.
    case snapshotRefused(LogPosition, by: NodeID)
    /// Store the bytes behind those of the same snapshot received before; offset 0 begins anew.
    /// After the last chunk validate the whole, swap it in and call `snapshotInstalled`, or call
    /// `snapshotRejected`.
    case receivedSnapshotChunk(SnapshotChunk, from: NodeID)
    case roleChanged(RoleName, term: Term)
    case leaderChanged(NodeID?, term: Term)
    /// The members are these from now on, though the entry that says so may be taken back.
    case configurationChanged(Configuration)
    /// A leadership transfer is over; `succeeded` tells whether this node gave leadership up.
    case transferEnded(succeeded: Bool)
    /// Whether a majority's wall clocks have ceased to agree.
    case clockDisagreement(Bool)
    /// The standing after recovery changed; `.whole` after `.inDoubt` also means that what was
    /// unreadable may be cut.
    case standingChanged(Standing)
}

/// The answer to a proposal.
public enum ProposalResult: Hashable, Sendable {
    /// Appended, not committed: at `first` and the indices behind it, in `term`. The outcome is
    /// unknown until the entries, or others at those indices, are committed.
    case accepted(first: LogIndex, term: Term)
    /// Nothing was appended; `hint` is the node to ask, if one is known.
    case notLeader(hint: NodeID?)
    /// Nothing was appended: too many bytes wait for commit.
    case overloaded
}
