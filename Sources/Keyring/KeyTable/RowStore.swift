/// Rows of a fixed number of words, by number, in chunks that never move: growing copies nothing
/// but the directory of chunks (8 bytes per 1,024 rows).
///
/// Readers reach a row through the directory, whose address is a word of the table's root; they
/// know a row's number only from words that were published after the row was written. A freed
/// row is used again only after all readers have passed.
struct RowStore {
    private static let chunkBits = 10
    static let chunkRows = 1 << chunkBits

    let rowWords: Int
    private var chunks: MemoryDirectory
    /// Rows handed out so far, and row 0, which is no row.
    private var next: UInt32 = 1
    private var free: [UInt32] = []

    init(rowWords: Int, root: SharedWords, word: Int) {
        self.rowWords = rowWords
        chunks = MemoryDirectory(root: root, word: word)
    }

    // MARK: Readers

    /// The row's words. Requires a number that was published.
    @inline(__always)
    static func row(_ number: UInt32, words: Int, root: SharedWords, word: Int) -> SharedWords {
        MemoryDirectory.piece(Int(number) >> chunkBits, root: root, word: word)
            .advanced(by: (Int(number) & (chunkRows - 1)) &* words)
    }

    // MARK: The writer

    @inline(__always)
    subscript(_ number: UInt32) -> SharedWords {
        chunks[Int(number) >> RowStore.chunkBits]
            .advanced(by: (Int(number) & (RowStore.chunkRows - 1)) &* rowWords)
    }

    /// A row, all of whose words are zero.
    mutating func allocate(retiring retired: inout RetiredMemory) -> UInt32 {
        if let number = free.popLast() { return number }
        precondition(next < UInt32.max - 1, "rows ran out")
        let number = next
        chunks.reach(
            Int(number) >> RowStore.chunkBits, words: rowWords << RowStore.chunkBits,
            retiring: &retired)
        next += 1
        return number
    }

    /// Requires that no reader can reach the row any more.
    mutating func recycle(_ number: UInt32) {
        let row = self[number]
        for word in 0..<rowWords { row.store(0, at: word) }
        free.append(number)
    }

    /// All the memory of the store.
    func collect(into pieces: inout [SharedWords]) { chunks.collect(into: &pieces) }

    /// Bytes held, those of retired memory aside.
    var byteCount: Int {
        8 * chunks.capacity + 8 * (rowWords << RowStore.chunkBits) * chunks.count
    }
}

/// Memory that was unlinked and that readers may still be looking at, not yet given an epoch.
typealias RetiredMemory = [SharedWords]
