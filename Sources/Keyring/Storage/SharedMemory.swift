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

    /// All zero, from a pool, to which it goes back.
    init(from pool: MemoryPool) {
        let piece = pool.take()
        words = piece.words
        origin = .pool(pool, piece)
    }

    deinit {
        switch origin {
        case .own: words.free()
        case .pool(let pool, let piece): pool.giveBack(piece)
        }
    }
}
