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
    /// The word that holds the directory's address.
    private let root: SharedWords
    private let rootWord: Int
    private var directoryCapacity = 0
    private(set) var chunkCount = 0
    /// Rows handed out so far, and row 0, which is no row.
    private var next: UInt32 = 1
    private var free: [UInt32] = []

    init(rowWords: Int, root: SharedWords, word: Int) {
        self.rowWords = rowWords
        self.root = root
        rootWord = word
    }

    // MARK: Readers

    /// The row's words. Requires a number that was published.
    @inline(__always)
    static func row(_ number: UInt32, words: Int, root: SharedWords, word: Int) -> SharedWords {
        let directory = SharedWords(unsafe: root.acquire(word))
        let chunk = SharedWords(unsafe: directory.load(Int(number) >> chunkBits))
        return chunk.advanced(by: (Int(number) & (chunkRows - 1)) &* words)
    }

    // MARK: The writer

    @inline(__always)
    subscript(_ number: UInt32) -> SharedWords {
        RowStore.row(number, words: rowWords, root: root, word: rootWord)
    }

    /// A row, all of whose words are zero.
    mutating func allocate(retiring retired: inout RetiredMemory) -> UInt32 {
        if let number = free.popLast() { return number }
        // 2^32 − 2 rows: 270 GB of keys.
        precondition(next < UInt32.max - 1, "rows ran out")
        let number = next
        if Int(number) >> RowStore.chunkBits >= chunkCount { addChunk(retiring: &retired) }
        next += 1
        return number
    }

    /// Requires that no reader can reach the row any more.
    mutating func recycle(_ number: UInt32) {
        let row = self[number]
        for word in 0..<rowWords { row.store(0, at: word) }
        free.append(number)
    }

    private mutating func addChunk(retiring retired: inout RetiredMemory) {
        if chunkCount == directoryCapacity { growDirectory(retiring: &retired) }
        let chunk = SharedWords.allocate(count: rowWords << RowStore.chunkBits)
        SharedWords(unsafe: root.load(rootWord)).publish(chunk.address, at: chunkCount)
        chunkCount += 1
    }

    private mutating func growDirectory(retiring retired: inout RetiredMemory) {
        let capacity = max(8, directoryCapacity * 2)
        let fresh = SharedWords.allocate(count: capacity)
        if let old = SharedWords(address: root.load(rootWord)) {
            for chunk in 0..<chunkCount { fresh.store(old.load(chunk), at: chunk) }
            retired.append(old)
        }
        root.publish(fresh.address, at: rootWord)
        directoryCapacity = capacity
    }

    /// All the memory of the store.
    func collect(into pieces: inout [SharedWords]) {
        guard let directory = SharedWords(address: root.load(rootWord)) else { return }
        pieces.append(directory)
        for number in 0..<chunkCount { pieces.append(SharedWords(unsafe: directory.load(number))) }
    }

    /// Bytes held, those of retired memory aside.
    var byteCount: Int { 8 * directoryCapacity + 8 * (rowWords << RowStore.chunkBits) * chunkCount }
}

/// Memory that was unlinked and that readers may still be looking at, not yet given an epoch.
typealias RetiredMemory = [SharedWords]
