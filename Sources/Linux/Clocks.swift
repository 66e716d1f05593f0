import Basics
import CLinux
import Glibc

/// The machine's clocks. Read through libc, so that a preloaded library can fake them.
public enum Clocks {
    /// CLOCK_MONOTONIC_RAW: time-outs and leases go by it, because time daemons slew the plain
    /// monotonic clock by up to 8 %.
    public static func now() -> Instant {
        var time = timespec()
        infallible("clock_gettime") { linux_clock_monotonic_raw(&time) }
        return Instant(nanoseconds: nanoseconds(time))
    }

    /// CLOCK_BOOTTIME: goes on while the machine is suspended.
    public static func sinceBoot() -> Instant {
        var time = timespec()
        infallible("clock_gettime") { linux_clock_boottime(&time) }
        return Instant(nanoseconds: nanoseconds(time))
    }

    /// CLOCK_REALTIME: may be wrong and may jump.
    public static func wall() -> Timestamp {
        var time = timespec()
        infallible("clock_gettime") { linux_clock_realtime(&time) }
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Both steady clocks, one after the other. On current kernels neither enters the kernel.
    public static func steady() -> SteadyInstant {
        SteadyInstant(running: now(), sinceBoot: sinceBoot())
    }

    /// All clocks, one after the other.
    public static func reading() -> ClockReading { ClockReading(steady: steady(), wall: wall()) }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
