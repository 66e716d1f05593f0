import Basics

/// What is to happen, by virtual time; what falls on the same instant happens in the order in
/// which it was scheduled, so that a seed has one history.
struct EventQueue<Event> {
    private struct Item {
        var time: Instant
        var order: UInt64
        /// Where the event lies: it is large, and the heap moves its items about.
        var slot: Int

        func precedes(_ other: Item) -> Bool {
            time != other.time ? time < other.time : order < other.order
        }
    }

    /// A binary heap: no item precedes its parent at `(position - 1) / 2`.
    private var heap: [Item] = []
    private var scheduled: UInt64 = 0
    private var slots: [Event?] = []
    private var freeSlots: [Int] = []

    var isEmpty: Bool { heap.isEmpty }
    var nextTime: Instant? { heap.first?.time }

    mutating func schedule(_ event: Event, at time: Instant) {
        scheduled &+= 1
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            slots[slot] = event
        } else {
            slot = slots.count
            slots.append(event)
        }
        heap.append(Item(time: time, order: scheduled, slot: slot))
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popFirst() -> (time: Instant, event: Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        var event: Event?
        swap(&event, &slots[first.slot])
        freeSlots.append(first.slot)
        guard let event else { preconditionFailure("an event without a slot") }
        return (first.time, event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            // Not a loop over an array of two: that was allocated at every level, 1 % of a run.
            let left = 2 * parent + 1
            let right = left + 1
            if left < heap.count, heap[left].precedes(heap[least]) { least = left }
            if right < heap.count, heap[right].precedes(heap[least]) { least = right }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
