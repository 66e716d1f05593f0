import Basics

/// One thing to do on disk. Names are those of files in the node's data directory; there are no
/// subdirectories.
public enum DiskOperation: Hashable, Sendable {
    /// Makes a file of exactly `bytes` zero bytes whose room is reserved on disk (`fallocate`), so
    /// that writing into it can't run out of space. An existing file of that name is replaced.
    case create(String, bytes: Int)
    /// Writes all of `bytes` at `offset`, past the end if need be.
    case write(String, offset: Int, bytes: [UInt8])
    /// Returns once everything written to the file, and its size, survives a power cut.
    case sync(String)
    /// Atomically takes the place of `to`.
    case rename(from: String, to: String)
    /// Returns once every creation, renaming and deletion so far survives a power cut.
    case syncDirectory
    /// A file that isn't there is no error: the deletion may have happened before a crash.
    case delete(String)
}

/// Which queue of the performer a batch belongs to. Batches of one lane are performed one after
/// the other; the lanes may overtake one another, so that a long snapshot delays no commit.
public enum DiskLane: UInt8, Hashable, Sendable {
    case journal = 0
    case snapshots = 1
}

/// Operations to be performed strictly in order. The performer then reports the batch completed,
/// or failed at its first failure; a failed write or sync is never tried again, because the
/// kernel may have dropped the pages it couldn't write.
public struct DiskBatch: Hashable, Sendable {
    public struct ID: Hashable, Sendable {
        public var lane: DiskLane
        public var number: UInt64

        public init(lane: DiskLane, number: UInt64) {
            self.lane = lane
            self.number = number
        }
    }

    public var id: ID
    public var operations: [DiskOperation]

    public init(id: ID, operations: [DiskOperation]) {
        self.id = id
        self.operations = operations
    }
}

/// A range of a file to be read.
public struct DiskRead: Hashable, Sendable {
    public var name: String
    public var offset: Int
    public var count: Int

    public init(name: String, offset: Int, count: Int) {
        self.name = name
        self.offset = offset
        self.count = count
    }
}

/// Why a batch failed.
public enum DiskFailure: Error, Hashable, Sendable {
    /// The disk, or the quota, is full (`ENOSPC`, `EDQUOT`), and it was a `create`, a `write` or a
    /// `rename` that found out.
    case noSpace
    /// Anything else, and every failed sync: in words for a log line.
    case broken(String)
}

/// What a failure means to the node.
public enum FailureConsequence: Hashable, Sendable {
    /// Nothing was acknowledged and nothing is lost: take no more writes until there is room.
    case full
    /// What the disk holds isn't known any more: the process must end with one clear line.
    case fatal(String)
}

/// A file as recovery reads it.
public struct StoredFile: Hashable, Sendable {
    public var name: String
    public var bytes: [UInt8]

    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}
