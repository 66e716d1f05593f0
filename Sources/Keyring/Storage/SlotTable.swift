import Basics

/// Records in numbered slots that stay where they are. A freed slot is used again, the one freed
/// longest ago first.
///
/// The slots lie on a shelf, in chunks: a copy of the table shares them all, and a change after it
/// copies one chunk, so that freezing a copy for a snapshot never stops the original.
struct SlotTable<R: ChainedRecord>: Sendable {
    private(set) var shelf = R.Shelf()
    private(set) var free = ChunkedQueue<UInt32>()

    /// Slots ever used, free ones included.
    var slotCount: Int { shelf.count }

    /// Records in the table.
    var count: Int { slotCount - free.count }

    /// Whether every slot number is taken.
    var isFull: Bool { free.isEmpty && slotCount >= Int(UInt32.max) - 1 }

    /// The record of a slot. Requires one.
    subscript(slot: Slot<R>) -> R {
        @inline(__always)
        get {
            guard let record = shelf[Int(slot.number)] else {
                preconditionFailure("an empty slot is read")
            }
            return record
        }
        @inline(__always)
        _modify {
            yield &shelf[Int(slot.number)]!
        }
    }

    /// The record of a slot that may be free or beyond the end.
    func record(at number: Int) -> R? {
        guard number >= 0, number < slotCount else { return nil }
        return shelf[number]
    }

    func holds(_ slot: Slot<R>) -> Bool {
        Int(slot.number) < slotCount && !shelf.isEmpty(Int(slot.number))
    }

    /// Requires that the table isn't full.
    mutating func insert(_ record: R) -> Slot<R> {
        if let number = free.popFirst() {
            shelf[Int(number)] = record
            return Slot(number)
        }
        precondition(!isFull, "no slot is left")
        let slot = Slot<R>(UInt32(slotCount))
        shelf.append(record)
        return slot
    }

    /// Frees a slot. Requires a record in it, in no chain.
    mutating func remove(_ slot: Slot<R>) {
        precondition(holds(slot), "an empty slot is freed")
        shelf[Int(slot.number)] = nil
        free.append(slot.number)
    }

    /// Puts a record at the end of a chain.
    mutating func append(_ slot: Slot<R>, to chain: inout Chain<R>) {
        shelf.relink(Int(slot.number), previous: chain.last, next: .none)
        if chain.last.isNone {
            chain.first = slot
        } else {
            shelf.relink(Int(chain.last.number), previous: nil, next: slot)
        }
        chain.last = slot
        chain.count += 1
    }

    /// Takes a record out of the chain that it is in.
    mutating func unlink(_ slot: Slot<R>, from chain: inout Chain<R>) {
        guard let link = shelf.link(Int(slot.number)) else {
            preconditionFailure("an empty slot is in a chain")
        }
        let (previous, next) = (link.previous, link.next)
        if previous.isNone {
            chain.first = next
        } else {
            shelf.relink(Int(previous.number), previous: nil, next: next)
        }
        if next.isNone {
            chain.last = previous
        } else {
            shelf.relink(Int(next.number), previous: previous, next: nil)
        }
        chain.count -= 1
    }
}

// Here, since no other file changes the shelf.
extension SlotTable where R == KeyRecord {
    /// Adds to what a key has spent, without the rest of its record. Requires one.
    mutating func addSpent(_ credits: UInt64, on date: CalendarDate, by slot: Slot<R>) {
        shelf.addSpent(credits, on: date, Int(slot.number))
    }
}

// Here for the same reason: see ``KeyShelf``.
extension SlotTable where R == KeyRecord {
    var isFollowed: Bool { shelf.isFollowed }
    mutating func beginFollowing() { shelf.beginFollowing() }
    mutating func takeMoved() -> [Int] { shelf.takeMoved() }
}

// Reading what a snapshot holds.
extension SlotTable {
    /// Appends the next slot as it was written: a record or none.
    mutating func load(from reader: inout ByteReader) throws(MalformedBytes) {
        guard slotCount < Int(UInt32.max) - 1 else { throw MalformedBytes("too many slots") }
        try shelf.load(from: &reader)
    }

    /// Appends to the queue of free slots, in its order.
    mutating func loadFree(_ number: UInt32) { free.append(number) }

    /// Whether the queue of free slots names each empty slot once and nothing else.
    func isFreeQueueSound() -> Bool {
        var isNamed = [Bool](repeating: false, count: slotCount)
        for position in 0..<free.count {
            let number = Int(free[position])
            guard number < slotCount, shelf.isEmpty(number), !isNamed[number] else {
                return false
            }
            isNamed[number] = true
        }
        return (0..<slotCount).allSatisfy { isNamed[$0] == shelf.isEmpty($0) }
    }

    /// Whether a chain links `count` records back and forth, each made after the one before,
    /// or by the same entry and with a higher id.
    /// Calls `body` with the slot of each; and with the table, since what captures that copies it
    /// for each look.
    func isChainSound(
        _ chain: Chain<R>, _ body: (borrowing SlotTable, Slot<R>) -> Bool
    ) -> Bool {
        var (slot, previous) = (chain.first, Slot<R>.none)
        var (seen, newest): (UInt32, (LogIndex, UInt64)?) = (0, nil)
        while !slot.isNone {
            guard seen < chain.count, slot.number < slotCount,
                let link = shelf.link(Int(slot.number)), link.previous == previous,
                newest.map({ $0 < (link.createdAt, link.serial) }) ?? true, body(self, slot)
            else { return false }
            newest = (link.createdAt, link.serial)
            previous = slot
            slot = link.next
            seen += 1
        }
        return seen == chain.count && previous == chain.last
    }

    /// The same, with each record whole.
    func isChainSound(_ chain: Chain<R>, _ body: (Slot<R>, R) -> Bool) -> Bool {
        isChainSound(chain) { table, slot in body(slot, table[slot]) }
    }
}
