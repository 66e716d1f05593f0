import Basics

/// A key's record as far as every key has it, and the numbers of the rest in a ``KeyShelf``: what
/// lies in its ``KeyRows``, as a value.
struct PackedKey {
    var digest = Digest.zero
    var id = KeyID(0)
    var user: UInt32 = 0
    var author: UInt32 = 0
    var createdAt = LogIndex.zero
    /// By its number.
    var api: UInt16 = 0
    var since = Timestamp.epoch
    /// Nil in an empty place.
    var state: KeyState?
    var links = KeyLinks()
    var name = ShortName(long: 0)
    var rest = KeyRest()

    init() {}

    var isEmpty: Bool { state == nil }
    var suffix: Suffix { Suffix(trusted: rest.suffix) }

    /// Requires times and an index that a row can hold: ``KeyRecord/canBeKept(createdAt:since:)``.
    mutating func pack(_ record: KeyRecord) {
        precondition(
            KeyRecord.canBeKept(createdAt: record.createdAt, since: record.since),
            "beyond what a log can reach")
        digest = record.digest
        id = record.id
        user = record.user.number
        createdAt = record.createdAt
        since = record.since
        state = record.state
        links = KeyLinks(previous: record.previous.number, next: record.next.number)
        rest.lastUsedMinute = record.lastUsedMinute
        rest.suffix = record.suffix.rawValue
    }
}

extension KeyRecord {
    /// Whether a row has the bits for them, as it has for all that a log can reach.
    static func canBeKept(createdAt: LogIndex, since: Timestamp) -> Bool {
        createdAt <= Bounds.latestIndex && since >= .epoch && since <= Bounds.latestTime
    }
}

// Into rows and out of them.
extension KeyRows {
    func load(_ place: Int) -> PackedKey {
        let line = line(place)
        var key = PackedKey()
        key.digest = line.digest(at: Line.digest)
        key.id = KeyID(line.load(Line.id))
        key.user = user(place)
        key.author = UInt32(truncatingIfNeeded: line.load(Line.userAndAuthor))
        key.createdAt = createdAt(place)
        key.api = api(place)
        key.since = Timestamp(milliseconds: Int64(line.load(Line.sinceAndState) >> 16))
        key.state = state(place)
        key.links = links(place).pointee
        key.name = name(place).pointee
        key.rest = rest(place).pointee
        return key
    }

    @inline(__always)
    func user(_ place: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: line(place).load(Line.userAndAuthor) >> 32)
    }
    @inline(__always)
    func createdAt(_ place: Int) -> LogIndex {
        LogIndex(line(place).load(Line.createdAndAPI) >> 16)
    }
    @inline(__always)
    func api(_ place: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: line(place).load(Line.createdAndAPI))
    }
    @inline(__always)
    func state(_ place: Int) -> KeyState? {
        KeyState(rawValue: UInt8(truncatingIfNeeded: line(place).load(Line.sinceAndState)))
    }

    func store(_ key: PackedKey, _ place: Int) {
        let line = line(place)
        line.change(to: key.digest.word0, at: Line.digest)
        line.change(to: key.digest.word1, at: Line.digest + 1)
        line.change(to: key.digest.word2, at: Line.digest + 2)
        line.change(to: key.digest.word3, at: Line.digest + 3)
        // Released: behind the digest.
        if line.load(Line.id) != key.id.rawValue { line.publish(key.id.rawValue, at: Line.id) }
        line.change(to: UInt64(key.user) << 32 | UInt64(key.author), at: Line.userAndAuthor)
        line.change(
            to: key.createdAt.rawValue << 16 | UInt64(key.api), at: Line.createdAndAPI)
        line.change(
            to: UInt64(key.since.milliseconds) << 16 | UInt64(key.state?.rawValue ?? 0),
            at: Line.sinceAndState)
        links(place).pointee = key.links
        name(place).pointee = key.name
        rest(place).pointee = key.rest
    }

    /// Empties a place. The rest of its line stays until another key takes it: a reader may be
    /// looking at it.
    func clear(_ place: Int) {
        line(place).change(to: 0, at: Line.sinceAndState)
        links(place).pointee = KeyLinks()
        name(place).pointee = ShortName(long: 0)
        rest(place).pointee = KeyRest()
    }
}

extension SharedWords {
    @inline(__always)
    fileprivate func change(to value: UInt64, at offset: Int) {
        if load(offset) != value { store(value, at: offset) }
    }
}
