import Glibc
import Linux

/// A library, loaded before libc, that makes the clocks of a process run fast or slow, and keeps
/// in a file what it told the process and what the time really was.
///
/// libfaketime does the first part as well. But it isn't everywhere, and when it is preloaded it
/// sets a variable, which moves the environment; Swift finds a program's arguments before that, and
/// so finds none. Behind its wrapper, signals would meet the wrapper.
struct SkewedClocks {
    private let directory: String
    private let library: PreloadedLibrary

    init(directory: String) throws {
        self.directory = directory
        library = try PreloadedLibrary(
            "clocks", source: SkewedClocks.source, directory: directory)
    }

    /// What a node must be started with for its clocks to gain so many percent; negative: to lose.
    func environment(percent: Int, of node: String) -> [String: String] {
        [
            "LD_PRELOAD": library.path, "CLOCKS_GAIN": "\(percent)",
            "CLOCKS_READINGS": readings(of: node),
        ]
    }

    private func readings(of node: String) -> String { "\(directory)/\(node).clocks" }

    /// By how much a clock of the node has really gained so far, in parts per million; nil if the
    /// node has never read it.
    func gain(of clock: clockid_t, at node: TestNode) throws -> Int64? {
        let bytes = try File(reading: readings(of: node.id)).read(24 * 16, at: 0)
        let words = (0..<3).map { word in
            let start = 24 * Int(clock) + 8 * word
            return bytes[start..<start + 8].reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
        }
        let (first, last, told) = (words[0], words[1], words[2])
        guard last > first else { return nil }
        return (told - last) * 1_000_000 / (last - first)
    }

    private static let source = #"""
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdint.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <time.h>
        #include <unistd.h>

        #define CLOCKS 16

        // For each clock: the time at the start, the time at the last reading, and what the
        // process was told then.
        static struct { _Atomic int64_t first, last, told; } *readings;
        static double gain;

        static int64_t nanoseconds(const struct timespec *time) {
            return time->tv_sec * 1000000000LL + time->tv_nsec;
        }

        __attribute__((constructor)) static void begin(void) {
            const char *percent = getenv("CLOCKS_GAIN"), *path = getenv("CLOCKS_READINGS");
            if (!percent || !path) return;
            int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
            if (file < 0 || ftruncate(file, 4096)) abort();
            void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (page == MAP_FAILED) abort();
            close(file);
            gain = atoi(percent) / 100.0;
            readings = page;
            for (clockid_t clock = 0; clock < CLOCKS; clock++) {
                struct timespec time;
                if (syscall(SYS_clock_gettime, clock, &time) == 0)
                    readings[clock].first = nanoseconds(&time);
            }
        }

        int clock_gettime(clockid_t clock, struct timespec *time) {
            int result = syscall(SYS_clock_gettime, clock, time);
            // Processor time is nobody's clock.
            if (result || !readings || clock < 0 || clock >= CLOCKS
                || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID)
                return result;
            int64_t last = nanoseconds(time);
            int64_t told = last + (int64_t)((last - readings[clock].first) * gain);
            readings[clock].last = last;
            readings[clock].told = told;
            time->tv_sec = told / 1000000000;
            time->tv_nsec = told % 1000000000;
            return 0;
        }
        """#
}
