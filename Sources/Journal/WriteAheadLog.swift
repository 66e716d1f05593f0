import Basics

/// What a completed batch made durable.
public struct Durable: Hashable, Sendable {
    /// The hard state now on disk, if the batch carried one.
    public var hardState: JournalHardState?
    /// The last entry now on disk, if the batch carried records: everything before it is durable,
    /// too. Another entry may have replaced it in memory meanwhile. After a restart it is the end
    /// of the snapshot.
    public var last: JournalPosition?
    /// The batch that recovery asked for is done: the node may start.
    public var isOpen: Bool
    /// A full disk has room again.
    public var roomIsBack: Bool

    public init(
        hardState: JournalHardState? = nil, last: JournalPosition? = nil, isOpen: Bool = false,
        roomIsBack: Bool = false
    ) {
        self.hardState = hardState
        self.last = last
        self.isOpen = isOpen
        self.roomIsBack = roomIsBack
    }
}

/// The log's segments and the hard state's slots, as a machine over disk operations: requests in,
/// batches out, completions in.
///
/// Laws:
/// 1. *One batch at a time.* Whatever waits goes into the next batch, so that a sync is shared by
///    all that arrived during the one before (group commit; DeWitt et al., SIGMOD 1984). And so
///    a batch on disk proves that everything before it is durable.
/// 2. *Hard state first.* A hard state that waits is synced before any record that waits with it
///    is written: the log never holds an entry of a term that the hard state hasn't reached. To
///    have it early harms nothing, for no promise rests on its absence.
/// 3. *Nothing synced is written again.* Batches start at fresh sectors; what recovery cut stays
///    where it is, void because a later segment begins at the offset of the cut.
/// 4. *What recovery read isn't durable before it is synced.* A killed process leaves pages in the
///    kernel's cache that a power cut may still take; so the first batch syncs every file.
/// 5. *Room is reserved a segment ahead.* A full disk is found out when nothing depends on it.
public struct WriteAheadLog: Sendable {
    /// Where the next batch goes.
    struct Tail: Hashable, Sendable {
        /// Offset in the last segment; a multiple of the sector.
        var position: Int
        /// The same place in the whole log.
        var offset: UInt64
        /// The last record's, to be continued.
        var checksum: UInt32
        /// Nothing more may be written into this segment: it ends in what recovery cut.
        var isSealed: Bool
    }

    enum InFlight: Hashable, Sendable {
        case opening
        /// A segment made ahead; the files deleted on the way.
        case preparation(SegmentName, deleted: Int)
        case deletion(Int)
        /// `opened` is the index of the first record of a segment that the batch began.
        case commit(JournalHardState?, JournalPosition?, opened: LogIndex?)
    }

    let identity: Identity
    let settings: JournalSettings
    var slots: HardStateSlots
    /// In the order of the log; the last one is written to.
    var segments: [RetainedSegment]
    var spare: SegmentName?
    var nextSequence: UInt64
    var tail: Tail
    /// The position of the last record handed to the performer.
    var written: JournalPosition
    /// Everything at or below this index is in a durable snapshot.
    var covered: LogIndex
    /// Behind which position the log must begin anew, and whether that is due or waits for the
    /// first record.
    var restartAfter: JournalPosition?
    var restartsAtOnce: Bool
    /// What recovery found lost isn't repaired yet: nothing is deleted until it is.
    var isDamaged: Bool
    var waiting: [JournalRecord] = []
    var waitingState: JournalHardState?
    /// Files to be deleted when it suits.
    var garbage: [String]
    /// Files that alone tell of the doubt, some of them among the segments: kept until a batch
    /// that carries it, or has settled it, is durable.
    var evidence: [String]
    var inFlight: (id: DiskBatch.ID, what: InFlight)?
    var batches: UInt64 = 0
    var isOpen = false
    var retriesForRoom = false

    /// The last entry appended, durable or not; the snapshot's last if there is none.
    public internal(set) var last: JournalPosition
    /// The position that recovery left in doubt or, after a loss, the furthest that the log is
    /// known to have reached; nil once the log reaches it or `settleDoubt` says so.
    public internal(set) var doubt: JournalPosition?
    /// Whether there was no room for the next segment. What fits into the segments there are is
    /// still written; what doesn't, waits.
    public internal(set) var isFull = false

