import Linux

/// How far a large file's bytes have been handed to the disk while it is being written.
///
/// Left to its end, a sync would hand over all of them at once, and every sync of the journal,
/// which is on the same disk, would wait behind. With it and the writing thread's niceness one
/// charge in a thousand took 20 ms or more beside snapshots of 100 MiB, where it took 43 (three
/// nodes on two processors, 2026-11-26).
///
/// Law: it changes no byte and promises nothing. What makes the file durable is its sync.
struct WrittenBack {
    /// Handed over at once: a millisecond's work of a disk that takes a gigabyte a second.
    static let step = 1 << 20

    private var end = 0

    /// To be called when everything before `written` has been written to the file.
    ///
    /// Trouble is left to the sync: nothing depends on this.
    mutating func note(_ file: borrowing File, writtenThrough written: Int) {
        guard written - end >= WrittenBack.step else { return }
        try? file.writeBack(written - end, at: end)
        end = written
    }
}
