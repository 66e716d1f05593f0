import CLinux
import Glibc

/// What concerns the process as a whole.
public enum ProcessControl {
    /// Writes to standard error, as much as it takes without waiting: a log that nobody reads
    /// must not stop the node.
    public static func writeToStandardError(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            var rest = raw[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.write(2, part.baseAddress, part.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if count == 0 || linux_errno() != EINTR {
                    return
                }
            }
        }
    }

    /// Ends the process at once, without running what other threads have left to do.
    public static func exit(_ code: Int32) -> Never { Glibc._exit(code) }

    /// From here on SIGTERM comes when the thread that started this process ends, and with it the
    /// process it belongs to, however that ends; goes on through `exec` (PR_SET_PDEATHSIG,
    /// prctl(2)). If `parent` has ended already, false.
    public static func endWithParent(_ parent: Int32) -> Bool {
        infallible("prctl") { linux_signal_at_parents_death(SIGTERM) }
        return getppid() == parent
    }

    /// Gives every whole page of memory that was freed, wherever it lies, back to the system
    /// (malloc_trim(3)): a millisecond for some 15 MiB, in which nobody allocates or frees in the
    /// arena that it comes from. By itself, the library gives back only what lies at the end.
    public static func returnFreeMemory() { linux_return_free_memory() }

    /// Gives the whole pages in memory of this process, whose contents are lost, back to the system
    /// (madvise(2), MADV_DONTNEED).
    public static func discard(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
        let first = (UInt(bitPattern: start) + page - 1) & ~(page - 1)
        let end = (UInt(bitPattern: start) + UInt(bytes.count)) & ~(page - 1)
        guard first < end else { return }
        // It is advice: where it isn't taken, memory stays as it is.
        _ = madvise(UnsafeMutableRawPointer(bitPattern: first), Int(end - first), MADV_DONTNEED)
    }

    /// The number that the system knows this process by.
    public static var identifier: Int32 { getpid() }

    /// The most descriptors this process may have open; the soft limit is raised to the hard one.
    public static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return 1024
        }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        return Int(clamping: limit.rlim_cur)
    }
}
