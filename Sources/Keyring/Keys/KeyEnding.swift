import Basics

/// What a key has that ends by itself or takes part in a rotation.
struct KeyEnding: Hashable, Sendable {
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
