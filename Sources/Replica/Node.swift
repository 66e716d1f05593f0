import Basics
import Consensus
import Journal
import Keyring

/// One member of the cluster, whole, as a synchronous value: inputs in, effects out.
///
/// It owns consensus, journal, replicated state, peer links and the waiting requests of its
/// clients. It reads no clock, opens no file and knows no thread; whoever performs its effects
/// (the server, or the simulator) is the only difference between production and a test.
///
/// Laws:
/// - The same start, inputs and clock readings give the same effects, byte for byte.
/// - A reply with an outcome leaves only after the entry was committed and applied here.
/// - A request that was handed to a leader is never reported as failed, only as unknown.
/// - The state at applied index `i` is a function of the log up to `i` alone.
/// - Whatever an entry of the log touches that isn't applied is blocked in the read side, before
///   anybody is told that this node has the entry.
/// - A key-state change is reported as done only when no node can answer by an older state any
///   more: see `LeaseLedger`.
///
/// A node that isn't whole (its journal lost something) applies nothing and answers nothing until
/// the others have repaired it.
public struct Node: Sendable {
    /// Never read: it is what the type does to the struct.
    let passing = PassedByAddress()
    public let id: NodeID
    /// 16 bytes.
    public let clusterID: [UInt8]
    public let settings: NodeSettings
    /// The read side of the state, shared with the threads that validate.
    public let table: KeyTable

    var raft: Raft
    var journal: WriteAheadLog
    var store: SnapshotStore
    /// As the journal was last asked to keep it.
    var hardState: JournalHardState
    var state: StateMachine
    var links: PeerLinks
    var entropy: EntropyStream
    /// As read at the start of the current step.
    var clock: ClockReading

    var pending = PendingMutations()
    var gathered = GatheredCharges()
    var reads = PendingReads()
    var held = HeldReplies()
    var snapshots = SnapshotTraffic()
    /// Requests of this node's clients that the members change.
    var memberChanges = PendingMutations()
    /// As leader: what is to be decided about the members.
    var memberDesk = MemberDesk()
    /// This node isn't a member any more, and that is committed: it answers nothing.
    var isRemoved = false
    /// A change of the members was applied in this step.
    var hasNewMembers = false
    /// Who may hold a lease, as of the last change of the members.
    var leaseRoster = LeaseRoster(eligible: [], awaited: [])
    /// The key-state entries of the log that aren't applied: what is blocked.
    var keyChanges: PendingKeyChanges
    /// The leases that this node holds, and as they were last published.
    var holder = LeaseHolder()
    var publishedLeases: [Lease] = []
    /// Every answer is confirmed by the leader, as was published.
    var isConfirming = false
    /// As leader: the leases that others may hold.
    var ledger: LeaseLedger?
    /// As follower: what the leader was told.
    var told = Told()
    /// Who waits for the leadership to be handed over.
    var transfer: LeadershipTransfer?

    /// Whether the first disk batch, which makes durable what was read at the start, is done.
    var isOpen = false
    var isDiskFull = false
    var nextRoomCheck = Instant.never
    /// When the stamps of the keys used here are next handed to the leader.
    var nextLastUsedReport: Instant
    /// A graceful stop has begun, hands leadership over, and has done what it could.
    var isStopping = false
    var isHandingOver = false
    var isStopped = false
    /// `fatal` was given out: nothing more is done.
    var isFailed = false

    /// Buffers used again in every step.
    var raftEffects: [RaftEffect] = []
    var tableChanges: [TableChange] = []

    /// Performs one input. Effects are appended in the order in which they must be performed.
    public mutating func step(
        _ input: NodeInput, clock: ClockReading, effects: inout [NodeEffect]
    ) {
        precondition(clock.now >= self.clock.now, "the monotonic clock ran backwards")
        self.clock = clock
        guard !isFailed else { return }
        take(input, effects: &effects)
        guard !isFailed else { return }
        if isOpen {
            advance(&effects)
        } else {
            // Nothing was taken yet, so nobody waits.
            finishStopIfDone(&effects)
        }
        writeDisk(&effects)
        links.flush(now: clock.now, isDialing: isOpen, effects: &effects)
    }

    /// What every input may have made due.
    private mutating func advance(_ effects: inout [NodeEffect]) {
        raft.advance(to: clock, effects: &raftEffects)
        performRaftEffects(&effects)
        expireRequests(&effects)
        expireTransfer(&effects)
        expireSnapshotTickets(&effects)
        appendTickIfDue()
        reportLastUsesIfDue()
        handOver(&effects)
        decideMembers(&effects)
        performRaftEffects(&effects)
        // By reads that became ready only now.
        submitGathered()
        advanceLeases(&effects)
        dropOvertakenReception()
        writeSnapshotIfDue(&effects)
        finishStopIfDone(&effects)
    }

    private mutating func take(_ input: NodeInput, effects: inout [NodeEffect]) {
        switch input {
        case .timePassed:
            break
        case .linkDialed, .dialFailed, .linkAccepted, .bytesReceived, .linkClosed:
            takeLinkInput(input, effects: &effects)
        case .diskDone(let batch):
            takeDone(batch, effects: &effects)
        case .diskFailed(let batch, let failure):
            takeFailed(batch, failure, effects: &effects)
        case .diskRead(let read, let bytes):
            sendSnapshot(read, bytes)
        case .snapshotEncoded(let encoding):
            takeEncoded(encoding, effects: &effects)
        case .requests(let requests):
            for request in requests { take(request, effects: &effects) }
        case .secretsChanged(let secrets):
            links.adopt(secrets, now: clock.now)
        case .stopRequested:
            beginStop(&effects)
        }
    }

    /// When `step` must be called at the latest, with `timePassed` if nothing else came.
    public var nextDeadline: Instant { stepDue }

    /// The same where it is used, for `examine`.
    @inline(__always)
    var stepDue: Instant {
        // Until then only the disk's answer counts.
        guard isOpen, !isFailed else { return .never }
        var deadline = min(raft.nextDeadline, links.nextDeadline)
        deadline = min(deadline, min(pending.nextDeadline, reads.nextDeadline))
        if raft.leader != nil {
            let oldest = min(pending.oldestHandOver, memberChanges.oldestHandOver)
            deadline = min(deadline, oldest + settings.resendInterval)
            deadline = min(deadline, reads.nextRound)
        }
        if let first = snapshots.waiting.first { deadline = min(deadline, first.deadline) }
        if snapshots.retryAt > clock.now, isSnapshotDue {
            deadline = min(deadline, snapshots.retryAt)
        }
        deadline = min(deadline, min(nextLeaseDeadline, nextRoomCheck))
        deadline = min(deadline, min(memberChanges.nextDeadline, memberDesk.nextDeadline))
        if let transfer { deadline = min(deadline, transfer.deadline) }
        if let due = nextTick { deadline = min(deadline, due) }
        return deadline
    }
}
