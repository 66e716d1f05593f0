import Basics

/// What was answered under an id, kept so that it is never done twice.
struct LedgerRecord: Hashable, Sendable {
    /// The request that was answered: a repeat of it is its node's own retry.
    var request: RequestID
    /// Which charge of the request it was; zero for everything else.
    var item: UInt32 = 0
    /// The log index at which it was decided.
    var index: LogIndex
    var answer: Answer

    enum Answer: Hashable, Sendable {
        /// The content of a charge is its key and credits.
        case charge(key: KeyID, credits: UInt32, ChargeVerdict)
        /// The digest of the content, and the encoded outcome.
        case change(content: Digest, outcome: [UInt8])
    }
}

/// A remembered charge's fate.
enum ChargeVerdict: Hashable, Sendable {
    case accepted(spent: Credits, remaining: Credits?)
    case refused(Refusal)
}

/// A UUIDv7 in its account. Zero as the account stands for the cluster.
struct TimedID: Comparable, Hashable, Sendable {
    var high: UInt64
    var low: UInt64
    var account: AccountID

    static func < (left: TimedID, right: TimedID) -> Bool {
        if left.high != right.high { return left.high < right.high }
        if left.low != right.low { return left.low < right.low }
        return left.account < right.account
    }
}

/// A free-form id in its account, by its digest: fixed width, and nothing that a client could
/// choose to make look-ups slow.
struct FreeFormID: Comparable, Hashable, Sendable {
    var account: AccountID
    var digest: Digest

    static func < (left: FreeFormID, right: FreeFormID) -> Bool {
        left.account != right.account ? left.account < right.account : left.digest < right.digest
    }
}

/// One item of a request: zero, or the position of a charge among several.
struct RequestItem: Comparable, Hashable, Sendable {
    var request: RequestID
    var item: UInt32

    static func < (left: RequestItem, right: RequestItem) -> Bool {
        left.request != right.request ? left.request < right.request : left.item < right.item
    }
}

/// Records that expire in the order in which they were made.
struct ExpiringRecords<Key: Comparable & Hashable & Sendable>: Sendable {
    struct Due: Hashable, Sendable {
        var key: Key
        var expiry: Timestamp
    }

    struct Kept: Hashable, Sendable {
        var record: LedgerRecord
        var expiry: Timestamp
    }

    var records = OrderedTable<Key, Kept>()
    /// Oldest first. A key that was used again after its record expired is in here twice.
    var order = ChunkedQueue<Due>()
    /// The newest expiry: a shorter window doesn't let newer records go before older ones.
    var newestExpiry = Timestamp.epoch

    func record(_ key: Key, at time: Timestamp) -> LedgerRecord? {
        guard order.count > 0, let kept = records[key], time < kept.expiry else { return nil }
        return kept.record
    }

    mutating func insert(_ key: Key, _ record: LedgerRecord, expiry: Timestamp) {
        newestExpiry = max(newestExpiry, expiry)
        records.updateValue(Kept(record: record, expiry: newestExpiry), forKey: key)
        order.append(Due(key: key, expiry: newestExpiry))
    }

    func isFirstDue(at time: Timestamp) -> Bool {
        guard let first = order.first else { return false }
        return first.expiry <= time
    }

    /// Removes the oldest record and returns its key.
    mutating func removeFirst() -> Key? {
        guard let due = order.popFirst() else { return nil }
        if records[due.key]?.expiry == due.expiry { records.removeValue(forKey: due.key) }
        return due.key
    }
}

/// All that was answered under an id (model: a charge is never made twice).
///
/// UUIDv7s go by their own time, and the floor rises over what has gone: an id at or below it is
/// refused, whether or not it was ever used. Free-form ids go after the window. Requests without a
/// client's id are kept for the retries of their own node.
struct Ledger: Sendable {
    var timed = OrderedTable<TimedID, LedgerRecord>()
    /// The greatest UUID that isn't remembered any more, as its two halves.
    var floorHigh: UInt64 = 0
    var floorLow: UInt64 = 0
    var freeForm = ExpiringRecords<FreeFormID>()
    /// Free-form records whose scope is the cluster.
    var clusterFreeFormRecords: UInt32 = 0
    var requests = ExpiringRecords<RequestItem>()

    func isAtOrBelowFloor(high: UInt64, low: UInt64) -> Bool {
        high != floorHigh ? high < floorHigh : low <= floorLow
    }

    /// Nothing falls: the floor is that of the longest-lasting promise ever broken.
    mutating func raiseFloor(high: UInt64, low: UInt64) {
        guard !isAtOrBelowFloor(high: high, low: low) else { return }
        floorHigh = high
        floorLow = low
    }

    /// Raises the floor to everything whose own time is `window` or more before `time`.
    mutating func raiseFloor(at time: Timestamp, window: Duration) {
        let horizon = time.milliseconds - window.milliseconds
        guard horizon >= 0 else { return }
        raiseFloor(high: UInt64(horizon) << 16 | 0xffff, low: .max)
    }
}
