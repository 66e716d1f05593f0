import Basics

/// What a completed batch made durable.
public struct Durable: Hashable, Sendable {
    /// The hard state now on disk, if the batch carried one.
    public var hardState: JournalHardState?
    /// The last entry now on disk, if the batch carried records: everything before it is durable,
    /// too. Another entry may have replaced it in memory meanwhile.
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

/// The log's segments and the hard state's slots, as a machine over disk operations.
public struct WriteAheadLog: Sendable {
    /// Goes on where recovery left off. The first batch syncs what recovery read and makes the
    /// cut; until it is completed (`Durable.isOpen`) nothing read may be acted upon.
    public init(from recovery: Recovery, settings: JournalSettings = JournalSettings()) {
        fatalError()
    }

    /// The last entry appended, durable or not.
    public var last: JournalPosition { fatalError() }
    /// What recovery left in doubt and no entry since has settled.
    public var doubt: JournalPosition? { fatalError() }
    /// Whether room ran out: what fits into the segments there are is still written.
    public var isFull: Bool { fatalError() }
    /// Bytes of segment files on disk: what a snapshot and `compact` would free at best.
    public var retainedBytes: Int { fatalError() }

    /// Keeps term and vote. Of several that wait only the newest is written, before all records
    /// that wait with it.
    public mutating func save(_ hardState: JournalHardState) {}
    /// Appends records with consecutive indices. The first one's index is at most one beyond the
    /// last; whatever stands at it or behind it is superseded.
    public mutating func append(_ records: [JournalRecord]) {}
    /// A snapshot through `index` is durable: deletes the segments that hold nothing beyond it.
    public mutating func compact(through index: LogIndex) {}
    /// A snapshot that ends at `position` was installed over a log that doesn't hold that entry:
    /// the log begins anew behind it.
    public mutating func restart(after position: JournalPosition) {}
    /// A majority has answered, and what was in doubt need not be found again.
    public mutating func settleDoubt() {}
    /// There may be room again (time has passed, something was deleted): try.
    public mutating func retryForRoom() {}

    /// Everything that waits, in one batch; nil while one is in flight or nothing waits.
    public mutating func nextBatch() -> DiskBatch? { fatalError() }
    public mutating func completed(_ id: DiskBatch.ID) -> Durable { fatalError() }
    public mutating func failed(_ id: DiskBatch.ID, _ failure: DiskFailure) -> FailureConsequence {
        fatalError()
    }
}
