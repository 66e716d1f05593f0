import Basics

/// What a leader knows of one other member, for one term.
struct Progress: Sendable {
    /// How entries are sent (flow control, after Ongaro 2014, §10.2, and etcd's tracker).
    enum Pace: Sendable {
        /// One message at a time, until it is known where the logs meet; `awaiting` is the last
        /// index that the message under way covers.
        case probe(awaiting: LogIndex?)
        /// As many as the window allows; `next` runs ahead of what is acknowledged.
        case replicate(Window)
        /// It needs what was compacted.
        case snapshot(SnapshotTransfer)
    }

    let id: NodeID
    var isVoter: Bool

    /// The follower's log is durably this leader's up to here. Only rises, but for a new session.
    private(set) var match = LogIndex.zero
    /// The next entry to send; always behind `match`.
    private(set) var next: LogIndex
    var pace = Pace.probe(awaiting: nil)

    /// When it was last heard in this term; the election counts as the first time.
    var lastContact: Instant
    /// When it last acknowledged entries, or bytes of a snapshot, that it hadn't before.
    var advancedAt = Instant.zero
    /// Whether it has taken bytes of a snapshot and not come near the log's end since.
    var isCatchingUp = false
    /// The newest round it has answered, and the newest sent to it.
    var answeredRound: UInt64 = 0
    var sentRound: UInt64 = 0
    /// The newest commit index it was sent and could take over.
    var sentCommit = LogIndex.zero
    var applied = LogIndex.zero
    /// Its wall clock, and when that reading arrived.
    var clock: (wall: Timestamp, at: Instant)?

    /// Numbers the restarts of `match`: acknowledgements of other sessions tell nothing.
    private(set) var session: UInt64 = 0
    /// The run of the follower that spoke last; 0 before it has.
    private(set) var run: UInt64 = 0
    private(set) var standing = StandingReport.whole
    /// What it must hold to be whole again; nil while it is.
    private(set) var repair: RepairTarget?

    init(id: NodeID, isVoter: Bool, next: LogIndex, now: Instant) {
        self.id = id
        self.isVoter = isVoter
        self.next = next
        lastContact = now
    }

    /// Whether it has spoken in this term. The election counts as contact, and tells nothing.
    var hasSpoken: Bool { run != 0 }

    /// A damaged member's word counts for nothing but that it lives.
    var counts: Bool { standing != .damaged }

    /// Takes in the standing that a reply reports; begins a new session if the follower has lost
    /// what it had acknowledged, since nothing else may ever lower `match`.
    mutating func note(
        _ reported: StandingReport, run reportedRun: UInt64, session replied: UInt64,
        lastIndex: LogIndex
    ) {
        if reported != .whole {
            if repair == nil || reportedRun != run {
                session &+= 1
                match = .zero
                next = lastIndex.next
                pace = .probe(awaiting: nil)
                repair = RepairTarget(run: reportedRun, index: lastIndex)
                #if MUTANTS
                if PlantedBug.isOn(.repairedTooEarly) { repair?.index = .zero }
                #endif
                run = reportedRun
            }
            standing = reported
        } else if replied == session {
            repair = nil
            standing = .whole
            if run != reportedRun { applied = .zero }
            run = reportedRun
        }
    }

    /// An acknowledgement of this session: `match` never falls.
    mutating func accept(_ acknowledged: LogIndex) {
        match = max(match, acknowledged)
        next = max(next, match.next)
        switch pace {
        case .probe(let awaiting):
            // The message under way will be answered when it is durable; if this answers an
            // earlier one, the next rejection leads back here.
            if let awaiting { next = max(next, awaiting.next) }
            pace = .replicate(Window())
        case .replicate(var window):
            pace = .probe(awaiting: nil)  // so that the window isn't copied
            window.acknowledge(through: match)
            pace = .replicate(window)
        case .snapshot: break
        }
    }

