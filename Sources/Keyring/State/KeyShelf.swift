import Basics

/// Keys' records, packed: 128 bytes each without a reference in them, so that the chunk that a
/// change after a freeze copies is copied as plain bytes. What few keys have (an end, a place in a
/// rotation, a long name) or many keys share (who made them) lies beside.
///
/// Law: a record that was stored is the record that is read.
struct KeyShelf: RecordShelf {
    private static var chunkSize: Int { 128 }

    private var chunks: [[PackedKey]] = []
    private(set) var count = 0
    private var authors = SharedAuthors()
    private var spending = SideTable<SpentCounters>()
    private var endings = SideTable<KeyEnding>()
    private var longNames = SideTable<Name>()

    /// Bytes of a record, without what lies beside.
    static var recordBytes: Int { MemoryLayout<PackedKey>.stride }

    init() {}

    /// Rows beside the records, for tests: spent counters, ends, long names, authors.
    var sideCounts: [Int] { [spending.count, endings.count, longNames.count, authors.count] }

    subscript(number: Int) -> KeyRecord? {
        get {
            let key = packed(number)
            return key.isEmpty ? nil : unpacked(key)
        }
        _modify {
            var record = self[number]
            // However the access ends: what was changed before an error is thrown stays changed.
            defer {
                chunks[number / Self.chunkSize][number % Self.chunkSize] = repacked(
                    packed(number), as: record)
            }
            yield &record
        }
    }

    mutating func append(_ record: KeyRecord?) { append(repacked(PackedKey(), as: record)) }

    /// The next place, in the parts that lie apart: a name if it isn't within the packed bytes.
    mutating func append(
        _ packed: PackedKey, longName: Name?, author: Author, spent: SpentCounters,
        ending: KeyEnding
    ) {
        var key = packed
        if let longName { key.name = PackedName(long: longNames.insert(longName)) }
        key.author = authors.insert(author)
        if spent != SpentCounters() { key.spending = spending.insert(spent) }
        if ending != KeyEnding() { key.ending = endings.insert(ending) }
        append(key)
    }

    private mutating func append(_ key: PackedKey) {
        if count == chunks.count * Self.chunkSize {
            var chunk: [PackedKey] = []
            chunk.reserveCapacity(Self.chunkSize)
            chunks.append(chunk)
        }
        chunks[chunks.count - 1].append(key)
        count += 1
    }

    @inline(__always)
    func packed(_ number: Int) -> PackedKey {
        chunks[number / Self.chunkSize][number % Self.chunkSize]
    }

    private func unpacked(_ key: PackedKey) -> KeyRecord {
        guard let state = key.state else { preconditionFailure("an empty place is read") }
        let ending = ending(of: key)
        return KeyRecord(
            id: key.id, digest: key.digest, user: Slot(key.user), api: key.api,
            name: key.name.inline ?? longName(of: key), state: state,
            suffix: key.suffix, since: key.since, author: author(of: key),
            lastUsedMinute: key.lastUsedMinute, spent: spent(of: key), expiresAt: ending.expiresAt,
            deadline: ending.deadline, replaces: ending.replaces,
            replacedBy: ending.replacedBy, createdAt: key.createdAt, changedAt: key.changedAt,
            previous: Slot(key.previous), next: Slot(key.next))
    }

    /// Whether what lies beside is named by the records, each row once and each author as often as
    /// is counted.
    func isSideSound() -> Bool {
        var (spent, ends, names): ([UInt32], [UInt32], [UInt32]) = ([], [], [])
        var makers: [UInt32] = []
        for number in 0..<count {
            let key = packed(number)
            if key.spending != 0 { spent.append(key.spending) }
            if key.ending != 0 { ends.append(key.ending) }
            if key.name.longNumber != 0 { names.append(key.name.longNumber) }
            if key.author != 0 { makers.append(key.author) }
            guard key.isEmpty == (key.author == 0) else { return false }
        }
        return spending.isNamed(by: spent) && endings.isNamed(by: ends)
            && longNames.isNamed(by: names) && authors.isNamed(by: makers)
    }

