import Basics

/// A key's record as far as every key has it, and the numbers of the rest in a ``KeyShelf``: what
/// lies in its ``KeyRows``, as a value.
struct PackedKey {
    var digest = Digest.zero
    var id = KeyID(0)
    var user: UInt32 = 0
    var birth = KeyBirth(createdAt: .zero, since: .epoch, author: 0, api: 0)
    /// Nil in an empty place.
    var state: KeyState?
    var links = KeyLinks()
    var name = ShortName(long: 0)
    var rest = KeyRest()

    init() {}

    var isEmpty: Bool { state == nil }
    var suffix: Suffix { Suffix(trusted: rest.suffix) }

    /// All but what lies beside or apart.
    init(_ record: KeyRecord) {
        digest = record.digest
        id = record.id
        user = record.user.number
        state = record.state
        links = KeyLinks(previous: record.previous.number, next: record.next.number)
        rest.lastUsedMinute = record.lastUsedMinute
        rest.suffix = record.suffix.rawValue
    }
}

extension KeyRecord {
    /// Whether a ``KeyBirth`` has the bits for them, as it has for all that a log can reach.
    static func canBeKept(createdAt: LogIndex, since: Timestamp) -> Bool {
        createdAt <= Bounds.latestIndex && since >= .epoch && since <= Bounds.latestTime
    }
}
