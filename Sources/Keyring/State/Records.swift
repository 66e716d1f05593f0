import Basics

/// What has been spent: ever, in a month and in a day. All three are counted always, so that a
/// limit means the same whenever it is set and whichever period it names.
struct SpentCounters: Hashable, Sendable {
    private(set) var lifetime: UInt64 = 0
    /// Spent in `month`; stale once the calendar shows another.
    private(set) var inMonth: UInt64 = 0
    private(set) var inDay: UInt64 = 0
    private(set) var month: Int32 = 0
    private(set) var day: Int32 = 0

    /// What was spent in the current period.
    func spent(in period: Period, on date: CalendarDate) -> UInt64 {
        switch period {
        case .none: lifetime
        case .month: month == date.month ? inMonth : 0
        case .day: day == date.day ? inDay : 0
        }
    }

    /// Counts what is spent in the periods of a date, which may lie before the newest: a hold
    /// is settled in the periods in which it was placed. Requires that the sum stays within
    /// `Bounds.credits`.
    mutating func add(_ credits: UInt64, on date: CalendarDate) {
        if date.month > month { (month, inMonth) = (date.month, 0) }
        if date.day > day { (day, inDay) = (date.day, 0) }
        if date.month == month { inMonth += credits }
        if date.day == day { inDay += credits }
        lifetime += credits
    }
}

extension SpentCounters: Coded {
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
            throw MalformedBytes("more spent in a period than ever")
        }
    }
}

/// A user's allowance.
struct Allowance: Hashable, Sendable {
    var credits: Credits
    var period: Period
}

/// What is spent and held for one API, and how much may be: by a user, whose allowance is their
/// limit, or by all users of an account together, whose allowance is the pool.
struct CreditLine: Hashable, Sendable {
    var api: API
    /// Nil: unlimited.
    var allowance: Allowance?
    var spent = SpentCounters()
    var held = HeldCounters()
    /// The log index at which the allowance was last set or removed.
    var changedAt: LogIndex

    /// Spent in the allowance's period, or ever if there is none.
    func spent(on date: CalendarDate) -> Credits {
        Credits(clamping: spent.spent(in: allowance?.period ?? .none, on: date))
    }

    /// Held in the allowance's period, or at all if there is none.
    func held(on date: CalendarDate) -> Credits {
        Credits(clamping: held.held(in: allowance?.period ?? .none, on: date))
    }

    /// Nil: unlimited. Nothing if the limit was set below what is spent and held.
    func remaining(on date: CalendarDate) -> Credits? {
        allowance.map { $0.credits - spent(on: date) - held(on: date) }
    }

    /// What more can be counted, whatever the allowance: every hold may be settled in full.
    var room: Credits {
        .maximum - Credits(clamping: spent.lifetime) - Credits(clamping: held.lifetime)
    }
}

struct AccountRecord: ChainedRecord, Hashable {
    var id: AccountID
    var name: Name
    var isDeleted = false
    var since: Timestamp
    var createdAt: LogIndex
    var changedAt: LogIndex
    var users = Chain<UserRecord>()
    var tokens = Chain<TokenRecord>()
    /// Ascending, each more than none.
    var apiUses: [APIUses] = []
    /// Tokens that aren't revoked and whose user isn't removed.
    var liveTokens: UInt32 = 0
    /// Free-form ids remembered for this account.
    var freeFormRecords: UInt32 = 0
    /// One more than the sequence number of its newest audit record; zero if it has none.
    var newestAudit: UInt64 = 0
    /// Holds that haven't ended, those of removed users included until their time-out.
    var openHolds: UInt32 = 0
    /// Whether a user who had spent something has been forgotten: then the users' counters sum up
    /// to less than the account's.
    var forgotSpending = false
    /// In the order of the APIs; a line appears with the first pool, charge or hold, and counts
    /// whether or not there is a pool.
    var pools: [CreditLine] = []
    var previous = Slot<AccountRecord>.none
    var next = Slot<AccountRecord>.none

    func pool(for api: API) -> CreditLine? { pools.first { $0.api == api } }

