import Basics

/// Keys' records in rows of 84 bytes without a reference in them, so that the chunk that a change
/// after a freeze copies is copied as plain bytes. What few keys have (a change, something spent,
/// an end, a long name) or many keys share (who made them, what they open) lies beside.
///
/// The rows are the only place where a key's digest and id are kept: the readers of a ``KeyTable``
/// look at them there, and follow the chunks that move (``takeMoved()``).
///
/// Law: a record that was stored is the record that is read.
struct KeyShelf: RecordShelf {
    private static var chunkSize: Int { KeyRows.count }

    /// Copied on the first change while another copy of the shelf has it, too. A box of its own, so
    /// that a table that holds the memory is not taken for one.
    private final class Chunk: Sendable {
        let memory: SharedMemory
        init(_ memory: SharedMemory) { self.memory = memory }
        deinit { KeyRows(memory).freeBirths() }
    }

    private var chunks: [Chunk] = []
    /// Where the chunks' memory is: read without counting references.
    private var rows: [Rows] = []
    private(set) var count = 0
    /// Numbers of the chunks that have come or moved since they were last taken; nil as long as
    /// nobody follows them.
    private var moved: [Int]?
    private var authors = SharedAuthors()
    private var apis = APINumbers()
    private var besides = SideTable<KeyBeside>()
    private var spending = SideTable<SpentCounters>()
    private var endings = SideTable<KeyEnding>()
    private var middleNames = SideTable<PackedName>()
    private var longNames = SideTable<Name>()

    /// `@unchecked Sendable`: the memory belongs to a chunk of the same shelf.
    private struct Rows: @unchecked Sendable {
        let rows: KeyRows
    }

    /// Bytes of a record, without what lies beside.
    static var recordBytes: Int { KeyRows.rowBytes }

    init() {}

    /// Rows beside the records, for tests: those that have any, spent counters, ends, names of up
    /// to 23 bytes, longer ones, authors.
    var sideCounts: [Int] {
        [
            besides.count, spending.count, endings.count, middleNames.count, longNames.count,
            authors.count,
        ]
    }

    subscript(number: Int) -> KeyRecord? {
        get {
            let key = packed(number)
            return key.isEmpty ? nil : unpacked(key)
        }
        _modify {
            var record = self[number]
            // However the access ends: what was changed before an error is thrown stays changed.
            defer { set(record, number) }
            yield &record
        }
    }

    mutating func append(_ record: KeyRecord?) {
        let number = addPlace()
        if let record { set(record, number) }
    }

    /// The next place, in the parts that lie apart; no `parts`: as at the creation. False if there
    /// are more APIs than numbers.
    mutating func append(
        _ packed: PackedKey, api: API, name: PackedName?, longName: Name?, author: Author,
        createdAt: LogIndex, since: Timestamp, parts: KeyParts?
    ) -> Bool {
        guard let apiNumber = apis.number(of: api) else { return false }
        var key = packed
        key.birth = KeyBirth(
            createdAt: createdAt, since: since, author: authors.insert(author), api: apiNumber)
        key.name = placed(name, longName)
        if let parts { key.rest.beside = replaced(0, by: parts, since: createdAt) }
        let number = addPlace()
        rows(number).store(key, number % Self.chunkSize)
        return true
    }

    /// Gives its number; its chunk is this shelf's alone.
    private mutating func addPlace() -> Int {
        if count == chunks.count * Self.chunkSize {
            let memory = KeyRows.allocate()
            moved?.append(chunks.count)
            chunks.append(Chunk(memory))
            rows.append(Rows(rows: KeyRows(memory)))
        }
        count += 1
        own(count - 1)
        return count - 1
    }

    /// Makes the chunk of a place this shelf's alone.
    private mutating func own(_ number: Int) {
        let chunk = number / Self.chunkSize
        guard !isKnownUniquelyReferenced(&chunks[chunk]) else { return }
        let memory = rows[chunk].rows.copied()
        chunks[chunk] = Chunk(memory)
        rows[chunk] = Rows(rows: KeyRows(memory))
        moved?.append(chunk)
    }

    @inline(__always)
    private func rows(_ number: Int) -> KeyRows { rows[number / Self.chunkSize].rows }

    @inline(__always)
    func packed(_ number: Int) -> PackedKey { rows(number).load(number % Self.chunkSize) }

    private func unpacked(_ key: PackedKey) -> KeyRecord {
        guard let state = key.state else { preconditionFailure("an empty place is read") }
        let parts = parts(of: key)
        return KeyRecord(
            id: key.id, digest: key.digest, user: Slot(key.user), api: api(of: key),
            name: packedName(of: key)?.name ?? longName(of: key), state: state,
            suffix: key.suffix, since: key.birth.since, author: author(of: key),
            lastUsedMinute: key.rest.lastUsedMinute, spent: parts.spent,
            expiresAt: parts.ending.expiresAt, deadline: parts.ending.deadline,
            replaces: parts.ending.replaces, replacedBy: parts.ending.replacedBy,
            createdAt: key.birth.createdAt, changedAt: parts.changedAt,
            previous: Slot(key.links.previous), next: Slot(key.links.next))
    }
}

