/// When freed memory is given back to the system: once, when the node comes to rest behind a
/// snapshot.
///
/// Entries of the log stay in memory until a snapshot covers them, 64 MiB of them and several
/// hundred under a load that is faster than snapshots are written; and what keys change meanwhile
/// lies there twice. What that leaves behind is used again by what follows, so under a load there
/// is nothing to give back. At rest it is memory that nobody needs: behind a load of ten million
/// keys a third of the process's, 524 of 1,573 MiB, which took 36 ms.
///
/// On the replica thread: it is whose memory that is, and whoever else held the lock on it for so
/// long would make it wait.
struct MemoryReturn {
    /// A log that shrinks by so much since it was last looked at leaves enough behind.
    static let worthwhile = 1 << 20
    /// One that grows or shrinks by less is at rest.
    static let stir = 64 << 10
    /// So many looks in a row: five seconds, and up to ten where nothing comes at all, since a
    /// replica that nobody wakes comes round once a second.
    static let rest = 10

    private var logBytes = 0
    private var hasFreed = false
    private var quietLooks = 0

    /// To be asked every ``StatusBoard/interval``, with the bytes of the log behind the newest
    /// snapshot.
    mutating func isDue(logBytes: Int) -> Bool {
        let change = logBytes - self.logBytes
        self.logBytes = logBytes
        if change <= -MemoryReturn.worthwhile { hasFreed = true }
        quietLooks = abs(change) < MemoryReturn.stir ? quietLooks + 1 : 0
        guard hasFreed, quietLooks >= MemoryReturn.rest else { return false }
        hasFreed = false
        return true
    }
}
