import Basics

/// Calls that wait for a lane. The one whose time is over first is first: among calls with the
/// same bounds that is the one that has waited longest.
///
/// Laws: there are never more than `limit`; none is in it twice, and none that was removed.
struct CallQueue {
    private struct Place: Comparable {
        var deadline: Instant
        /// Tells two with one deadline apart, as long as both are in the queue.
        var call: ObjectIdentifier

        init(_ call: Call) {
            deadline = call.deadline
            self.call = ObjectIdentifier(call)
        }

        static func < (one: Place, other: Place) -> Bool {
            (one.deadline, one.call) < (other.deadline, other.call)
        }
    }

    let limit: Int
    private var calls = OrderedTable<Place, Call>()

    init(limit: Int) { self.limit = limit }

    var isEmpty: Bool { calls.isEmpty }
    var isFull: Bool { calls.count >= limit }
    /// When the time of the first one is over.
    var nextDeadline: Instant? { calls.first?.key.deadline }

    /// Requires room.
    mutating func insert(_ call: Call) {
        precondition(!isFull, "more calls wait than may")
        let replaced = calls.updateValue(call, forKey: Place(call))
        precondition(replaced == nil, "a call waits twice")
    }

    mutating func popFirst() -> Call? { calls.popFirst()?.value }

    /// Nothing, if it isn't in the queue.
    mutating func remove(_ call: Call) { calls.removeValue(forKey: Place(call)) }

    mutating func removeAll() -> [Call] {
        var removed: [Call] = []
        while let call = popFirst() { removed.append(call) }
        return removed
    }

    /// Removes those whose time is over.
    mutating func removeLate(at now: Instant) -> [Call] {
        var late: [Call] = []
        while let next = nextDeadline, next <= now, let call = popFirst() { late.append(call) }
        return late
    }
}
