import Basics

/// Where the parts of 256 keys lie in one piece of memory, 100 bytes a key: first a cache line each
/// of what never changes while a key lives, which the readers of a ``KeyTable`` look at as well;
/// then, part by part, what only the writer and who encodes a frozen copy read.
///
/// Laws:
/// - the words of the lines are stored atomically, and only if they differ, so that a reader finds
///   a living key's as they are at any time;
/// - a line is written anew only for another key, its digest before its id (released): who finds
///   the new id finds the new digest.
struct KeyRows {
    static let count = 256
    private static let links = count * Line.bytes
    private static let names = links + count * MemoryLayout<KeyLinks>.stride
    private static let rests = names + count * MemoryLayout<ShortName>.stride
    private static let bytes = rests + count * MemoryLayout<KeyRest>.stride

    /// Bytes of a key.
    static var rowBytes: Int { bytes / count }

    /// The words of a line.
    enum Line {
        /// Four words.
        static let digest = 0
        static let id = 4
        /// User's slot above the author's number.
        static let userAndAuthor = 5
        /// Log index of the creation above 16 bits of the API's number.
        static let createdAndAPI = 6
        /// Time of the creation above the state's code, zero in an empty place: the writer's.
        static let sinceAndState = 7
        static let bytes = 64
    }

    let base: UnsafeMutableRawPointer

    static func allocate() -> SharedMemory { SharedMemory(words: bytes / 8) }

    init(_ memory: SharedMemory) { base = UnsafeMutableRawPointer(memory.words.base) }

    /// All 256, in memory of their own.
    func copied() -> SharedMemory {
        let memory = KeyRows.allocate()
        KeyRows(memory).base.copyMemory(from: base, byteCount: KeyRows.bytes)
        return memory
    }

    @inline(__always)
    func line(_ place: Int) -> SharedWords {
        SharedWords(unsafe: UInt64(UInt(bitPattern: base + place * Line.bytes)))
    }
    @inline(__always)
    func links(_ place: Int) -> UnsafeMutablePointer<KeyLinks> {
        (base + KeyRows.links).assumingMemoryBound(to: KeyLinks.self) + place
    }
    @inline(__always)
    func name(_ place: Int) -> UnsafeMutablePointer<ShortName> {
        (base + KeyRows.names).assumingMemoryBound(to: ShortName.self) + place
    }
    @inline(__always)
    func rest(_ place: Int) -> UnsafeMutablePointer<KeyRest> {
        (base + KeyRows.rests).assumingMemoryBound(to: KeyRest.self) + place
    }
}

/// A key's neighbours in its user's chain, by slot.
struct KeyLinks {
    var previous: UInt32 = 0
    var next: UInt32 = 0
}

/// What else a key has, in or beside its row.
struct KeyRest {
    var lastUsedMinute: UInt32 = 0
    /// The number of its ``KeyBeside``; zero: it has none.
    var beside: UInt32 = 0
    var suffix: UInt32 = 0
}

/// What few keys have, at least for long: a change since their creation, something spent, an end.
struct KeyBeside: Hashable, Sendable {
    /// Entries between the creation and the last change, modulo 2^64.
    var changedAfter: UInt64 = 0
    /// Numbers of rows that lie beside, too.
    var spending: UInt32 = 0
    var ending: UInt32 = 0
}
