import Basics

/// One member of a Raft cluster: what happened goes in, what must be done comes out.
///
/// A pure value. Each input method appends to `effects`, in the order in which they are to be
/// performed; time comes with each input, randomness from the entropy given at the start. All disk
/// work is asynchronous: Raft itself withholds whatever must not leave before a write is durable.
///
/// Its laws, with their sections in D. Ongaro, *Consensus: Bridging Theory and Practice* (2014):
///
/// - *Election safety*: at most one leader in a term (§3.4). A vote is durable before it leaves,
///   the candidate's own included (§3.8); votes are a set of voters of this term.
/// - *Leader append-only*: a leader never overwrites or removes entries of its log (§3.5).
/// - *Log matching*: two logs that agree on term and index of an entry agree on everything up to
///   it (§3.5). A follower appends only behind an entry it shares with the leader, removes an
///   entry only for another term at the same index, and never one that is committed.
/// - *Leader completeness*: a committed entry is in the log of every later leader (§3.6.3). Votes
///   go only to logs at least as up to date (§3.6.1); only entries of the leader's own term are
///   committed by counting (§3.6.2), but for the only voter's, whom nobody can contradict; only
///   durable entries count, the leader's own included (§10.2.1: it writes in parallel with its
///   followers).
/// - *State-machine safety*: commit indices only rise, and what is committed never changes.
/// - *Members change one at a time*: a change is in force from the moment its entry is appended,
///   is taken back with it, and begins only when the last is committed, as is an entry of the
///   leader's own term (§4.1, and Ongaro's correction of 2015).
/// - *Reads are linearizable*: confirmed by a round that began after the read, in the same term,
///   once an entry of that term is committed (§6.4).
/// - *Disruption is bounded*: pre-votes and the check of its quorum by the leader together (§9.6,
///   §6.2); either alone lets a partial partition livelock.
///
/// Nothing a peer sends can trap, but for one thing: a demand to remove a committed entry, which
/// means that safety is already lost.
public struct Raft: Sendable {
    /// Never read: it is what the type does to the struct.
    let passing = PassedByAddress()
    public let id: NodeID
    public let settings: RaftSettings
    /// The members, as the log has them, committed or not.
    var configurations: ConfigurationHistory
    /// Whether this node is known to be no member any more: then it never campaigns.
    var isRetired = false
    /// Whether it has no state that entries could be applied to before a snapshot has brought one.
    let beginsBlank: Bool

    /// The last index the caller has applied; set it after applying. Told to the leader with
    /// every answer.
    public var applied: LogIndex

    /// Term and vote, as decided; `durableHardState` is what the disk has confirmed.
    var hardState: HardState
    public internal(set) var durableHardState: HardState
    /// Whether `hardState` waits to be given out as an effect.
    var hardStateIsNew = false
    /// Since when `hardState` isn't durable; nil while it is.
    var hardStateSince: Instant?
    /// Messages that may leave once `durableHardState` covers what they promise.
    var withheld: [WithheldMessage] = []

    var log: Log
    /// Whether the disk holds entries that aren't the log's, to be dropped before the next write.
    var hasStaleEntries = false
    var writes = PendingWrites()
    /// The newest durable snapshot; nil if there is none.
    public internal(set) var snapshot: SnapshotMetadata?
    /// The last index known to be committed; volatile, so it starts at the snapshot.
    public internal(set) var commitIndex: LogIndex

    var state = Role.follower(Follower())
    /// How far this node may trust its log.
    public internal(set) var standing: Standing
    /// Names this process among all that ever ran under this id; never 0.
    let run: UInt64
    var isDiskFull = false

    /// The clocks at the latest input; the monotonic one never runs backwards.
    var clock: ClockReading
    /// When to campaign, unless a leader is heard before; unused while leading.
    var electionDeadline: Instant
    /// When a leader last appended to this node.
    var lastAppendReceived: Instant?
    /// The highest commit index that any leader has named since this process began. A node that
    /// has applied less lags behind what was promised to clients.
    public internal(set) var heardCommit = LogIndex.zero
    var entropy: EntropyStream

    /// The role and leader that effects have last told of.
    var announced = Announcement()

    /// Starts as a follower, from what recovery found. Requires valid settings and entries in
    /// order; a snapshot that another chain of entries contradicts wins over them.
    public init(
        start: RaftStart, settings: RaftSettings, entropy: EntropyStream, clock: ClockReading
    ) {
        id = start.id
        self.settings = settings
        self.clock = clock
        self.entropy = entropy
        run = max(1, self.entropy.next())
        standing = start.standing
        snapshot = start.snapshot
        log = Log(snapshot: start.snapshot)
        configurations = ConfigurationHistory(
            start.snapshot?.configuration ?? start.configuration, at: log.base.index)
        beginsBlank = start.isBlank
        commitIndex = log.base.index
        applied = commitIndex
        hardState = start.hardState
        durableHardState = start.hardState
        electionDeadline = .never
        restore(start.entries)
        adoptTermOfLog()
        announced.term = hardState.term
        announced.members = configurations.version
        // A lone voter has nobody to wait for.
        if configuration.voters == [id] { electionDeadline = clock.now } else { drawDeadline() }
    }

    /// Takes over the recovered entries behind the snapshot. If they reach over its last entry
    /// they must hold it: a crash between installing a snapshot and dropping a conflicting log
    /// leaves a chain that was never committed.
    private mutating func restore(_ entries: [Entry]) {
        let edge = log.base
        if let first = entries.first, first.index <= edge.index {
            guard let last = entries.last, last.index >= edge.index,
                entries[edge.index - first.index].term == edge.term
            else {
                hasStaleEntries = true
                return
            }
        }
        for entry in entries where entry.index > edge.index { appendToLog(entry) }
    }

    /// A crash can leave entries of a term whose record wasn't written yet. No vote of that term
    /// has left then, so the term may be adopted without one.
    private mutating func adoptTermOfLog() {
        var highest = log.last.term
        if case .inDoubt(let term, _) = standing { highest = max(highest, term) }
        if highest > hardState.term { setHardState(HardState(term: highest)) }
    }
}

/// A message that promises something the disk must confirm first.
struct WithheldMessage: Hashable, Sendable {
    var message: Message
    var recipient: NodeID
    /// Must be durable; without a vote, any vote of the term will do.
    var requirement: HardState

    func mayLeave(_ durable: HardState) -> Bool {
        durable.term == requirement.term
            && (requirement.votedFor == nil || requirement.votedFor == durable.votedFor)
    }
}

/// What the caller was last told of role, leader and members.
struct Announcement: Hashable, Sendable {
    var role = RoleName.follower
    var term = Term.zero
    var leader: NodeID?
    /// The `version` of the configurations.
    var members = 0
}
