/// A user's row by the user's slot in the state, which is what a key's row names, in chunks of
/// 1,024 that never move.
///
/// Law: a slot's row is that of the last user of whom a key was added; whoever had the slot before
/// was forgotten, with all keys.
struct UserRows {
    private static let chunkBits = 10
    private static let chunkWords = 1 << chunkBits

    private var chunks: MemoryDirectory

    init(root: SharedWords) { chunks = MemoryDirectory(root: root, word: Layout.Root.userRows) }

    // MARK: Readers

    /// Nil for the slot of a user of whom no key was ever added.
    @inline(__always)
    static func row(of slot: UInt32, root: SharedWords) -> UInt32? {
        guard
            let chunk = MemoryDirectory.pieceIfThere(
                Int(slot) >> chunkBits, root: root, word: Layout.Root.userRows)
        else { return nil }
        let row = chunk.acquire(Int(slot) & (chunkWords - 1))
        return row == 0 ? nil : UInt32(truncatingIfNeeded: row)
    }

    // MARK: The writer

    /// To be called before a cell of one of the user's keys is published.
    mutating func set(_ slot: UInt32, to row: UInt32, retiring retired: inout RetiredMemory) {
        let number = Int(slot) >> UserRows.chunkBits
        chunks.reach(number, words: UserRows.chunkWords, retiring: &retired)
        chunks[number].publish(UInt64(row), at: Int(slot) & (UserRows.chunkWords - 1))
    }

    subscript(_ slot: UInt32) -> UInt32 {
        UInt32(
            truncatingIfNeeded: chunks[Int(slot) >> UserRows.chunkBits]
                .load(Int(slot) & (UserRows.chunkWords - 1)))
    }

    /// All the memory of it.
    func collect(into pieces: inout [SharedWords]) { chunks.collect(into: &pieces) }

    /// Bytes held, those of retired memory aside.
    var byteCount: Int { 8 * (chunks.capacity + UserRows.chunkWords * chunks.count) }
}
