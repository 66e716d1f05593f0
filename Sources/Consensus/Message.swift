import Basics

/// What nodes say to each other. Any of them may be late, repeated, reordered or of another term.
public enum Message: Hashable, Sendable {
    case voteRequest(VoteRequest)
    case voteReply(VoteReply)
    case append(AppendRequest)
    case appendReply(AppendReply)
    case snapshotChunk(SnapshotChunk)
    case snapshotReply(SnapshotReply)
    case readRequest(ReadRequest)
    case readReply(ReadReply)
    case transfer(TransferRequest)
    case doubtQuestion(DoubtQuestion)
    case doubtAnswer(DoubtAnswer)

    /// The term of the sender, or the one it asks to open.
    public var term: Term {
        switch self {
        case .voteRequest(let message): message.term
        case .voteReply(let message): message.term
        case .append(let message): message.term
        case .appendReply(let message): message.term
        case .snapshotChunk(let message): message.term
        case .snapshotReply(let message): message.term
        case .readRequest(let message): message.term
        case .readReply(let message): message.term
        case .transfer(let message): message.term
        case .doubtQuestion(let message): message.term
        case .doubtAnswer(let message): message.term
        }
    }
}

/// What kind of vote is asked for.
public enum Ballot: UInt8, Hashable, Sendable, CaseIterable {
    /// Would you vote for me? Binds nobody (Ongaro 2014, §9.6).
    case preVote = 0
    case vote = 1
    /// A vote at the leader's own wish, which a recent word from it doesn't forbid (§3.10).
    case transfer = 2
}

/// Ongaro 2014, §3.4 and §9.6.
public struct VoteRequest: Hashable, Sendable {
    /// The term to be opened; for a pre-vote the one that would be.
    public var term: Term
    public var ballot: Ballot
    /// The end of the candidate's log.
    public var last: LogPosition
}

public struct VoteReply: Hashable, Sendable {
    /// The term asked about if granted, else the voter's own.
    public var term: Term
    public var isPreVote: Bool
    public var isGranted: Bool
    /// The voter's wall clock, so that a new leader has a majority's at once.
    public var clock: Timestamp
}

/// Entries, heartbeat, commit index and confirmation round in one (Ongaro 2014, §3.5).
public struct AppendRequest: Hashable, Sendable {
    public var term: Term
    /// Numbers the leader's confirmation rounds; an answer echoes it (§6.4).
    public var round: UInt64
    /// Numbers the leader's restarts of what it knows about this follower; an answer echoes it.
    public var session: UInt64
    /// The entry before the first of `entries`.
    public var previous: LogPosition
    public var commit: LogIndex
    /// Set while the follower is being repaired.
    public var repair: RepairTarget?
    /// Consecutive, from `previous.index + 1`.
    public var entries: [Entry]
}

/// The promise under which a damaged node is whole again.
public struct RepairTarget: Hashable, Sendable {
    /// The run of the damaged node that reported the damage.
    public var run: UInt64
    /// The leader's last index when it heard of the damage.
    public var index: LogIndex
}

public struct AppendReply: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// The follower's log is durably the leader's up to here.
        case accepted(match: LogIndex)
        /// The follower doesn't hold the entry at `previous`; `hint` is the last place of its
        /// log, at or before that, where the logs may agree.
        case rejected(previous: LogIndex, hint: LogPosition)
        /// Heard, and no more: says nothing of the log.
        case heard
        /// The follower has no state that the log could be applied to.
        case needsSnapshot
    }

    public var term: Term
    public var round: UInt64
    public var session: UInt64
    /// Drawn at the start of the follower's process.
    public var run: UInt64
    public var outcome: Outcome
    public var standing: StandingReport
    /// The follower's last applied index.
    public var applied: LogIndex
    /// The follower's wall clock.
    public var clock: Timestamp
}

/// A follower's standing, as it tells the leader.
public enum StandingReport: UInt8, Hashable, Sendable, CaseIterable {
    case whole = 0
    case inDoubt = 1
    case damaged = 2
}

/// A part of a snapshot (Ongaro 2014, §5.1, InstallSnapshot).
public struct SnapshotChunk: Hashable, Sendable {
    public var term: Term
    public var round: UInt64
    /// Which snapshot this is a part of.
    public var metadata: SnapshotMetadata
    /// The position of `bytes` in the snapshot's file, in bytes.
    public var offset: UInt64
    public var bytes: [UInt8]
    public var isLast: Bool
}

public struct SnapshotReply: Hashable, Sendable {
    public var term: Term
    public var round: UInt64
    /// The snapshot that is being received.
    public var snapshot: LogPosition
    /// Where the next chunk must begin, in bytes; 0 restarts.
    public var nextOffset: UInt64
    /// Whether it begins anew because what the leader sent isn't a whole snapshot.
    public var isDamaged = false
}

/// A follower asks for a read index on behalf of its clients (Ongaro 2014, §6.4).
public struct ReadRequest: Hashable, Sendable {
    public var term: Term
    /// Chosen by the follower; the answer echoes it.
    public var id: UInt64
}

public struct ReadReply: Hashable, Sendable {
    public var term: Term
    public var id: UInt64
    /// What must be applied before the read is answered; nil if the node asked isn't the leader
    /// or lost leadership meanwhile.
    public var index: LogIndex?
}

/// Campaign at once (Ongaro 2014, §3.10, TimeoutNow).
public struct TransferRequest: Hashable, Sendable {
    public var term: Term
}

/// A node in doubt asks whether anyone holds what it may have lost. Opens a term as a vote
/// request does, so that no leader of the doubtful entries' term can commit them afterwards with
/// the help of those who denied them.
public struct DoubtQuestion: Hashable, Sendable {
    public var term: Term
    /// The end of what the asker can read.
    public var readable: LogPosition
    /// The end of what it is in doubt about.
    public var doubt: LogPosition
}

public struct DoubtAnswer: Hashable, Sendable {
    public var term: Term
    public var doubt: LogPosition
    /// Whether the sender has any entry of the doubtful ones, or can't tell.
    public var holds: Bool
}
