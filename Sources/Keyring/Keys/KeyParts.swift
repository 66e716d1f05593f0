import Basics

/// The parts of a key that few have otherwise than at their creation.
struct KeyParts: Hashable, Sendable {
    var changedAt: LogIndex
    var spent = SpentCounters()
    var ending = KeyEnding()

    /// Of a key as it was created.
    init(createdAt: LogIndex) { changedAt = createdAt }

    init(_ record: KeyRecord) {
        changedAt = record.changedAt
        spent = record.spent
        ending = KeyEnding(record)
    }

    /// Nil if it is as at the creation.
    var spentOrNone: SpentCounters? { spent == SpentCounters() ? nil : spent }
    var endingOrNone: KeyEnding? { ending == KeyEnding() ? nil : ending }
}
