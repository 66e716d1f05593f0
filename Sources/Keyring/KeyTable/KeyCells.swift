import Synchronization

/// What may change of a key: 12 bits of its API's number, a bit whether it is blocked and three of
/// its state; and 16 of the minute of its last use (``LastUsed``). All zero before the key is born
/// and once it is forgotten.
struct KeyCell {
    fileprivate let place: UnsafeMutableRawPointer

    static let apiBits = 12

    /// The lower half: API's number above `Layout.blocked` and `KeyState`.
    @inline(__always)
    var state: UnsafeMutablePointer<Atomic<UInt16>> {
        place.assumingMemoryBound(to: Atomic<UInt16>.self)
    }
    @inline(__always)
    var stamp: UnsafeMutablePointer<Atomic<UInt16>> {
        (place + 2).assumingMemoryBound(to: Atomic<UInt16>.self)
    }

    /// The state and what goes with it. Who sees it sees what was published before.
    @inline(__always)
    func load() -> UInt64 { UInt64(state.pointee.load(ordering: .acquiring)) }

    /// For the writer: after everything else of the key.
    func publish(_ word: UInt64) {
        state.pointee.store(UInt16(truncatingIfNeeded: word), ordering: .releasing)
    }

    /// The API's number in a word.
    @inline(__always)
    static func api(_ word: UInt64) -> Int { Int(word >> 4) }

    static func word(api: Int, state: KeyState, blocked: UInt64) -> UInt64 {
        UInt64(api) << 4 | blocked | UInt64(state.rawValue)
    }
}

/// A cell for each key that the table knows, by its slot, in chunks of 1,024 that never move.
///
/// A chunk begins with a line for the chain of stamped chunks, and a bit for each cell that says
/// whether its stamp changed since it was last taken (``LastUsed``). Together 4.2 bytes a key.
struct KeyCells {
    private static let chunkBits = 10
    static let chunkCells = 1 << chunkBits
    /// Word 0: 0 while the chunk isn't in the chain, ``end`` in its last chunk, else one more than
    /// the next chunk's number.
    static let link = 0
    static let end = UInt64.max
    static let marks = 8
    static let markWords = chunkCells / 64
    private static let cells = marks + markWords
    private static let chunkWords = cells + chunkCells / 2

    private var chunks: MemoryDirectory
    var chunkCount: Int { chunks.count }

    init(root: SharedWords) { chunks = MemoryDirectory(root: root, word: Layout.Root.keyCells) }

    // MARK: Readers

    /// Nil for a slot that the table hasn't known yet.
    @inline(__always)
    static func cell(_ slot: UInt32, root: SharedWords) -> KeyCell? {
        MemoryDirectory.pieceIfThere(
            chunkNumber(of: slot), root: root, word: Layout.Root.keyCells
        ).map { cell(slot, in: $0) }
    }

    @inline(__always)
    private static func cell(_ slot: UInt32, in chunk: SharedWords) -> KeyCell {
        KeyCell(
            place: UnsafeMutableRawPointer(chunk.base + cells) + 4 * (Int(slot) & (chunkCells - 1)))
    }

    @inline(__always)
    static func chunk(_ number: Int, root: SharedWords) -> SharedWords {
        MemoryDirectory.piece(number, root: root, word: Layout.Root.keyCells)
    }

    @inline(__always)
    static func chunkNumber(of slot: UInt32) -> Int { Int(slot) >> chunkBits }

    // MARK: The writer

    @inline(__always)
    subscript(_ slot: UInt32) -> KeyCell {
        KeyCells.cell(slot, in: chunks[KeyCells.chunkNumber(of: slot)])
    }

    func chunk(_ number: Int) -> SharedWords { chunks[number] }

    /// Makes cells for all slots up to this one.
    mutating func reach(_ slot: UInt32, retiring retired: inout RetiredMemory) {
        chunks.reach(
            KeyCells.chunkNumber(of: slot), words: KeyCells.chunkWords, retiring: &retired)
    }

    /// All the memory of the cells.
    func collect(into pieces: inout [SharedWords]) { chunks.collect(into: &pieces) }

    /// Bytes held, those of retired memory aside.
    var byteCount: Int { 8 * chunks.capacity + 8 * KeyCells.chunkWords * chunkCount }
}
