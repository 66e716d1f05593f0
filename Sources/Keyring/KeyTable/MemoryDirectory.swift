/// The addresses of pieces of memory, by number, which readers reach through one word of a table's
/// root: a directory is its own capacity and an address for each number, zero for none yet. Growing
/// copies the addresses alone.
struct MemoryDirectory {
    private let root: SharedWords
    /// The word that holds the directory's own address.
    private let rootWord: Int
    private(set) var capacity = 0
    /// Pieces that were published.
    private(set) var count = 0

    init(root: SharedWords, word: Int) {
        self.root = root
        rootWord = word
    }

    // MARK: Readers

    /// Requires a number that was published.
    @inline(__always)
    static func piece(_ number: Int, root: SharedWords, word: Int) -> SharedWords {
        SharedWords(unsafe: SharedWords(unsafe: root.acquire(word)).acquire(1 &+ number))
    }

    /// Nil for a number that isn't published yet.
    @inline(__always)
    static func pieceIfThere(_ number: Int, root: SharedWords, word: Int) -> SharedWords? {
        guard let directory = SharedWords(address: root.acquire(word)),
            UInt64(truncatingIfNeeded: number) < directory.load(0)
        else { return nil }
        return SharedWords(address: directory.acquire(1 &+ number))
    }

    // MARK: The writer

    @inline(__always)
    subscript(number: Int) -> SharedWords {
        SharedWords(unsafe: SharedWords(unsafe: root.load(rootWord)).load(1 &+ number))
    }

    /// Publishes a piece under the next number, or another under one that is there.
    mutating func set(_ number: Int, to piece: SharedWords, retiring retired: inout RetiredMemory) {
        if number >= capacity { grow(retiring: &retired) }
        SharedWords(unsafe: root.load(rootWord)).publish(piece.address, at: 1 + number)
        count = max(count, number + 1)
    }

    /// Publishes pieces of that many words, all zero, for all numbers up to this one.
    mutating func reach(_ number: Int, words: Int, retiring retired: inout RetiredMemory) {
        while number >= count {
            set(count, to: .allocate(count: words), retiring: &retired)
        }
    }

    private mutating func grow(retiring retired: inout RetiredMemory) {
        let larger = max(8, capacity * 2)
        let fresh = SharedWords.allocate(count: 1 + larger)
        fresh.store(UInt64(larger), at: 0)
        if let old = words {
            for number in 0..<capacity { fresh.store(old.load(1 + number), at: 1 + number) }
            retired.append(old)
        }
        root.publish(fresh.address, at: rootWord)
        capacity = larger
    }

    /// Nil while there is nothing in it.
    var words: SharedWords? { SharedWords(address: root.load(rootWord)) }

    /// The directory's own memory and all the pieces.
    func collect(into pieces: inout [SharedWords]) {
        guard let words else { return }
        pieces.append(words)
        for number in 0..<count { pieces.append(self[number]) }
    }
}
