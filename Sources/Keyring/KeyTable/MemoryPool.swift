import Synchronization

/// Memory in pieces of one size, cut from slabs of about a mebibyte: for what comes and goes with
/// keys in large numbers.
///
/// The general allocator would put such pieces between buffers and entries of the log, which are as
/// large and live for seconds. Each of those leaves a hole behind of which a long-lived piece takes
/// a part, and the rest fits nothing: with ten million keys just loaded, 76 bytes a key lay free
/// instead of 56. Here what is freed fits exactly what comes next.
///
/// What is free here is no free memory to the allocator: whoever has the system take that back
/// calls ``discardFree(_:)``, too.
///
/// A lock guards the pool for the few instructions that a piece's number takes: pieces are freed by
/// whoever held them last, which may be the thread that writes a snapshot.
final class MemoryPool: Sendable {
    private static let slabBytes = 1 << 20

    private let pieceWords: Int
    private let piecesInSlab: Int
    /// Those that have a free piece. A full one is held by its pieces alone.
    private let open = Mutex<[Slab]>([])
    /// What the lock orders, said once more in a way that the thread sanitizer understands, which
    /// knows nothing of `Mutex`.
    private let order = Atomic<Bool>(false)

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

    private func withOpen<Result>(_ body: (inout [Slab]) -> Result) -> Result {
        open.withLock { slabs in
            _ = order.load(ordering: .acquiring)
            defer { order.store(true, ordering: .releasing) }
            return body(&slabs)
        }
    }

    /// Whatever was there: to be written over before it is looked at.
    func takeUncleared() -> Piece {
        if let piece = withOpen(takeOpen) { return piece }
        // Not under the lock: the allocator may wait for another thread.
        let slab = Slab(pieceWords: pieceWords, count: piecesInSlab)
        return withOpen { slabs in
            slab.open(in: &slabs)
            guard let piece = takeOpen(&slabs) else { preconditionFailure("a slab without pieces") }
            return piece
        }
    }

    private func takeOpen(_ slabs: inout [Slab]) -> Piece? {
        guard let slab = slabs.last else { return nil }
        let piece = Piece(slab: slab, words: slab.take())
        if slab.used == piecesInSlab { slabs.removeLast() }
        return piece
    }

    /// All zero.
    func take() -> Piece {
        let piece = takeUncleared()
        piece.words.clear(count: pieceWords)
        return piece
    }

    /// To be called once for each piece that was taken here, when nobody looks at it any more.
    func giveBack(_ piece: Piece) {
        withOpen { slabs in
            if piece.slab.used == piecesInSlab { piece.slab.open(in: &slabs) }
            piece.slab.giveBack(piece.words)
            // One without a piece in use is kept, for what may be taken next.
            if piece.slab.used == 0, slabs.count > 1 { piece.slab.close(in: &slabs) }
        }
    }

    /// Has `discard` make every free piece's memory, which may lose what is in it, into none; those
    /// aside for which it was done before. Pieces can neither be taken nor given back meanwhile.
    func discardFree(_ discard: (UnsafeMutableRawBufferPointer) -> Void) {
        withOpen { slabs in
            for slab in slabs { slab.discardFree(discard) }
        }
    }

    /// For tests: how many slabs have a free piece.
    var openCount: Int { withOpen { $0.count } }
}

/// `@unchecked Sendable`: everything but the pieces' own words is touched under the pool's lock.
private final class Slab: @unchecked Sendable {
    private let words: SharedWords
    private let pieceWords: Int
    private(set) var used = 0
    /// Pieces that were never taken begin here; those that were given back, the last one on top.
    private var untouched = 0
    private var free: [SharedWords] = []
    /// How many of these, from the bottom on, were discarded since.
    private var discarded = 0
    /// Its place among those with a free piece.
    private var place = 0

    init(pieceWords: Int, count: Int) {
        words = .allocateUncleared(count: pieceWords * count)
        self.pieceWords = pieceWords
    }

    deinit { words.free() }

    func take() -> SharedWords {
        used += 1
        if let piece = free.popLast() {
            discarded = min(discarded, free.count)
            return piece
        }
        defer { untouched += 1 }
        return words.advanced(by: untouched * pieceWords)
    }

    func giveBack(_ piece: SharedWords) {
        precondition(used > 0, "a piece is given back twice")
        free.append(piece)
        used -= 1
    }

    func discardFree(_ discard: (UnsafeMutableRawBufferPointer) -> Void) {
        for piece in free[discarded...] {
            discard(UnsafeMutableRawBufferPointer(start: piece.base, count: 8 * pieceWords))
        }
        discarded = free.count
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