// Following the memory: for who reads it on other threads.
extension KeyShelf {
    var isFollowed: Bool { moved != nil }

    /// From here on, chunks that come or move are noted.
    mutating func beginFollowing() { moved = [] }

    /// Which have since this was last called, the same one perhaps twice.
    @inline(__always)
    mutating func takeMoved() -> [Int] {
        guard let moved, !moved.isEmpty else { return [] }
        self.moved = []
        return moved
    }

    var chunkCount: Int { chunks.count }

    func memory(ofChunk chunk: Int) -> SharedMemory { chunks[chunk].memory }
}

// Changing a record; what lies beside follows.
extension KeyShelf {
    private mutating func set(_ record: KeyRecord?, _ number: Int) {
        own(number)
        let old = packed(number)
        guard let record else {
            remove(old)
            return rows(number).clear(number % Self.chunkSize)
        }
        var key = PackedKey(record)
        key.birth = birth(of: record, before: old)
        key.rest.beside = replaced(old.rest.beside, by: KeyParts(record), since: record.createdAt)
        removeName(of: old)
        let name = PackedName(record.name)
        key.name = placed(name, name == nil ? record.name : nil)
        rows(number).store(key, number % Self.chunkSize)
    }

    private mutating func birth(of record: KeyRecord, before old: PackedKey) -> KeyBirth {
        precondition(
            KeyRecord.canBeKept(createdAt: record.createdAt, since: record.since),
            "beyond what a log can reach")
        guard let api = apis.number(of: record.api) else {
            preconditionFailure("more APIs than a cluster ever has")
        }
        var author = old.birth.author
        if old.isEmpty || authors[author] != record.author {
            if !old.isEmpty { authors.remove(author) }
            author = authors.insert(record.author)
        }
        return KeyBirth(
            createdAt: record.createdAt, since: record.since, author: author, api: api)
    }

    private mutating func remove(_ key: PackedKey) {
        guard !key.isEmpty else { return }
        let createdAt = key.birth.createdAt
        _ = replaced(key.rest.beside, by: KeyParts(createdAt: createdAt), since: createdAt)
        removeName(of: key)
        authors.remove(key.birth.author)
    }

    /// The number of what lies beside once these are a key's parts; zero: nothing.
    private mutating func replaced(
        _ number: UInt32, by parts: KeyParts, since createdAt: LogIndex
    ) -> UInt32 {
        var beside = number == 0 ? KeyBeside() : besides[number]
        beside.changedAfter = parts.changedAt.rawValue &- createdAt.rawValue
        beside.spending = spending.replace(beside.spending, by: parts.spentOrNone)
        beside.ending = endings.replace(beside.ending, by: parts.endingOrNone)
        return besides.replace(number, by: beside == KeyBeside() ? nil : beside)
    }

    private mutating func placed(_ name: PackedName?, _ longName: Name?) -> ShortName {
        guard let name else {
            return ShortName(long: longName.map { longNames.insert($0) } ?? 0)
        }
        return ShortName(name) ?? ShortName(middle: middleNames.insert(name))
    }

    private mutating func removeName(of key: PackedKey) {
        _ = middleNames.replace(key.name.middleNumber, by: nil)
        _ = longNames.replace(key.name.longNumber, by: nil)
    }
}

// What lies beside packed bytes.
extension KeyShelf {
    func author(of key: PackedKey) -> Author { authors[key.birth.author] }
    func api(of key: PackedKey) -> API { apis[key.birth.api] }

    func parts(of key: PackedKey) -> KeyParts {
        var parts = KeyParts(createdAt: key.birth.createdAt)
        guard key.rest.beside != 0 else { return parts }
        let beside = besides[key.rest.beside]
        parts.changedAt = LogIndex(parts.changedAt.rawValue &+ beside.changedAfter)
        if beside.spending != 0 { parts.spent = spending[beside.spending] }
        if beside.ending != 0 { parts.ending = endings[beside.ending] }
        return parts
    }

    /// Nil if the name is longer.
    func packedName(of key: PackedKey) -> PackedName? {
        let number = key.name.middleNumber
        return number == 0 ? key.name.packed : middleNames[number]
    }

    /// Requires a name that no ``PackedName`` holds.
    func longName(of key: PackedKey) -> Name { longNames[key.name.longNumber] }

