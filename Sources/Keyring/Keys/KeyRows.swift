import Basics

/// Where the parts of 256 keys lie in one piece of memory, 84 bytes a key: first 48 bytes each of
/// what the readers of a ``KeyTable`` look at and of what goes with it; then, part by part, what
/// only the writer and who encodes a frozen copy read. What keys have from their creation lies
/// apart (``KeyBirths``), 20 bytes for each that differs.
///
/// Laws:
/// - the words of the lines are stored atomically, and only if they differ, so that a reader finds
///   a living key's digest and id as they are at any time;
/// - digest and id are written anew only for another key, the digest before the id (released): who
///   finds the new id finds the new digest.
struct KeyRows {
    static let count = 256
    private static let links = count * Line.bytes
    private static let names = links + count * MemoryLayout<KeyLinks>.stride
    private static let rests = names + count * MemoryLayout<ShortName>.stride
    private static let birthWords = rests + count * MemoryLayout<KeyRest>.stride
    private static let bytes = birthWords + 16

    /// Bytes of a key, without what lies apart.
    static var rowBytes: Int { bytes / count }

    /// The words of a line.
    enum Line {
        /// Four words.
        static let digest = 0
        static let id = 4
        /// User's slot above the number of its birth above the state's code, which is zero in an
        /// empty place: the writer's.
        static let userBirthAndState = 5
        static let words = 6
        static let bytes = 8 * words
    }

    let base: UnsafeMutableRawPointer

    static let pool = MemoryPool(pieceWords: bytes / 8)

    static func allocate() -> SharedMemory { SharedMemory(from: pool) }

    init(_ memory: SharedMemory) { base = UnsafeMutableRawPointer(memory.words.base) }

    /// All 256, in memory of their own.
    func copied() -> SharedMemory {
        let memory = SharedMemory(from: KeyRows.pool, isCleared: false)
        let copy = KeyRows(memory)
        copy.base.copyMemory(from: base, byteCount: KeyRows.bytes)
        copy.births.separate()
        return memory
    }

    /// Requires that nobody but its readers has the memory any more.
    func freeBirths() { births.free() }

    private var births: KeyBirths { KeyBirths(at: base + KeyRows.birthWords) }

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

// Reading a row.
extension KeyRows {
    func load(_ place: Int) -> PackedKey {
        let line = line(place)
        var key = PackedKey()
        key.state = state(place)
        guard key.state != nil else { return key }
        key.digest = line.digest(at: Line.digest)
        key.id = KeyID(line.load(Line.id))
        key.user = user(place)
        key.birth = birth(place)
        key.links = links(place).pointee
        key.name = name(place).pointee
        key.rest = rest(place).pointee
        return key
    }

    @inline(__always)
    func user(_ place: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: line(place).load(Line.userBirthAndState) >> 32)
    }

    /// Requires a key.
    @inline(__always)
    func birth(_ place: Int) -> KeyBirth { births[birthNumber(place)] }

    @inline(__always)
    private func birthNumber(_ place: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: line(place).load(Line.userBirthAndState) >> 8)
    }

    /// Nil in an empty place.
    @inline(__always)
    func state(_ place: Int) -> KeyState? {
        KeyState(
            rawValue: UInt8(truncatingIfNeeded: line(place).load(Line.userBirthAndState)))
    }
}

// Writing one.
extension KeyRows {
    /// Requires a key.
    func store(_ key: PackedKey, _ place: Int) {
        let line = line(place)
        line.change(to: key.digest.word0, at: Line.digest)
        line.change(to: key.digest.word1, at: Line.digest + 1)
        line.change(to: key.digest.word2, at: Line.digest + 2)
        line.change(to: key.digest.word3, at: Line.digest + 3)
        // Released: behind the digest.
        if line.load(Line.id) != key.id.rawValue { line.publish(key.id.rawValue, at: Line.id) }
        let birth = number(of: key.birth, at: place)
        line.change(
            to: UInt64(key.user) << 32 | UInt64(birth) << 8 | UInt64(key.state?.rawValue ?? 0),
            at: Line.userBirthAndState)
        links(place).pointee = key.links
        name(place).pointee = key.name
        rest(place).pointee = key.rest
    }

    /// Empties a place. Digest and id stay until another key takes it: a reader may be looking at
    /// them.
    func clear(_ place: Int) {
        line(place).change(to: 0, at: Line.userBirthAndState)
        links(place).pointee = KeyLinks()
        name(place).pointee = ShortName(long: 0)
        rest(place).pointee = KeyRest()
    }

    private func number(of birth: KeyBirth, at place: Int) -> UInt8 {
        if state(place) != nil, self.birth(place) == birth { return birthNumber(place) }
        if let number = births.number(of: birth) ?? births.append(birth) { return number }
        dropBirths(except: place)
        guard let number = births.append(birth) else {
            preconditionFailure("a chunk has as many births as other keys")
        }
        return number
    }

    /// Forgets what no key has any more, the one that is about to be stored aside.
    private func dropBirths(except place: Int) {
        let others = (0..<KeyRows.count).filter { $0 != place && state($0) != nil }
        var isUsed = [Bool](repeating: false, count: births.count)
        for other in others { isUsed[Int(birthNumber(other))] = true }
        let numbers = births.keep(isUsed)
        for other in others {
            let word = line(other).load(Line.userBirthAndState)
            let number = UInt64(numbers[Int(birthNumber(other))])
            line(other).store(word & ~0xff00 | number << 8, at: Line.userBirthAndState)
        }
        // Whatever it had is gone.
        line(place).store(0, at: Line.userBirthAndState)
    }
}

extension SharedWords {
    @inline(__always)
    fileprivate func change(to value: UInt64, at offset: Int) {
        if load(offset) != value { store(value, at: offset) }
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
