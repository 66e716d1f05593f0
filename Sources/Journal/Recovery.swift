import Basics

/// What recovery says of a log.
public enum Verdict: Hashable, Sendable {
    /// Everything that was ever reported durable is there.
    case whole
    /// The same; and behind it lay the rest of a batch that was never reported durable. It is cut.
    case torn(TornTail)
    /// The last batch ended at this position, its header stands and its body is bad: torn before
    /// it was reported durable, or rotten since.
    case inDoubt(JournalPosition)
    /// Something that was reported durable is lost.
    case corrupt(Corruption)
}

/// Where a torn tail was cut.
public struct TornTail: Hashable, Sendable {
    public var file: String
    /// The first byte cut, counted from the beginning of the file.
    public var offset: Int
}

/// Damage to what was reported durable.
public struct Corruption: Hashable, Sendable, CustomStringConvertible {
    public enum Part: Hashable, Sendable {
        /// Records are lost. A snapshot from the leader repairs it.
        case log
        /// The snapshot is lost and the log before it was cut. A snapshot from the leader repairs
        /// it.
        case snapshot
        /// Votes are lost: the node can never again be trusted under this id.
        case hardState
    }

    public var part: Part
    public var file: String
    /// The first bad byte's offset in the file, as far as it is known.
    public var offset: Int
    public var detail: String
    /// The furthest position that the damaged log is known to have reached: until the node's log
    /// reaches it again the node must be taken for one in doubt about it.
    public var reached: JournalPosition

    public var description: String { "\(file) at offset \(offset): \(detail)" }
}

/// Why a directory is refused altogether. Nothing in it was changed.
public enum RecoveryRefusal: Error, Hashable, Sendable {
    /// There is no file of ours: the directory must be formatted first, or the disk was lost.
    case empty
    /// `format` didn't finish. It may be repeated: nothing was ever promised from here.
    case partlyFormatted
    /// The identity file is missing or damaged while other files hold data.
    case identityDamaged(String)
    /// It is another program's.
    case foreign(String)
    /// It was written by a newer version.
    case newerFormat(file: String, version: UInt32)
    /// The disk doesn't give a snapshot's bytes.
    case unreadable(file: String, detail: String)
    /// It was formatted by an older version, whose files this one would misread.
    case olderFormat(version: UInt32)
}

/// A snapshot that recovery found whole.
public struct RecoveredSnapshot: Hashable, Sendable {
    public var description: SnapshotDescription
    public var name: String
    public var byteCount: Int
}

/// What a data directory holds after a stop of any kind. Reading changes nothing; what must be
/// cut, synced or deleted is done by the first batches of `WriteAheadLog` and `SnapshotStore`.
public struct Recovery: Hashable, Sendable {
    public var identity: Identity
    /// Not to be used if the verdict is corruption of the hard state.
    public var hardState: JournalHardState
    /// The newest valid snapshot; nil if none was ever made, or it is lost.
    public var snapshot: RecoveredSnapshot?
    /// The surviving log after the snapshot, without gaps.
    public var records: [JournalRecord]
    public var verdict: Verdict
    /// Damage that cost nothing (a second copy that isn't readable), in words for the log.
    public var blemishes: [String]
    /// Where the log goes on.
    var log: LogContinuation
    /// Snapshot files that nothing needs any more.
    var obsoleteSnapshots: [String]
    /// Snapshot files that can't be read, newer than `snapshot`: kept until there is a newer one.
    var lostSnapshots: [String]
}

/// What `WriteAheadLog` needs to go on, beside the log itself.
struct LogContinuation: Hashable, Sendable {
    var slots: HardStateSlots
    /// A hard state that isn't on disk yet; nil if the newest there is in force.
    var raisedState: JournalHardState?
    /// The segments there are, the last one to be written to unless it is sealed.
    var segments: [RetainedSegment]
    var isSealed: Bool
    /// The next batch's place in the last segment, its offset in the log and the checksum it
    /// continues.
    var position: Int
    var offset: UInt64
    var checksum: UInt32
    var spare: SegmentName?
    var nextSequence: UInt64
    /// The end of the log.
    var last: JournalPosition
    var doubt: JournalPosition?
    var isDamaged: Bool
    /// Where the log must begin anew before a record is appended.
    var restartAfter: JournalPosition?
    /// Whether it is to do so at once, or only when a record comes (a damaged log is left as it
    /// is until its repair begins).
    var restartsAtOnce: Bool
    var superfluous: [String]
    /// Files that alone tell of the doubt.
    var evidence: [String]
}
