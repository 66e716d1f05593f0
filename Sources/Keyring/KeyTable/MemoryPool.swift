import Synchronization

/// Memory in pieces of one size, cut from slabs of about a mebibyte: for what comes and goes with
/// keys in large numbers.
///
/// The general allocator would put such pieces between buffers and entries of the log, which are as
/// large and live for seconds. Each of those leaves a hole behind of which a long-lived piece takes
/// a part, and the rest fits nothing: with three million keys a third of the memory was such holes.
/// Here what is freed fits exactly what comes next.
///
/// A lock guards the pool for the few instructions that a piece's number takes: pieces are freed by
/// whoever held them last, which may be the thread that writes a snapshot.
final class MemoryPool: Sendable {
    private static let slabBytes = 1 << 20

    private let pieceWords: Int
    private let piecesInSlab: Int
    /// Those that have a free piece. A full one is held by its pieces alone.
    private let open = Mutex<[Slab]>([])

    /// A piece, and the slab that it goes back to.
    struct Piece {
        fileprivate let slab: Slab
        let words: SharedWords
    }

    /// Of pieces of that many words: on a cache line's boundary if the words are whole lines.
    init(pieceWords: Int) {
        self.pieceWords = pieceWords
        piecesInSlab = max(1, MemoryPool.slabBytes / (8 * pieceWords))
    }

    /// All zero.
    func take() -> Piece {
        let piece = open.withLock { slabs in
            let slab = slabs.last ?? Slab(pieceWords: pieceWords, count: piecesInSlab)
            if slabs.isEmpty { slab.open(in: &slabs) }
            let piece = Piece(slab: slab, words: slab.take())
            if slab.used == piecesInSlab { slabs.removeLast() }
            return piece
        }
        piece.words.clear(count: pieceWords)
        return piece
    }

    /// To be called once for each piece that was taken, when nobody looks at it any more.
    func giveBack(_ piece: Piece) {
        open.withLock { slabs in
            if piece.slab.used == piecesInSlab { piece.slab.open(in: &slabs) }
            piece.slab.giveBack(piece.words)
            // One without a piece in use is kept, for what may be taken next.
            if piece.slab.used == 0, slabs.count > 1 { piece.slab.close(in: &slabs) }
        }
    }

    /// For tests: how many slabs have a free piece.
    var openCount: Int { open.withLock { $0.count } }
}

/// `@unchecked Sendable`: everything but the pieces' own words is touched under the pool's lock.
private final class Slab: @unchecked Sendable {
    private let words: SharedWords
    private let pieceWords: Int
    private(set) var used = 0
    /// Pieces that were never taken begin here; those that were given back.
    private var untouched = 0
    private var free: [SharedWords] = []
    /// Its place among those with a free piece.
    private var place = 0

    init(pieceWords: Int, count: Int) {
        words = .allocateUncleared(count: pieceWords * count)
        self.pieceWords = pieceWords
    }

    deinit { words.free() }

    func take() -> SharedWords {
        used += 1
        if let piece = free.popLast() { return piece }
        defer { untouched += 1 }
        return words.advanced(by: untouched * pieceWords)
    }

    func giveBack(_ piece: SharedWords) {
        free.append(piece)
        used -= 1
    }

    func open(in slabs: inout [Slab]) {
        place = slabs.count
        slabs.append(self)
    }

    func close(in slabs: inout [Slab]) {
        let last = slabs.removeLast()
        guard last !== self else { return }
        last.place = place
        slabs[place] = last
    }
}
