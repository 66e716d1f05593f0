import Basics

/// A role without what belongs to it, for traces and status.
public enum RoleName: String, Hashable, Sendable {
    case follower
    case preCandidate
    case candidate
    case leader
}

/// The role of a node in its term, with what exists in that role only.
enum Role: Sendable {
    case follower(Follower)
    /// Asks whether it could win, in its present term.
    case preCandidate(Candidacy)
    case candidate(Candidacy)
    case leader(Leadership)

    var name: RoleName {
        switch self {
        case .follower: .follower
        case .preCandidate: .preCandidate
        case .candidate: .candidate
        case .leader: .leader
        }
    }
}

/// A follower's state, for one leader of one term.
struct Follower: Sendable {
    /// The leader of this term; nil until it has spoken.
    var leader: NodeID?
    /// The log is known to be the leader's up to here: what its messages covered.
    var verified = LogIndex.zero
    /// The highest match acknowledged to the leader.
    var acknowledged = LogIndex.zero
    /// The newest round answered.
    var answeredRound: UInt64 = 0
    /// The newest session the leader named.
    var session: UInt64 = 0
    /// The index at which this run of a damaged node is whole again.
    var repairIndex: LogIndex?
    var reads = ForwardedReads()
    var incoming: IncomingSnapshot?
    /// The voters that don't hold what this node is in doubt about.
    var denials: [NodeID] = []
}

/// Reads that wait for an answer of the leader.
struct ForwardedReads: Sendable {
    struct Batch: Sendable {
        var id: UInt64
        var tokens: [UInt64]
        var retryAt: Instant
    }

    /// At most one request is under way; what comes meanwhile goes into the next.
    var underWay: Batch?
    var waiting: [UInt64] = []

    var count: Int { waiting.count + (underWay?.tokens.count ?? 0) }
}

/// A snapshot on its way in.
struct IncomingSnapshot: Sendable {
    var position: LogPosition
    /// Where the next chunk must begin, in bytes.
    var nextOffset: UInt64 = 0
    var isComplete = false
}

/// A candidate's or pre-candidate's state, for one attempt.
struct Candidacy: Sendable {
    var ballot: Ballot
    /// A set: each voter once. A candidate's own vote joins it when it is durable.
    var votes: [NodeID] = []
    /// Whether a candidate's own vote is durable.
    var isOwnVoteDurable = false
    /// The wall clocks that came with the votes.
    var clocks: [(voter: NodeID, wall: Timestamp, at: Instant)] = []
}

/// A leader's state, for one term.
struct Leadership: Sendable {
    /// The other members, in order of id.
    var progress: [Progress] = []
    /// The entry that opened the term.
    let opening: LogIndex
    /// Bytes of entries that aren't committed.
    var uncommittedBytes = 0
    var heartbeatDue: Instant

    /// The newest confirmation round begun.
    var round: UInt64 = 0
    /// When the last rounds began, oldest first, for answers that come while it still matters.
    var roundStarts = Ring<(round: UInt64, at: Instant)>()
    var reads = PendingReads()

    var transfer: Transfer?

    /// The last log time stamped, and when: the base for monotonic advance.
    var timeBase: (time: Timestamp, at: Instant)
    var clocksDisagree = false
}

/// A read that waits at the leader.
struct PendingRead: Sendable {
    enum Origin: Hashable, Sendable {
        case local(token: UInt64)
        case remote(NodeID, id: UInt64)
    }

    var origin: Origin
    /// The commit index at the start of the round.
    var index = LogIndex.zero
    /// The round, begun after the read arrived, that confirms it.
    var round: UInt64 = 0
}

struct PendingReads: Sendable {
    /// No round was begun for these yet.
    var waiting: [PendingRead] = []
    /// In order of their rounds.
    var confirming = Ring<PendingRead>()

    var count: Int { waiting.count + confirming.count }
}

/// A leadership transfer under way (Ongaro 2014, §3.10).
struct Transfer: Sendable {
    var target: NodeID
    var deadline: Instant
    /// Whether the target was told to campaign since the last heartbeat.
    var isTold = false
}
