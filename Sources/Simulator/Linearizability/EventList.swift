import Basics

/// The invocations and returns of a history in the order of time, those of calls not yet placed
/// linked with one another: a call and its return are taken out and put back in constant time.
///
/// Events are numbered in the order of time.
struct EventList {
    private struct Event {
        var call: Int
        var isReturn: Bool
        /// The event of the call's return, for an invocation; nil if it never returned.
        var partner: Int?
    }

    private let events: [Event]
    /// The neighbours of each event; behind the last event stands the ring's head.
    private var next: [Int]
    private var previous: [Int]
    /// Returns of calls not yet placed.
    private(set) var returnsLeft = 0

    init<Call, Return>(_ history: [TimedCall<Call, Return>]) {
        var order: [(at: Instant, isReturn: Bool, call: Int)] = []
        order.reserveCapacity(2 * history.count)
        for (position, call) in history.enumerated() {
            order.append((call.invoked, false, position))
            guard let returned = call.returned else { continue }
            precondition(returned >= call.invoked, "a call returned before it was invoked")
            order.append((returned, true, position))
        }
        // Invocations first: what happened at one instant may have happened in either order.
        order.sort { left, right in
            if left.at != right.at { return left.at < right.at }
            if left.isReturn != right.isReturn { return right.isReturn }
            return left.call < right.call
        }
        var events = order.map { Event(call: $0.call, isReturn: $0.isReturn, partner: nil) }
        var invocations = Array(repeating: 0, count: history.count)
        for (number, event) in events.enumerated() {
            if event.isReturn {
                events[invocations[event.call]].partner = number
                returnsLeft += 1
            } else {
                invocations[event.call] = number
            }
        }
        self.events = events
        let head = events.count
        next = (0...head).map { $0 == head ? 0 : $0 + 1 }
        previous = (0...head).map { $0 == 0 ? head : $0 - 1 }
    }

    /// The first event left; requires that a return is left.
    var first: Int { next[events.count] }

    /// Whether this stands behind the last event.
    func isEnd(_ event: Int) -> Bool { event == events.count }

    /// The next event left, or the end.
    func successor(of event: Int) -> Int { next[event] }

    func isReturn(_ event: Int) -> Bool { events[event].isReturn }

    func call(of event: Int) -> Int { events[event].call }

    /// Takes out an invocation and its return.
    mutating func lift(_ invocation: Int) {
        unlink(invocation)
        guard let partner = events[invocation].partner else { return }
        unlink(partner)
        returnsLeft -= 1
    }

    /// Puts them back; what was lifted last comes back first.
    mutating func restore(_ invocation: Int) {
        if let partner = events[invocation].partner {
            link(partner)
            returnsLeft += 1
        }
        link(invocation)
    }

    private mutating func unlink(_ event: Int) {
        next[previous[event]] = next[event]
        previous[next[event]] = previous[event]
    }

    private mutating func link(_ event: Int) {
        next[previous[event]] = event
        previous[next[event]] = event
    }

    func calls(invokedBefore event: Int) -> [Int] {
        events[..<event].filter { !$0.isReturn }.map(\.call)
    }
}
