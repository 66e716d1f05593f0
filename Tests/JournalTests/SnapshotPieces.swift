import Basics

@testable import Journal

/// A snapshot file that gives so many bytes at a time.
struct SlowFile: SnapshotBytes {
    var name = "snapshot"
    var bytes: [UInt8]
    var pieceBytes: Int
    /// From here on the disk gives none.
    var unreadableFrom = Int.max

    func piece(from offset: Int) throws(UnreadableBytes) -> ArraySlice<UInt8> {
        guard offset < unreadableFrom else { throw UnreadableBytes("a bad sector") }
        return bytes[offset...].prefix(pieceBytes)
    }
}

/// The chunks of a snapshot as they came.
struct ChunkList: SnapshotContents {
    var chunks: [[UInt8]] = []

    mutating func take(_ chunk: ArraySlice<UInt8>) { chunks.append(Array(chunk)) }
}

/// The half that may run beside is done first: as far from `OneWorker` as two threads get.
struct BesideFirst: Workers {
    func both<Here, Beside: Sendable>(
        _ here: () -> Here, beside: @escaping @Sendable () -> Beside
    ) -> (Here, Beside) {
        let second = beside()
        return (here(), second)
    }
}