    /// Goes on where recovery left off. The first batch syncs what recovery read; until it is
    /// completed (`Durable.isOpen`) nothing read may be acted upon. Requires valid settings, and
    /// a recovery that didn't find the hard state corrupt.
    public init(from recovery: Recovery, settings: JournalSettings = JournalSettings()) {
        let log = recovery.log
        identity = recovery.identity
        self.settings = settings
        precondition((try? settings.validate(for: identity.geometry)) != nil, "invalid settings")
        if case .corrupt(let corruption) = recovery.verdict {
            precondition(corruption.part != .hardState, "a lost vote can't be made good")
        }
        slots = log.slots
        waitingState = log.raisedState
        segments = log.segments
        spare = log.spare
        nextSequence = log.nextSequence
        tail = Tail(
            position: log.position, offset: log.offset, checksum: log.checksum,
            isSealed: log.isSealed)
        written = log.last
        covered = recovery.snapshot?.description.last.index ?? .zero
        restartAfter = log.restartAfter
        restartsAtOnce = log.restartsAtOnce
        isDamaged = log.isDamaged
        evidence = log.evidence
        garbage = log.superfluous + [FileName.incompleteIdentity, FileName.incompleteSegment]
        last = log.last
        doubt = log.doubt
        // One made under other settings may be too small for a record of today's.
        if let small = spare, small.capacity < settings.segmentBytes {
            spare = nil
            garbage.append(small.description)
        }
        checkInvariants()
    }

    /// Bytes of segment files on disk: what compaction could free, but for two segments.
    public var retainedBytes: Int {
        segments.reduce(spare?.capacity ?? 0) { $0 + $1.name.capacity }
    }

    /// Bytes of batches that fit into the segments there are. Each batch takes a little more than
    /// a page at least.
    public var roomBytes: Int {
        let current = tail.isSealed ? 0 : (segments.last?.name.capacity ?? 0) - tail.position
        return current + (spare?.capacity ?? 0)
    }

    /// Keeps term and vote. Of several that wait only the newest is written.
    public mutating func save(_ hardState: JournalHardState) { waitingState = hardState }

    /// Appends records with consecutive indices. The first one's index is at most one beyond the
    /// last; whatever stands at it or behind it is superseded.
    public mutating func append(_ records: [JournalRecord]) {
        guard let first = records.first else { return }
        precondition(first.index > (restartAfter?.index ?? .zero), "a record before the restart")
        var expected = first.index
        precondition(expected <= last.index.next, "record \(expected) leaves a gap behind \(last)")
        for record in records {
            precondition(record.index == expected, "records aren't consecutive")
            precondition(record.payload.count <= settings.maximumPayloadBytes, "payload too long")
            expected = expected.next
        }
        if restartAfter != nil { restartsAtOnce = true }
        waiting += records
        last = records[records.count - 1].position
        checkInvariants()
    }

    /// A snapshot through `index` is durable: deletes the segments that hold nothing beyond it.
    public mutating func compact(through index: LogIndex) {
        #if MUTANTS
        if PlantedBug.isOn(.journalNeverCut) { return }
        #endif
        precondition(index <= last.index, "compaction beyond the end of the log")
        covered = max(covered, index)
        prune()
        checkInvariants()
    }

    /// A snapshot that ends at `position` was installed over a log that doesn't hold that entry:
    /// the log begins anew behind it. Records that wait are dropped with the rest.
    public mutating func restart(after position: JournalPosition) {
        restartAfter = position
        restartsAtOnce = true
        waiting = []
        last = position
        covered = max(covered, position.index)
        settleIfReached(position)
        checkInvariants()
    }

    /// Nothing is in doubt or unrepaired any more: a majority has answered, or the leader has
    /// made the loss good. It goes to disk with the next batch; if that never comes, then the next
    /// recovery merely asks again.
    public mutating func settleDoubt() {
        doubt = nil
        isDamaged = false
        prune()
        checkInvariants()
    }

    /// There may be room again (time has passed, something was deleted): try once more.
    public mutating func retryForRoom() { retriesForRoom = isFull }

    /// Entries behind the doubtful one of a later or the same term prove that it is held or was
    /// never committed; a loss is settled by the leader's word only.
    mutating func settleIfReached(_ position: JournalPosition) {
        if !isDamaged, let doubt, doubt <= position { self.doubt = nil }
    }

    /// A batch behind the recovered end is durable: no file need tell of the doubt any more.
    mutating func releaseEvidence() {
        guard !evidence.isEmpty else { return }
        let kept = segments.map(\.name.description)
        garbage += evidence.filter { !kept.contains($0) }
        evidence = []
    }

    /// Gives up the segments before the last one that begins, durably, with an entry that leaves
    /// no gap behind the snapshot.
    mutating func prune() {
        let needed = segments.lastIndex { $0.first.map { $0 <= covered.next } ?? false }
        guard !isDamaged, let needed, needed > 0 else { return }
        garbage += segments[..<needed].map(\.name.description).filter { !evidence.contains($0) }
        segments.removeFirst(needed)
        retryForRoom()
    }
}
