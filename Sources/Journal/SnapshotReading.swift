import Basics

/// A snapshot file that was read as a whole and is whole.
struct SnapshotReading<Contents: SnapshotContents> {
    let description: SnapshotDescription
    let byteCount: Int
    let contents: Contents

    /// Reads all of `file`, and while a piece is made into contents the next is read and checked
    /// beside it. So there are two pieces in memory, and no chunk is taken before its own checksum
    /// holds; but only at the end is it known whether the file's does, and with that, whether there
    /// are contents at all.
    ///
    /// Nil if the bytes are no whole snapshot of this cluster.
    init?(
        of file: any SnapshotBytes, clusterID: [UInt8], with workers: some Workers
    ) throws(RecoveryRefusal) {
        var contents = Contents()
        var checking = SnapshotChecking(of: file, clusterID: clusterID).advanced()
        while !checking.isAtEnd {
            guard try checking.isGood() else { return nil }
            let chunks = checking.chunks
            let checked = checking
            (_, checking) = workers.both({ for chunk in chunks { contents.take(chunk) } }) {
                checked.advanced()
            }
        }
        guard try checking.isGood(), checking.scanner.isComplete,
            let description = checking.scanner.description
        else { return nil }
        self.description = description
        byteCount = checking.scanner.received
        self.contents = contents
    }
}

/// How far the file is checked. A value of its own, so that it can go on on another thread.
private struct SnapshotChecking: Sendable {
    private let file: any SnapshotBytes
    private(set) var scanner: SnapshotScanner
    /// What the last piece completed.
    private(set) var chunks: [ArraySlice<UInt8>] = []
    private(set) var isAtEnd = false
    private var trouble: Trouble?

    private enum Trouble {
        case refused(SnapshotRefusal)
        case unreadable(UnreadableBytes)
    }

    init(of file: any SnapshotBytes, clusterID: [UInt8]) {
        self.file = file
        scanner = SnapshotScanner(clusterID: clusterID)
    }

    /// With the next piece read and checked.
    func advanced() -> SnapshotChecking {
        var next = self
        next.advance()
        return next
    }

    private mutating func advance() {
        chunks = []
        let piece: ArraySlice<UInt8>
        do throws(UnreadableBytes) {
            piece = try file.piece(from: scanner.received)
        } catch {
            trouble = .unreadable(error)
            return
        }
        guard !piece.isEmpty else {
            isAtEnd = true
            return
        }
        do throws(SnapshotRefusal) {
            chunks = try scanner.take(piece)
        } catch {
            trouble = .refused(error)
        }
    }

    /// Whether all was well so far. Throws what must stop the start instead of making it go back to
    /// an older file.
    func isGood() throws(RecoveryRefusal) -> Bool {
        switch trouble {
        case nil: return true
        case .refused(.newerFormat(let version)):
            throw .newerFormat(file: file.name, version: version)
        case .refused: return false
        case .unreadable(let error): throw .unreadable(file: file.name, detail: error.reason)
        }
    }
}
