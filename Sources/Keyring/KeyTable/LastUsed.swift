import Basics
import Synchronization

/// When keys were last used, to the minute: a stamp in the key's row, and a chain through the
/// rows whose stamp changed (Treiber, "Systems Programming: Coping with Parallelism", 1986), which
/// the writer takes off as a whole; so nothing is ever scanned, and no place is freed twice.
///
/// A key's link is 0 while it isn't in the chain, `end` in its last row, else the next row.
private let end = UInt32.max

extension KeyTable.Reader {
    /// Notes that the key was used in this minute (since 1970). A few loads if it was noted
    /// already; otherwise one swap in the row and one at the chain's head, which another thread
    /// can make it repeat but never wait. Lost if the table was replaced since the look-up.
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
        let row = keyRow(key.row)
        let stamp = row.half(Layout.Key.userAndStamp, 1)
        guard stamp.pointee.load(ordering: .relaxed) < minute else { return }
        // In one order with the writer's reset of the link: either it sees this stamp, or this
        // thread finds the link reset and chains the row again.
        stamp.pointee.store(minute, ordering: .sequentiallyConsistent)
        let link = row.half(Layout.Key.link, 0)
        guard
            link.pointee.compareExchange(
                expected: 0, desired: end, ordering: .sequentiallyConsistent
            ).exchanged
        else { return }
        let head = root.base + Layout.Root.stamped
        var first = head.pointee.load(ordering: .relaxed)
        while true {
            link.pointee.store(
                first == 0 ? end : UInt32(truncatingIfNeeded: first), ordering: .relaxed)
            let swap = head.pointee.compareExchange(
                expected: first, desired: UInt64(key.row), ordering: .releasing)
            if swap.exchanged { return }
            first = swap.original
        }
    }
}

extension TableContents {
    func drainLastUses(_ limit: Int, _ body: (KeyID, UInt32) -> Void) {
        for _ in 0..<limit {
            if stampedKeys == 0 {
                let head = root.base + Layout.Root.stamped
                if head.pointee.load(ordering: .relaxed) == 0 { return }
                stampedKeys = UInt32(
                    truncatingIfNeeded: head.pointee.exchange(0, ordering: .acquiring))
            }
            let row = keys[stampedKeys]
            let link = row.half(Layout.Key.link, 0)
            let next = link.pointee.load(ordering: .relaxed)
            stampedKeys = next == end ? 0 : next
            link.pointee.store(0, ordering: .sequentiallyConsistent)
            let minute = row.half(Layout.Key.userAndStamp, 1).pointee
                .load(ordering: .sequentiallyConsistent)
            // A key that was forgotten meanwhile has nobody to tell.
            let isBorn = row.load(Layout.Key.state) & Layout.stateMask != 0
            if isBorn { body(KeyID(row.load(Layout.Key.id)), minute) }
        }
    }
}
