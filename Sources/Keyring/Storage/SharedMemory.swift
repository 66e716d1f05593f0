/// A piece of ``SharedWords`` that lives as long as anything refers to it: the replicated state
/// that writes it, a copy of that which is being encoded, or a key table whose readers look at it.
///
/// `@unchecked Sendable`: one writer and many readers, by the rules of whoever holds it. What they
/// share is atomic words.
final class SharedMemory: @unchecked Sendable {
    let words: SharedWords

    /// All zero, on a cache line's boundary.
    init(words count: Int) { words = .allocate(count: count) }

    deinit { words.free() }
}
