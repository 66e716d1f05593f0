/// A piece of ``SharedWords`` that lives as long as anything refers to it: the replicated state
/// that writes it, a copy of that which is being encoded, or a key table whose readers look at it.
///
/// `@unchecked Sendable`: one writer and many readers, by the rules of whoever holds it. What they
/// share is atomic words.
final class SharedMemory: @unchecked Sendable {
    let words: SharedWords
    private let origin: Origin

    private enum Origin {
        /// By itself, with what its words have the addresses of.
        case own([SharedMemory])
        case pool(MemoryPool, MemoryPool.Piece)
    }

    /// All zero, on a cache line's boundary. `parts` live as long as this does.
    init(words count: Int, parts: [SharedMemory] = []) {
        words = .allocate(count: count)
        origin = .own(parts)
    }

    /// From a pool, to which it goes back; all zero, unless it is going to be written over. As the
    /// pool's pieces are, it may begin within a cache line.
    init(from pool: MemoryPool, isCleared: Bool = true) {
        let piece = isCleared ? pool.take() : pool.takeUncleared()
        words = piece.words
        origin = .pool(pool, piece)
    }

    deinit {
        switch origin {
        case .own: words.free()
        case .pool(let pool, let piece): pool.giveBack(piece)
        }
    }

    /// How many pieces are freed with it.
    var pieceCount: Int {
        switch origin {
        case .own(let parts): 1 + parts.count
        case .pool: 1
        }
    }
}
