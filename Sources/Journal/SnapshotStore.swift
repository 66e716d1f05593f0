import Basics

/// A snapshot file that is durable.
public struct SnapshotFile: Hashable, Sendable {
    public var description: SnapshotDescription
    public var name: String
    public var byteCount: Int
}

/// What became of a snapshot.
public enum SnapshotEvent: Hashable, Sendable {
    /// This node's own snapshot is durable: the log up to it may be cut
    /// (`WriteAheadLog.compact`).
    case written(SnapshotDescription)
    /// The received snapshot is durable: swap the state in, then `WriteAheadLog.compact` if the
    /// log holds the snapshot's last entry, `WriteAheadLog.restart` if it doesn't.
    case installed(SnapshotDescription)
}

/// What a received range of a snapshot file added.
public struct SnapshotProgress: Hashable, Sendable {
    /// Chunks of state that are now complete and whose checksums hold. They may be decoded, but
    /// not used before the whole is installed.
    public var chunks: [[UInt8]]
    /// Bytes of the file received so far: the offset wanted next.
    public var received: Int
}

/// Why a received snapshot can't be used.
public enum SnapshotRefusal: Error, Hashable, Sendable {
    /// Not the bytes that come next: `expected` is the offset wanted.
    case notContiguous(expected: Int)
    /// This node has a snapshot that reaches as far.
    case outdated
    /// The bytes are no snapshot of the announced entry.
    case malformed(String)
    /// It was written by a newer version.
    case newerFormat(UInt32)
}

/// The snapshot files of a node, as a machine over disk operations. One may be written, one
/// received and one read at the same time.
///
/// A snapshot is written under another name, synced, renamed, and the directory synced; only then
/// is it reported, the one before it deleted and, by the caller, the log cut. So at every moment
/// there is a whole one that the log goes back to, and at most three files are kept. Recovery
/// finds either the old one or the new one, with a log that fits both.
public struct SnapshotStore: Sendable {
    /// A file on its way.
    struct Stream: Sendable {
        let temporaryName: String
        var operations: [DiskOperation]
        var waitingBytes = 0
        var byteCount = 0
        /// Set when nothing more comes.
        var finished: SnapshotDescription?

        init(_ temporaryName: String) {
            self.temporaryName = temporaryName
            operations = [.create(temporaryName, bytes: 0)]
        }

        mutating func write(_ bytes: [UInt8]) {
            operations.append(.write(temporaryName, offset: byteCount, bytes: bytes))
            byteCount += bytes.count
            waitingBytes += bytes.count
        }
    }

    enum InFlight: Hashable, Sendable {
        case housekeeping(Int)
        case writing(SnapshotFile?)
        case receiving(SnapshotFile?)
    }

    let clusterID: [UInt8]
    /// The newest durable snapshot.
    public internal(set) var current: SnapshotFile?
    /// Files that go with the next new snapshot: what is bad.
    var lost: [String]
    /// Files to be deleted.
    var garbage: [String]
    var writing: (stream: Stream, encoder: SnapshotEncoder, description: SnapshotDescription)?
    var receiving: (stream: Stream, scanner: SnapshotScanner, last: JournalPosition)?
    var inFlight: (id: DiskBatch.ID, what: InFlight)?
    var batches: UInt64 = 0
    /// Whether the names that recovery read are durable. A process that was killed may have
    /// renamed a snapshot into place and not have synced the directory: to delete the one before
    /// it now could leave neither after a power cut.
    var isOpen = false

    /// Chunks are made only while less than this waits to be written, so that a slow disk doesn't
    /// fill the memory.
    static let waitingLimit = 4 << 20

    public init(from recovery: Recovery) {
        clusterID = recovery.identity.clusterID
        current = recovery.snapshot.map {
            SnapshotFile(description: $0.description, name: $0.name, byteCount: $0.byteCount)
        }
        lost = recovery.lostSnapshots
        garbage = recovery.obsoleteSnapshots
    }

    /// Whether a snapshot is being written, until it is durable in its place: before, whoever asks
    /// whether the next is due is told of the log that this one will cover.
    public var isWriting: Bool {
        if case .writing(.some) = inFlight?.what { return true }
        return writing != nil
    }
    /// Whether a snapshot is being received, until its last batch is on its way to the disk.
    public var isReceiving: Bool { receiving != nil }
    /// Whether another chunk should be made now.
    public var wantsChunk: Bool {
        guard let writing else { return false }
        return writing.stream.finished == nil
            && writing.stream.waitingBytes < SnapshotStore.waitingLimit
    }

    /// Begins a snapshot of a frozen state. Requires that none is being written.
    public mutating func begin(_ description: SnapshotDescription) {
        precondition(!isWriting, "a snapshot is being written")
        let (encoder, bytes) = SnapshotEncoder.begin(description, clusterID: clusterID)
        var stream = Stream(FileName.incompleteSnapshot)
        stream.write(bytes)
        writing = (stream, encoder, description)
    }

    /// The next chunk of state: from 1 to 2^26 bytes.
    public mutating func append(_ chunk: [UInt8]) {
        guard let bytes = writing?.encoder.chunk(chunk) else { return }
        writing?.stream.write(bytes)
    }

    /// All of the state was appended; `.written` follows.
    public mutating func finish() {
        guard let description = writing?.description, let bytes = writing?.encoder.finish() else {
            return
        }
        writing?.stream.write(bytes)
        writing?.stream.finished = description
    }

    /// Gives up the snapshot being written.
    public mutating func abandon() {
        guard writing != nil else { return }
        writing = nil
        garbage.append(FileName.incompleteSnapshot)
    }

    /// Where to read the bytes from `offset` of the current snapshot file, at most `maximum`; nil
    /// if there is no snapshot or the offset isn't inside it. `isLast` if they are its end.
    public func read(from offset: Int, maximum: Int) -> (read: DiskRead, isLast: Bool)? {
        guard let current, offset >= 0, offset < current.byteCount, maximum > 0 else { return nil }
        let count = min(maximum, current.byteCount - offset)
        return (
            DiskRead(name: current.name, offset: offset, count: count),
            offset + count == current.byteCount
        )
    }
}
