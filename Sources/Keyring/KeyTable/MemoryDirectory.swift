/// The addresses of pieces of memory, by number, which readers reach through one word of a table's
/// root. Growing copies the addresses alone.
struct MemoryDirectory {
    private let root: SharedWords
    /// The word that holds the directory's own address.
    private let rootWord: Int
    private(set) var capacity = 0

    init(root: SharedWords, word: Int) {
        self.root = root
        rootWord = word
    }

    // MARK: Readers

    /// Requires a number that was published.
    @inline(__always)
    static func piece(_ number: Int, root: SharedWords, word: Int) -> SharedWords {
        SharedWords(unsafe: SharedWords(unsafe: root.acquire(word)).acquire(number))
    }

    // MARK: The writer

    @inline(__always)
    subscript(number: Int) -> SharedWords {
        SharedWords(unsafe: SharedWords(unsafe: root.load(rootWord)).load(number))
    }

    /// Publishes a piece under the next number, or another under one that is there.
    mutating func set(_ number: Int, to piece: SharedWords, retiring retired: inout RetiredMemory) {
        if number >= capacity { grow(retiring: &retired) }
        SharedWords(unsafe: root.load(rootWord)).publish(piece.address, at: number)
    }

    private mutating func grow(retiring retired: inout RetiredMemory) {
        let fresh = SharedWords.allocate(count: max(8, capacity * 2))
        if let old = words {
            for number in 0..<capacity { fresh.store(old.load(number), at: number) }
            retired.append(old)
        }
        root.publish(fresh.address, at: rootWord)
        capacity = max(8, capacity * 2)
    }

    /// Nil while there is nothing in it.
    var words: SharedWords? { SharedWords(address: root.load(rootWord)) }
}
