import Basics

/// The writes of entries that the disk hasn't confirmed, oldest first, and thereby what is
/// durable: everything that no unconfirmed write touches.
///
/// Confirmations name a write by its last entry. A tail that was truncated meanwhile can't count:
/// the write that replaced it is unconfirmed and begins at or below it.
struct PendingWrites: Sendable {
    struct Write: Sendable {
        /// The lowest index that this write or any later one touches.
        var lowest: LogIndex
        var last: LogPosition
        var began: Instant
    }

    private(set) var writes = Ring<Write>()

    /// The lowest index that isn't durable yet; nil if all are.
    var lowest: LogIndex? { writes.first?.lowest }

    /// When the oldest unconfirmed write began.
    var oldest: Instant? { writes.first?.began }

    mutating func begin(from first: LogIndex, through last: LogPosition, at now: Instant) {
        var position = writes.count
        while position > 0, writes[position - 1].lowest > first {
            position -= 1
            writes[position].lowest = first
        }
        writes.append(Write(lowest: first, last: last, began: now))
    }

    /// What waited for room goes to the disk only now.
    mutating func beginAgain(at now: Instant) {
        for number in writes.indices { writes[number].began = now }
    }

    /// Confirms every write up to the first that ended with `position`. Returns false, and
    /// changes nothing, if no unconfirmed write did.
    mutating func confirm(_ position: LogPosition) -> Bool {
        guard let number = writes.firstIndex(where: { $0.last == position }) else { return false }
        writes.removeFirst(number + 1)
        return true
    }

    /// A durable snapshot covers everything up to `index`.
    mutating func skip(through index: LogIndex) {
        while let first = writes.first, first.last.index <= index { writes.removeFirst() }
        for number in writes.indices where writes[number].lowest <= index {
            writes[number].lowest = index.next
        }
    }
}