    /// What a place holds after a change; what lies beside follows.
    private mutating func repacked(_ old: PackedKey, as record: KeyRecord?) -> PackedKey {
        var key = PackedKey()
        guard let record else {
            _ = spending.replace(old.spending, by: nil)
            _ = endings.replace(old.ending, by: nil)
            _ = longNames.replace(old.name.longNumber, by: nil)
            if !old.isEmpty { authors.remove(old.author) }
            return key
        }
        key.pack(record)
        key.spending = spending.replace(
            old.spending, by: record.spent == SpentCounters() ? nil : record.spent)
        let ending = KeyEnding(record)
        key.ending = endings.replace(old.ending, by: ending == KeyEnding() ? nil : ending)
        if let name = PackedName(record.name) {
            _ = longNames.replace(old.name.longNumber, by: nil)
            key.name = name
        } else {
            key.name = PackedName(
                long: longNames.replace(old.name.longNumber, by: record.name))
        }
        if !old.isEmpty, authors[old.author] == record.author {
            key.author = old.author
        } else {
            if !old.isEmpty { authors.remove(old.author) }
            key.author = authors.insert(record.author)
        }
        return key
    }
}

// What lies beside packed bytes.
extension KeyShelf {
    func author(of key: PackedKey) -> Author { authors[key.author] }
    func spent(of key: PackedKey) -> SpentCounters {
        key.spending == 0 ? SpentCounters() : spending[key.spending]
    }
    func ending(of key: PackedKey) -> KeyEnding {
        key.ending == 0 ? KeyEnding() : endings[key.ending]
    }
    /// Requires a name that isn't within the bytes.
    func longName(of key: PackedKey) -> Name { longNames[key.name.longNumber] }
}

// What is asked at every charge, without the rest of the record. Each requires a record.
extension KeyShelf {
    func id(_ number: Int) -> KeyID { packed(number).id }
    func digest(_ number: Int) -> Digest { packed(number).digest }
    func user(_ number: Int) -> Slot<UserRecord> { Slot(packed(number).user) }
    func api(_ number: Int) -> API { packed(number).api }
    func state(_ number: Int) -> KeyState {
        guard let state = packed(number).state else {
            preconditionFailure("an empty slot is read")
        }
        return state
    }
    func deadline(_ number: Int) -> Timestamp? {
        let ending = packed(number).ending
        return ending == 0 ? nil : endings[ending].deadline
    }
    func isEmpty(_ number: Int) -> Bool { packed(number).isEmpty }
    /// Whether there is a key, and one that is dead.
    func isDead(_ number: Int) -> Bool { packed(number).state?.isDead ?? false }
    func spent(_ number: Int) -> SpentCounters { spent(of: packed(number)) }
    func ending(_ number: Int) -> KeyEnding { ending(of: packed(number)) }

    mutating func relink(
        _ number: Int, previous: Slot<KeyRecord>?, next: Slot<KeyRecord>?
    ) {
        precondition(!isEmpty(number), "an empty slot is in a chain")
        let (chunk, place) = (number / Self.chunkSize, number % Self.chunkSize)
        if let previous { chunks[chunk][place].previous = previous.number }
        if let next { chunks[chunk][place].next = next.number }
    }

    func link(_ number: Int) -> ChainLink<KeyRecord>? {
        let key = packed(number)
        guard !key.isEmpty else { return nil }
        return ChainLink(
            previous: Slot(key.previous), next: Slot(key.next), createdAt: key.createdAt,
            serial: key.id.rawValue)
    }

    mutating func addSpent(_ credits: UInt64, on date: CalendarDate, _ number: Int) {
        let row = packed(number).spending
        guard row == 0 else { return spending[row].add(credits, on: date) }
        var spent = SpentCounters()
        spent.add(credits, on: date)
        chunks[number / Self.chunkSize][number % Self.chunkSize].spending = spending.insert(spent)
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
