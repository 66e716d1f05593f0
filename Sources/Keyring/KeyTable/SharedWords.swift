import Synchronization

/// A row of atomic words in memory of its own, outside every object: what the writer and the
/// readers of a ``KeyTable`` share.
///
/// Unsafe on purpose: a reader that reached the words through an object would count references
/// to it, which costs more than the look-up and bounces the count between the cores. Who frees
/// the memory, and when, is the matter of ``ReaderEpochs``.
///
/// Every access is atomic, so that there is no data race to argue about. On x86 a load, an
/// acquiring load and a releasing store are plain moves; the orderings cost nothing there.
struct SharedWords {
    let base: UnsafeMutablePointer<Atomic<UInt64>>

    /// All zero, on a cache line's boundary.
    static func allocate(count: Int) -> SharedWords {
        let words = allocateUncleared(count: count)
        words.clear(count: count)
        return words
    }

    /// Whatever was there, on a cache line's boundary: to be cleared before it is looked at.
    static func allocateUncleared(count: Int) -> SharedWords {
        let raw = UnsafeMutableRawPointer.allocate(byteCount: count * 8, alignment: 64)
        // An `Atomic<UInt64>` is laid out as a `UInt64` and needs no destruction.
        return SharedWords(base: raw.bindMemory(to: Atomic<UInt64>.self, capacity: count))
    }

    /// Sets words to zero that nobody else looks at.
    func clear(count: Int) {
        UnsafeMutableRawPointer(base).initializeMemory(as: UInt64.self, repeating: 0, count: count)
    }

    func free() { UnsafeMutableRawPointer(base).deallocate() }

    /// The words from `offset` on.
    @inline(__always)
    func advanced(by offset: Int) -> SharedWords { SharedWords(base: base + offset) }

    @inline(__always)
    func load(_ offset: Int) -> UInt64 { base[offset].load(ordering: .relaxed) }

    /// Sees everything that the writer did before it stored the value with `publish`.
    @inline(__always)
    func acquire(_ offset: Int) -> UInt64 { base[offset].load(ordering: .acquiring) }

    @inline(__always)
    func store(_ value: UInt64, at offset: Int) { base[offset].store(value, ordering: .relaxed) }

    /// Stores after everything that this thread stored before.
    @inline(__always)
    func publish(_ value: UInt64, at offset: Int) {
        base[offset].store(value, ordering: .releasing)
    }

    /// The two halves of a word by themselves, 0 the low one: this machine's bytes ascend.
    @inline(__always)
    func half(_ offset: Int, _ half: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        (UnsafeMutableRawPointer(base + offset) + 4 * half)
            .assumingMemoryBound(to: Atomic<UInt32>.self)
    }
}

/// A word may hold the place of other words; zero is none.
extension SharedWords {
    @inline(__always)
    init?(address: UInt64) {
        guard let pointer = UnsafeMutableRawPointer(bitPattern: UInt(address)) else { return nil }
        base = pointer.assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    @inline(__always)
    init(unsafe address: UInt64) {
        base = UnsafeMutableRawPointer(bitPattern: UInt(address)).unsafelyUnwrapped
            .assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    @inline(__always)
    var address: UInt64 { UInt64(UInt(bitPattern: base)) }
}
