import Basics
import Keyring

/// The key-state entries of this node's log that it hasn't applied, in order, and what they touch.
///
/// Law: the indices rise; whatever stands here is blocked in the key table, once for each entry.
struct PendingKeyChanges: Sendable {
    private var entries: Ring<(index: LogIndex, subjects: [KeyStateSubject])> = []

    var count: Int { entries.count }
    /// The newest in the log; nil if all are applied.
    var newest: LogIndex? { entries.last?.index }

    /// The newest at or before `limit`; nil if there is none.
    func newest(notAfter limit: LogIndex) -> LogIndex? {
        entries.last { $0.index <= limit }?.index
    }

    /// The newest that changes how long leases last; zero if none does.
    var newestOfLeases: LogIndex {
        entries.last { $0.subjects.contains(.leases) }?.index ?? .zero
    }

    mutating func append(_ subjects: [KeyStateSubject], at index: LogIndex) {
        precondition(newest.map { $0 < index } ?? true, "key-state entries out of order")
        entries.append((index, subjects))
    }

    /// Takes out what is applied; gives all that it touched.
    mutating func takeApplied(through index: LogIndex) -> [KeyStateSubject] {
        var subjects: [KeyStateSubject] = []
        while let first = entries.first, first.index <= index {
            subjects += entries.removeFirst().subjects
        }
        return subjects
    }

    /// Takes out what is in the log no more, from `index` on; gives all that it touched.
    mutating func truncate(from index: LogIndex) -> [KeyStateSubject] {
        var subjects: [KeyStateSubject] = []
        while let last = entries.last, last.index >= index {
            subjects += entries.removeLast().subjects
        }
        return subjects
    }

    /// All that is blocked, once for each entry.
    var subjects: [KeyStateSubject] { entries.flatMap(\.subjects) }

    /// The indices, for a law that compares them with the log's.
    var indices: [LogIndex] { entries.map(\.index) }
}
