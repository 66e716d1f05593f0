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
    /// There was no room; what was begun is deleted. Nothing is lost.
    case abandonedForRoom
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
    /// The bytes are no snapshot of the announced description.
    case malformed(String)
    /// It was written by a newer version.
    case newerFormat(UInt32)
}

/// The snapshot files of a node, as a machine over disk operations.
public struct SnapshotStore: Sendable {
    public init(from recovery: Recovery) { fatalError() }

    /// The newest durable snapshot.
    public var current: SnapshotFile? { fatalError() }

    // Writing this node's own.

    /// Begins a snapshot of a frozen state. One at a time.
    public mutating func begin(_ description: SnapshotDescription) {}
    public var isWriting: Bool { fatalError() }
    /// Whether another chunk should be made now: little waits to be written.
    public var wantsChunk: Bool { fatalError() }
    public mutating func append(_ chunk: [UInt8]) {}
    public mutating func finish() {}
    /// Gives up the snapshot being written.
    public mutating func abandon() {}

    // Receiving the leader's.

    /// Takes bytes `offset...` of a snapshot file; `offset` 0 begins anew.
    public mutating func receive(_ bytes: [UInt8], at offset: Int, of last: JournalPosition)
        throws(SnapshotRefusal) -> SnapshotProgress
    { fatalError() }
    /// All bytes were received: throws unless they are whole. `.installed` follows.
    public mutating func install() throws(SnapshotRefusal) -> SnapshotDescription { fatalError() }
    /// Gives up the snapshot being received.
    public mutating func rejectReceived() {}

    // Sending.

    /// Where to read the bytes from `offset` of the current snapshot file, at most `maximum`; nil
    /// if there is no snapshot or the offset lies beyond its end.
    public func read(from offset: Int, maximum: Int) -> DiskRead? { fatalError() }

    // The performer.

    /// Everything that waits, nil while a batch is in flight.
    public mutating func nextBatch() -> DiskBatch? { fatalError() }
    public mutating func completed(_ id: DiskBatch.ID) -> [SnapshotEvent] { fatalError() }
    /// `.full` is followed by nothing: what was begun is given up (`abandonedForRoom`).
    public mutating func failed(_ id: DiskBatch.ID, _ failure: DiskFailure) -> FailureConsequence {
        fatalError()
    }
}
