import Synchronization

/// A word for each key that the table knows, by its slot, in chunks of 1,024 that never move.
///
/// A chunk begins with a line for the chain of stamped chunks, and a bit for each cell that says
/// whether its stamp changed since it was last taken (``LastUsed``). Together 8.2 bytes a key.
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
    private static let chunkWords = cells + chunkCells

    private var chunks: MemoryDirectory
    private(set) var chunkCount = 0

    init(root: SharedWords) { chunks = MemoryDirectory(root: root, word: Layout.Root.keyCells) }

    // MARK: Readers

    /// Requires a slot that the table has known.
    @inline(__always)
    static func cell(_ slot: UInt32, root: SharedWords) -> SharedWords {
        chunk(Int(slot) >> chunkBits, root: root)
            .advanced(by: cells + Int(slot) & (chunkCells - 1))
    }

    @inline(__always)
    static func chunk(_ number: Int, root: SharedWords) -> SharedWords {
        MemoryDirectory.piece(number, root: root, word: Layout.Root.keyCells)
    }

    @inline(__always)
    static func chunkNumber(of slot: UInt32) -> Int { Int(slot) >> chunkBits }

    // MARK: The writer

    @inline(__always)
    subscript(_ slot: UInt32) -> SharedWords {
        chunks[Int(slot) >> KeyCells.chunkBits]
            .advanced(by: KeyCells.cells + Int(slot) & (KeyCells.chunkCells - 1))
    }

    func chunk(_ number: Int) -> SharedWords { chunks[number] }

    /// Makes cells for all slots up to this one.
    mutating func reach(_ slot: UInt32, retiring retired: inout RetiredMemory) {
        while KeyCells.chunkNumber(of: slot) >= chunkCount {
            let chunk = SharedWords.allocate(count: KeyCells.chunkWords)
            chunks.set(chunkCount, to: chunk, retiring: &retired)
            chunkCount += 1
        }
    }

    /// All the memory of the cells.
    func collect(into pieces: inout [SharedWords]) {
        guard let directory = chunks.words else { return }
        pieces.append(directory)
        for number in 0..<chunkCount { pieces.append(chunks[number]) }
    }

    /// Bytes held, those of retired memory aside.
    var byteCount: Int { 8 * chunks.capacity + 8 * KeyCells.chunkWords * chunkCount }
}
