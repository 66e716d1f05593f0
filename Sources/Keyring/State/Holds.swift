import Basics

/// What open holds reserve: at all, and of that what was placed in a month and in a day. All three
/// are counted always, as what is spent, so that a limit means the same whichever period it names.
struct HeldCounters: Hashable, Sendable {
    private(set) var lifetime: UInt64 = 0
    /// Placed in `month`; stale once the calendar shows another.
    private(set) var inMonth: UInt64 = 0
    private(set) var inDay: UInt64 = 0
    private(set) var month: Int32 = 0
    private(set) var day: Int32 = 0

    /// What holds placed in the current period reserve: a hold counts in no other.
    func held(in period: Period, on date: CalendarDate) -> UInt64 {
        #if MUTANTS
        if PlantedBug.isOn(.holdCountedInTwoPeriods) { return lifetime }
        #endif
        return switch period {
        case .none: lifetime
        case .month: month == date.month ? inMonth : 0
        case .day: day == date.day ? inDay : 0
        }
    }

    /// Requires a date no earlier than any before, and a sum within `Bounds.credits`.
    mutating func add(_ credits: UInt64, on date: CalendarDate) {
        if date.month > month { (month, inMonth) = (date.month, 0) }
        if date.day > day { (day, inDay) = (date.day, 0) }
        lifetime += credits
        inMonth += credits
        inDay += credits
    }

    /// Releases what was added on that date.
    mutating func remove(_ credits: UInt64, on date: CalendarDate) {
        lifetime -= credits
        if month == date.month { inMonth -= credits }
        if day == date.day { inDay -= credits }
    }

    /// Releases all that a part of this had counted.
    mutating func remove(_ part: HeldCounters) {
        lifetime -= part.lifetime
        if month == part.month { inMonth -= part.inMonth }
        if day == part.day { inDay -= part.inDay }
    }
}

extension HeldCounters: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(lifetime)
        writer.put(inMonth)
        writer.put(inDay)
        writer.put(month)
        writer.put(day)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        lifetime = try reader.get()
        inMonth = try reader.get()
        inDay = try reader.get()
        month = try reader.get()
        day = try reader.get()
        guard lifetime <= Bounds.credits, inMonth <= lifetime, inDay <= lifetime else {
            throw MalformedBytes("more held in a period than at all")
        }
    }
}

/// A hold, and once it has ended how it did.
struct HoldRecord: ChainedRecord, Hashable {
    /// The digest of its account and id: fixed width, and nothing that a client could choose to
    /// make look-ups slow.
    var name: Digest
    var user: Slot<UserRecord>
    var api: API
    /// The key that placed it, whose share a settlement is, if the key is still remembered.
    var key: KeyID
    /// 1 to 10^9.
    var credits: UInt32
    /// In whose periods it counts and is settled.
    var placedAt: Timestamp
    var expiry: Timestamp
    /// Nil while it is open: as the record says, for it is void as well once its user is removed.
    var end: HoldEnd?
    var createdAt: LogIndex
    var previous = Slot<HoldRecord>.none
    var next = Slot<HoldRecord>.none

    var serial: UInt64 { name.word0 }

    var date: CalendarDate { CalendarDate(placedAt) }

    /// When something becomes of it by time alone.
    var due: HoldDue { HoldDue(at: end?.forgottenAt ?? expiry, createdAt: createdAt) }

    static func name(_ id: IdempotencyKey, in account: AccountID) -> Digest {
        var writer = ByteWriter(capacity: 80)
        writer.put(account)
        writer.put(id)
        return SHA256.digest(of: writer.bytes)
    }
}

/// How a hold ended, with what its settlement was answered.
struct HoldEnd: Hashable, Sendable {
    enum Manner: UInt8, Hashable, Sendable {
        case settled = 1
        case voided = 2
        case lapsed = 3
    }

    var manner: Manner
    var charged: UInt32 = 0
    /// As in the receipt; nothing if it lapsed.
    var spent = Credits.zero
    var remaining: Credits?
    var index: LogIndex
    var forgottenAt: Timestamp
}

/// When a hold lapses or is forgotten. No two were placed by one entry.
struct HoldDue: Comparable, Hashable, Sendable {
    var at: Timestamp
    var createdAt: LogIndex

    static func < (left: HoldDue, right: HoldDue) -> Bool {
        left.at != right.at ? left.at < right.at : left.createdAt < right.createdAt
    }
}

extension HoldEnd.Manner: Coded {}

extension HoldEnd: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(manner)
        writer.put(charged)
        writer.put(spent)
        writer.put(remaining)
        writer.put(index)
        writer.put(forgottenAt)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        manner = try reader.get()
        charged = try reader.get()
        spent = try reader.get()
        remaining = try reader.get()
        index = try reader.get()
        forgottenAt = try reader.get()
    }
}

extension HoldRecord {
    func encode(into writer: inout ByteWriter) {
        writer.put(name)
        writer.put(user)
        writer.put(api)
        writer.put(key)
        writer.put(credits)
        writer.put(placedAt)
        writer.put(expiry)
        writer.put(end)
        writer.put(createdAt)
        writer.put(previous)
        writer.put(next)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        name = try reader.get()
        user = try reader.get()
        api = try reader.get()
        key = try reader.get()
        credits = try reader.get()
        placedAt = try reader.get()
        expiry = try reader.get()
        end = try reader.get()
        createdAt = try reader.get()
        previous = try reader.get()
        next = try reader.get()
    }
}

extension Indices {
    mutating func add(_ hold: HoldRecord, _ slot: Slot<HoldRecord>) {
        holds.insert(hold.name.word0, slot.number)
        schedule(hold, slot)
    }

    mutating func remove(_ hold: HoldRecord, _ slot: Slot<HoldRecord>) {
        holds.remove(hold.name.word0, slot.number)
        unschedule(hold)
    }

    mutating func schedule(_ hold: HoldRecord, _ slot: Slot<HoldRecord>) {
        if hold.end == nil {
            lapsing.updateValue(slot, forKey: hold.due)
        } else {
            endedHolds.updateValue(slot, forKey: hold.due)
        }
    }

    mutating func unschedule(_ hold: HoldRecord) {
        if hold.end == nil {
            lapsing.removeValue(forKey: hold.due)
        } else {
            endedHolds.removeValue(forKey: hold.due)
        }
    }
}
