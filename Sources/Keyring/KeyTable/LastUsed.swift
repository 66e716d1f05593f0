import Basics
import Synchronization

/// When keys were last used, to the minute: a stamp in the key's cell, a mark beside it, and a
/// chain through the chunks of cells that have marks (Treiber, "Systems Programming: Coping with
/// Parallelism", 1986), which the writer takes off as a whole; so nothing is scanned but the marks
/// of chunks that have any.
///
/// A stamp is the minute's lowest 16 bits, zero taken for one: what is drained within 22 days is
/// told from any other.
private func stamp(of minute: UInt32) -> UInt16 { max(1, UInt16(truncatingIfNeeded: minute)) }

extension KeyTable.Reader {
    /// Notes that the key was used in this minute (since 1970). A few loads if it was noted
    /// already; otherwise a store, a mark, and one swap at the chain's head if the chunk isn't in
    /// the chain, which another thread can make it repeat but never wait. Lost if the table was
    /// replaced since the look-up.
    public func stamp(_ key: KeyView, minute: UInt32) {
        let image = image
        if image.generation == key.generation { image.stamp(key, minute: minute) }
    }
}

extension KeyTable {
    /// The same for the writer's thread, which has looked the key up in ``image``.
    public func stamp(_ key: KeyView, minute: UInt32) { image.stamp(key, minute: minute) }
}

extension TableImage {
    fileprivate func stamp(_ key: KeyView, minute: UInt32) {
        let value = Keyring.stamp(of: minute)
        guard let word = cell(key.slot)?.stamp, word.pointee.load(ordering: .relaxed) != value
        else { return }
        // Forgotten since it was looked up: whoever has the slot now wasn't used.
        guard keyLine(key.slot).acquire(KeyRows.Line.id) == key.id.rawValue else { return }
        // What the stamps of this time are the lowest bits of.
        if root.load(Layout.Root.minute) != UInt64(minute) {
            root.store(UInt64(minute), at: Layout.Root.minute)
        }
        // In one order with the writer's taking of the marks, and of the chain: either it sees this
        // stamp and mark, or this thread finds the mark taken or the link reset.
        word.pointee.store(value, ordering: .sequentiallyConsistent)
        let number = KeyCells.chunkNumber(of: key.slot)
        let chunk = KeyCells.chunk(number, root: root)
        let place = Int(key.slot) & (KeyCells.chunkCells - 1)
        let bit: UInt64 = 1 << UInt64(place & 63)
        let marks = chunk.base[KeyCells.marks + place >> 6]
            .bitwiseOr(bit, ordering: .sequentiallyConsistent)
        if marks.oldValue & bit == 0 { chain(chunk, number) }
    }

    private func chain(_ chunk: SharedWords, _ number: Int) {
        let isFirst = chunk.base[KeyCells.link].compareExchange(
            expected: 0, desired: KeyCells.end, ordering: .sequentiallyConsistent
        ).exchanged
        guard isFirst else { return }
        let head = root.base + Layout.Root.stamped
        var first = head.pointee.load(ordering: .relaxed)
        while true {
            chunk.store(first == 0 ? KeyCells.end : first, at: KeyCells.link)
            let swap = head.pointee.compareExchange(
                expected: first, desired: UInt64(number + 1), ordering: .releasing)
            if swap.exchanged { return }
            first = swap.original
        }
    }
}

extension TableContents {
    func drainLastUses(_ limit: Int, _ body: (KeyID, UInt32) -> Void) {
        var left = limit
        while left > 0 {
            if drainedChunk == 0 {
                if stampedChunks == 0 { takeStampedChunks() }
                if stampedChunks == 0 { return }
                drainedChunk = stampedChunks
                let link = cells.chunk(drainedChunk - 1).base + KeyCells.link
                let next = link.pointee.load(ordering: .relaxed)
                stampedChunks = next == KeyCells.end ? 0 : Int(next)
                link.pointee.store(0, ordering: .sequentiallyConsistent)
            }
            drain(drainedChunk - 1, &left, body)
        }
    }

    private func takeStampedChunks() {
        let head = root.base + Layout.Root.stamped
        if head.pointee.load(ordering: .relaxed) == 0 { return }
        stampedChunks = Int(head.pointee.exchange(0, ordering: .acquiring))
    }

    /// Takes up to `left` marks of a chunk.
    private func drain(_ number: Int, _ left: inout Int, _ body: (KeyID, UInt32) -> Void) {
        let chunk = cells.chunk(number)
        for word in 0..<KeyCells.markWords {
            let marks = chunk.base + KeyCells.marks + word
            if marks.pointee.load(ordering: .relaxed) == 0 { continue }
            var taken = marks.pointee.exchange(0, ordering: .sequentiallyConsistent)
            while taken != 0 {
                if left == 0 {
                    _ = marks.pointee.bitwiseOr(taken, ordering: .sequentiallyConsistent)
                    return
                }
                let place = word * 64 + taken.trailingZeroBitCount
                taken &= taken - 1
                tell(UInt32(number * KeyCells.chunkCells + place), &left, body)
            }
        }
        drainedChunk = 0
    }

    /// A key that was forgotten meanwhile has nobody to tell.
    private func tell(_ slot: UInt32, _ left: inout Int, _ body: (KeyID, UInt32) -> Void) {
        let cell = cells[slot]
        let stamp = cell.stamp.pointee.load(ordering: .sequentiallyConsistent)
        guard cell.load() & Layout.stateMask != 0, stamp != 0 else { return }
        left -= 1
        let newest = UInt32(truncatingIfNeeded: root.load(Layout.Root.minute))
        let behind = Int16(truncatingIfNeeded: Int(newest) - Int(stamp))
        body(keyID(slot), UInt32(truncatingIfNeeded: Int(newest) - Int(behind)))
    }
}