    /// The position of an API's line, made if need be.
    mutating func poolIndex(for api: API) -> Int {
        pools.lineIndex(for: api, changedAt: createdAt)
    }

    var serial: UInt64 { id.rawValue }
}

struct UserRecord: ChainedRecord, Hashable {
    var id: UserID
    var account: Slot<AccountRecord>
    var email: EmailAddress
    var name: Name
    var role: UserRole
    /// Removed: all their keys and tokens are dead, whatever those say.
    var isRemoved = false
    var since: Timestamp
    var createdAt: LogIndex
    var changedAt: LogIndex
    var keys = Chain<KeyRecord>()
    var activeKeys: UInt32 = 0
    /// Keys that aren't revoked.
    var liveKeys: UInt32 = 0
    var liveTokens: UInt32 = 0
    /// Whether a key that had spent something has been forgotten: then the keys' counters sum up
    /// to less than the user's.
    var forgotSpending = false
    /// In the order of the APIs; a line appears with the first limit, charge or hold.
    var credits: [CreditLine] = []
    /// Open ones, and ended ones as long as they are remembered.
    var holds = Chain<HoldRecord>()
    var openHolds: UInt32 = 0
    var previous = Slot<UserRecord>.none
    var next = Slot<UserRecord>.none

    var serial: UInt64 { id.rawValue }

    func line(for api: API) -> CreditLine? { credits.first { $0.api == api } }

    /// The position of an API's line, made if need be.
    mutating func lineIndex(for api: API) -> Int {
        credits.lineIndex(for: api, changedAt: createdAt)
    }
}

extension [CreditLine] {
    fileprivate mutating func lineIndex(for api: API, changedAt index: LogIndex) -> Int {
        let position = firstIndex { $0.api >= api } ?? endIndex
        if position == endIndex || self[position].api != api {
            insert(CreditLine(api: api, changedAt: index), at: position)
        }
        return position
    }
}

struct KeyRecord: ChainedRecord, Hashable {
    typealias Shelf = KeyShelf

    var id: KeyID
    var digest: Digest
    var user: Slot<UserRecord>
    var api: API
    var name: Name
    /// Its own state; effectively revoked as well if the user is removed.
    var state: KeyState
    var suffix: Suffix
    var since: Timestamp
    var author: Author
    /// Minutes since 1970; zero: never.
    var lastUsedMinute: UInt32 = 0
    var spent = SpentCounters()
    /// Nil: never.
    var expiresAt: Timestamp?
    /// When it ends by itself: its expiry, or while it is retiring the end of its grace. Nil once
    /// it is dead, or was found dead with its user or account.
    var deadline: Timestamp?
    /// The key whose place it took; zero: none.
    var replaces = KeyID(0)
    /// The key that took its place; zero: none.
    var replacedBy = KeyID(0)
    var createdAt: LogIndex
    var changedAt: LogIndex
    var previous = Slot<KeyRecord>.none
    var next = Slot<KeyRecord>.none

    var serial: UInt64 { id.rawValue }
}

struct TokenRecord: ChainedRecord, Hashable {
    var id: TokenID
    var digest: Digest
    var role: Role
    /// None for an operator's.
    var account: Slot<AccountRecord>
    var user: Slot<UserRecord>
    var name: Name
    var isRevoked = false
    var suffix: Suffix
    var since: Timestamp
    /// Nil for the token that the cluster was formed with.
    var author: Author?
    var createdAt: LogIndex
    var changedAt: LogIndex
    var previous = Slot<TokenRecord>.none
    var next = Slot<TokenRecord>.none

    var serial: UInt64 { id.rawValue }
}

/// Something revoked, removed or deleted, kept until the audit horizon passes it.
struct Grave: Hashable, Sendable {
    enum Body: Hashable, Sendable {
        case key(Slot<KeyRecord>)
        /// With all keys, tokens and holds that are left.
        case user(Slot<UserRecord>)
        case token(Slot<TokenRecord>)
        /// With everything in it.
        case account(Slot<AccountRecord>)
    }

    var index: LogIndex
    var body: Body
}
