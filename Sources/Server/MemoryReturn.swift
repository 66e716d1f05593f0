/// When freed memory is given back to the system: once, when the node comes to rest.
///
/// Entries of the log stay in memory until a snapshot covers them, 64 MiB of them and several
/// hundred under a load that is faster than snapshots are written. What they leave behind is used
/// again by those that follow, so under a load there is nothing to give back. At rest it is memory
/// that nobody needs: behind a load of ten million keys a third of the process's, 524 of 1,573 MiB,
/// which took 36 ms.
///
/// On the replica thread: it is whose memory that is, and whoever else held the lock on it for so
/// long would make it wait.
struct MemoryReturn {
    /// A log that grew or shrank by less since it was last looked at is at rest.
    static let stir = 1 << 20

    private var logBytes = 0
    private var hasStirred = false

    /// To be asked now and then, with the bytes of the log that are in memory.
    mutating func isDue(logBytes: Int) -> Bool {
        let isStirring = abs(logBytes - self.logBytes) >= MemoryReturn.stir
        self.logBytes = logBytes
        defer { hasStirred = isStirring }
        return hasStirred && !isStirring
    }
}
