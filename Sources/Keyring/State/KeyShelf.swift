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

    mutating func append(_ record: KeyRecord?) {
        if count == chunks.count * Self.chunkSize {
            var chunk: [PackedKey] = []
            chunk.reserveCapacity(Self.chunkSize)
            chunks.append(chunk)
        }
        chunks[chunks.count - 1].append(repacked(PackedKey(), as: record))
        count += 1
    }

    @inline(__always)
    private func packed(_ number: Int) -> PackedKey {
        chunks[number / Self.chunkSize][number % Self.chunkSize]
    }

    private func unpacked(_ key: PackedKey) -> KeyRecord {
        guard let state = key.state else { preconditionFailure("an empty place is read") }
        let ending = key.ending == 0 ? KeyEnding() : endings[key.ending]
        return KeyRecord(
            id: key.id, digest: key.digest, user: Slot(key.user), api: key.api,
            name: key.name.inline ?? longNames[key.name.longNumber], state: state,
            suffix: key.suffix, since: key.since, author: authors[key.author],
            lastUsedMinute: key.lastUsedMinute,
            spent: key.spending == 0 ? SpentCounters() : spending[key.spending],
            expiresAt: ending.expiresAt, deadline: ending.deadline, replaces: ending.replaces,
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
}

/// What a key has that ends by itself or takes part in a rotation.
private struct KeyEnding: Hashable, Sendable {
    var expiresAt: Timestamp?
    var deadline: Timestamp?
    var replaces = KeyID(0)
    var replacedBy = KeyID(0)

    init() {}

    init(_ record: KeyRecord) {
        expiresAt = record.expiresAt
        deadline = record.deadline
        replaces = record.replaces
        replacedBy = record.replacedBy
    }
}

/// Plain bytes: nothing in it is counted.
private struct PackedKey {
    var digest = Digest.zero
    var id = KeyID(0)
    /// The API's number above the state's code; zero in an empty place.
    private var word: UInt64 = 0
    var since = Timestamp.epoch
    var createdAt = LogIndex.zero
    var changedAt = LogIndex.zero
    var name = PackedName(long: 0)
    var user: UInt32 = 0
    var previous: UInt32 = 0
    var next: UInt32 = 0
    var lastUsedMinute: UInt32 = 0
    private var suffixValue: UInt32 = 0
    var author: UInt32 = 0
    var spending: UInt32 = 0
    var ending: UInt32 = 0

    init() {}

    var isEmpty: Bool { word == 0 }
    var state: KeyState? { KeyState(rawValue: UInt8(truncatingIfNeeded: word & 0xff)) }
    var api: API { API(trusted: word >> 8) }
    var suffix: Suffix { Suffix(trusted: suffixValue) }

    mutating func pack(_ record: KeyRecord) {
        digest = record.digest
        id = record.id
        // 37^10 is less than 2^53, and no state's code is zero.
        word = record.api.rawValue << 8 | UInt64(record.state.rawValue)
        since = record.since
        createdAt = record.createdAt
        changedAt = record.changedAt
        user = record.user.number
        previous = record.previous.number
        next = record.next.number
        lastUsedMinute = record.lastUsedMinute
        suffixValue = record.suffix.rawValue
    }
}
