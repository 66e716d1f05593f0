import Linux

/// How far a large file's bytes have been handed to the disk while it is being written.
///
/// Left to its end, a sync would hand over all of them at once, and every sync of the journal,
/// which is on the same disk, would wait behind. Beside snapshots of some 90 MiB one charge in a
/// thousand took 20 to 34 ms or more with it, and 35 to 47 without (three nodes on two processors,
/// four runs each, 2026-11-26).
///
/// Laws: it changes no byte and promises nothing; what makes the file durable is its sync. But
/// trouble that it meets is thrown, and is trouble of the write: whoever waits for pages to be
/// written is told of their errors, and the sync behind it isn't told again (Linux,
/// `file_check_and_advance_wb_err`).
struct WrittenBack {
    /// Handed over at once: a millisecond's work of a disk that takes a gigabyte a second.
    static let step = 1 << 20

    private var end = 0

    /// To be called when everything before `written` has been written to the file. Throws what the
    /// disk says of it.
    mutating func note(
        _ file: borrowing File, writtenThrough written: Int
    ) throws(SystemError) {
        guard written - end >= WrittenBack.step else { return }
        try file.writeBack(written - end, at: end)
        end = written
    }
}
