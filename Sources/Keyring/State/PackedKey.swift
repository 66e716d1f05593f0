import Basics

/// A key's record as far as every key has it, and the places of the rest in a ``KeyShelf``: plain
/// bytes, nothing in it is counted.
struct PackedKey {
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

    mutating func set(_ api: API, _ state: KeyState, _ suffix: Suffix) {
        // 37^10 is less than 2^53, and no state's code is zero.
        word = api.rawValue << 8 | UInt64(state.rawValue)
        suffixValue = suffix.rawValue
    }

    mutating func pack(_ record: KeyRecord) {
        digest = record.digest
        id = record.id
        set(record.api, record.state, record.suffix)
        since = record.since
        createdAt = record.createdAt
        changedAt = record.changedAt
        user = record.user.number
        previous = record.previous.number
        next = record.next.number
        lastUsedMinute = record.lastUsedMinute
    }
}