    /// The follower lacks the entry at `previous`; the logs may agree up to `agreed`. Late and
    /// repeated rejections change nothing; `next` stays behind `match`.
    mutating func reject(previous: LogIndex, agreed: LogIndex) {
        guard previous > match else { return }
        switch pace {
        case .probe:
            guard previous == next.previous else { return }
        case .replicate:
            guard previous < next else { return }
        case .snapshot: return
        }
        next = max(match.next, min(agreed.next, previous))
        pace = .probe(awaiting: nil)
    }

    /// The connection is another one: what was under way may be lost.
    mutating func resetWindow() {
        switch pace {
        case .probe: pace = .probe(awaiting: nil)
        case .replicate:
            next = match.next
            pace = .probe(awaiting: nil)
        case .snapshot(var transfer):
            transfer.isAwaiting = false
            pace = .snapshot(transfer)
        }
    }

    /// The follower has nothing that entries could follow upon.
    mutating func requireSnapshot() {
        guard match == .zero else { return }
        if case .snapshot = pace { return }
        pace = .snapshot(SnapshotTransfer())
    }

    /// A snapshot was installed, or was never needed: go on behind `match`.
    mutating func leaveSnapshot() {
        next = match.next
        pace = .probe(awaiting: nil)
    }

    /// It was heard; `clock` is its wall clock, unless the reading travelled too long.
    mutating func noteContact(at now: Instant, round: UInt64, clock wall: Timestamp?) {
        lastContact = now
        answeredRound = max(answeredRound, round)
        if let wall { clock = (wall, now) }
    }

    mutating func noteApplied(_ index: LogIndex, run reported: UInt64) {
        if reported == run { applied = max(applied, index) }
    }

    mutating func sent(_ request: AppendRequest) {
        let last = request.previous.index + request.entries.count
        sentRound = request.round
        sentCommit = min(request.commit, last)
        sent(through: last, bytes: request.entries.reduce(0) { $0 + $1.cost })
    }

    /// A message that covers the log up to `last` was sent. While probing `next` stays, as the
    /// answer may be no.
    mutating func sent(through last: LogIndex, bytes: Int) {
        switch pace {
        case .probe: pace = .probe(awaiting: last)
        case .replicate(var window):
            pace = .probe(awaiting: nil)
            if bytes > 0 { window.add(last: last, bytes: bytes) }
            pace = .replicate(window)
            next = max(next, last.next)
        case .snapshot: preconditionFailure("entries sent to a follower that needs a snapshot")
        }
    }
}

/// The messages with entries that are under way to a follower.
struct Window: Sendable {
    private var messages = Ring<(last: LogIndex, bytes: Int)>()
    private(set) var bytes = 0

    var count: Int { messages.count }
    var last: LogIndex? { messages.last?.last }

    func isOpen(_ settings: RaftSettings) -> Bool {
        count < settings.maxInflightMessages && bytes < settings.maxInflightBytes
    }

    mutating func add(last: LogIndex, bytes added: Int) {
        messages.append((last, added))
        bytes += added
    }

    /// Everything up to `match` has arrived.
    mutating func acknowledge(through match: LogIndex) {
        while let first = messages.first, first.last <= match {
            bytes -= first.bytes
            messages.removeFirst()
        }
    }
}

/// A snapshot on its way to a follower, chunk by chunk.
struct SnapshotTransfer: Sendable {
    /// The snapshot; nil until the caller has read from it.
    var position: LogPosition?
    /// Where the chunk begins that is due or under way, in bytes.
    var offset: UInt64 = 0
    /// Behind the bytes of the chunk under way.
    var end: UInt64 = 0
    /// Whether the chunk under way is the last one: then nothing is due but the installation.
    var isLast = false
    /// Whether the caller was asked for the chunk, or an answer to it is due.
    var isAwaiting = false
    /// When to try again.
    var retryAt = Instant.zero
}