    /// Whether what lies beside is named by the records, each row once and each author as often as
    /// is counted.
    func isSideSound() -> Bool {
        var (names, longer, makers, rows): ([UInt32], [UInt32], [UInt32], [UInt32]) =
            ([], [], [], [])
        for number in 0..<count {
            let key = packed(number)
            guard !key.isEmpty else { continue }
            if key.rest.beside != 0 { rows.append(key.rest.beside) }
            if key.name.middleNumber != 0 { names.append(key.name.middleNumber) }
            if key.name.longNumber != 0 { longer.append(key.name.longNumber) }
            makers.append(key.birth.author)
        }
        guard besides.isNamed(by: rows) else { return false }
        let named = rows.map { besides[$0] }
        return spending.isNamed(by: named.map(\.spending).filter { $0 != 0 })
            && endings.isNamed(by: named.map(\.ending).filter { $0 != 0 })
            && middleNames.isNamed(by: names) && longNames.isNamed(by: longer)
            && authors.isNamed(by: makers)
    }
}

// What is asked at every charge, without the rest of the record. Each requires a record.
extension KeyShelf {
    @inline(__always)
    private func line(_ number: Int) -> SharedWords {
        rows(number).line(number % Self.chunkSize)
    }
    private func rest(_ number: Int) -> KeyRest {
        rows(number).rest(number % Self.chunkSize).pointee
    }

    func id(_ number: Int) -> KeyID { KeyID(line(number).load(KeyRows.Line.id)) }
    func digest(_ number: Int) -> Digest { line(number).digest(at: KeyRows.Line.digest) }
    func user(_ number: Int) -> Slot<UserRecord> {
        Slot(rows(number).user(number % Self.chunkSize))
    }
    func api(_ number: Int) -> API { apis[rows(number).birth(number % Self.chunkSize).api] }
    func state(_ number: Int) -> KeyState {
        guard let state = rows(number).state(number % Self.chunkSize) else {
            preconditionFailure("an empty slot is read")
        }
        return state
    }
    func deadline(_ number: Int) -> Timestamp? { ending(number).deadline }
    func isEmpty(_ number: Int) -> Bool { rows(number).state(number % Self.chunkSize) == nil }
    /// Whether there is a key, and one that is dead.
    func isDead(_ number: Int) -> Bool {
        rows(number).state(number % Self.chunkSize)?.isDead ?? false
    }
    func spent(_ number: Int) -> SpentCounters {
        let beside = rest(number).beside
        guard beside != 0, besides[beside].spending != 0 else { return SpentCounters() }
        return spending[besides[beside].spending]
    }
    func ending(_ number: Int) -> KeyEnding {
        let beside = rest(number).beside
        guard beside != 0, besides[beside].ending != 0 else { return KeyEnding() }
        return endings[besides[beside].ending]
    }

    mutating func relink(
        _ number: Int, previous: Slot<KeyRecord>?, next: Slot<KeyRecord>?
    ) {
        precondition(!isEmpty(number), "an empty slot is in a chain")
        own(number)
        let links = rows(number).links(number % Self.chunkSize)
        if let previous { links.pointee.previous = previous.number }
        if let next { links.pointee.next = next.number }
    }

    func link(_ number: Int) -> ChainLink<KeyRecord>? {
        guard !isEmpty(number) else { return nil }
        let (rows, place) = (rows(number), number % Self.chunkSize)
        let links = rows.links(place).pointee
        return ChainLink(
            previous: Slot(links.previous), next: Slot(links.next),
            createdAt: rows.birth(place).createdAt, serial: id(number).rawValue)
    }

    mutating func addSpent(_ credits: UInt64, on date: CalendarDate, _ number: Int) {
        let beside = rest(number).beside
        if beside != 0, besides[beside].spending != 0 {
            return spending[besides[beside].spending].add(credits, on: date)
        }
        var spent = SpentCounters()
        spent.add(credits, on: date)
        let row = spending.insert(spent)
        guard beside == 0 else { return besides[beside].spending = row }
        let fresh = besides.insert(KeyBeside(spending: row))
        own(number)
        rows(number).rest(number % Self.chunkSize).pointee.beside = fresh
    }
}

extension SlotTable where R == KeyRecord {
    func id(of slot: Slot<R>) -> KeyID { shelf.id(Int(slot.number)) }
    func digest(of slot: Slot<R>) -> Digest { shelf.digest(Int(slot.number)) }
    func user(of slot: Slot<R>) -> Slot<UserRecord> { shelf.user(Int(slot.number)) }
    func api(of slot: Slot<R>) -> API { shelf.api(Int(slot.number)) }
    func state(of slot: Slot<R>) -> KeyState { shelf.state(Int(slot.number)) }
    func deadline(of slot: Slot<R>) -> Timestamp? { shelf.deadline(Int(slot.number)) }
    func spent(of slot: Slot<R>) -> SpentCounters { shelf.spent(Int(slot.number)) }
    func ending(of slot: Slot<R>) -> KeyEnding { shelf.ending(Int(slot.number)) }
}
