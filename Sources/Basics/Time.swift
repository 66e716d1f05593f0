/// A reading of a node's monotonic clock: nanoseconds since an arbitrary origin that is the same
/// for all readings in one process. Instants of different nodes can't be compared.
public struct Instant: Comparable, Hashable, Sendable, CustomStringConvertible {
    public var nanoseconds: Int64

    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let zero = Instant(nanoseconds: 0)

    /// Later than every reading: the deadline of what has none.
    public static let never = Instant(nanoseconds: .max)

    @inlinable
    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Saturates instead of overflowing, so that a deadline computed from a huge setting means
    /// "never".
    @inlinable
    public static func + (left: Instant, right: Duration) -> Instant {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.nanoseconds)
        return Instant(nanoseconds: overflow ? (right.nanoseconds < 0 ? .min : .max) : sum)
    }

    @inlinable
    public static func - (left: Instant, right: Instant) -> Duration {
        let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(
            right.nanoseconds)
        return Duration(nanoseconds: overflow ? (right.nanoseconds < 0 ? .max : .min) : difference)
    }

    public var description: String { "\(nanoseconds) ns" }
}

/// A length of time in nanoseconds; negative if the end precedes the start.
///
/// Named like the standard library's type and used instead of it: that one counts attoseconds in
/// 128 bits and converts on each use, which the replica's loop would pay for at every timer.
public struct Duration: Comparable, Hashable, Sendable, CustomStringConvertible {
    public var nanoseconds: Int64

    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let zero = Duration(nanoseconds: 0)

    @inlinable
    public static func nanoseconds(_ count: Int64) -> Duration { Duration(nanoseconds: count) }
    @inlinable
    public static func microseconds(_ count: Int64) -> Duration {
        Duration(nanoseconds: saturating(count, times: 1_000))
    }
    @inlinable
    public static func milliseconds(_ count: Int64) -> Duration {
        Duration(nanoseconds: saturating(count, times: 1_000_000))
    }
    @inlinable
    public static func seconds(_ count: Int64) -> Duration {
        Duration(nanoseconds: saturating(count, times: 1_000_000_000))
    }

    @inlinable
    public static func < (left: Duration, right: Duration) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
    @inlinable
    public static func + (left: Duration, right: Duration) -> Duration {
        Instant(nanoseconds: left.nanoseconds) + right - Instant.zero
    }
    @inlinable
    public static func - (left: Duration, right: Duration) -> Duration {
        Instant(nanoseconds: left.nanoseconds) - Instant(nanoseconds: right.nanoseconds)
    }
    @inlinable
    public static func * (left: Duration, factor: Int64) -> Duration {
        Duration(nanoseconds: saturating(left.nanoseconds, times: factor))
    }

    /// Whole milliseconds, rounded towards zero.
    @inlinable
    public var milliseconds: Int64 { nanoseconds / 1_000_000 }

    public var description: String { "\(nanoseconds) ns" }

    @usableFromInline
    static func saturating(_ count: Int64, times factor: Int64) -> Int64 {
        let (product, overflow) = count.multipliedReportingOverflow(by: factor)
        guard overflow else { return product }
        return (count < 0) == (factor < 0) ? .max : .min
    }
}

/// A point in wall-clock time: milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored.
/// Wall clocks decide nothing but the time that the leader stamps on log entries.
public struct Timestamp: Comparable, Hashable, Sendable, CustomStringConvertible {
    public var milliseconds: Int64

    @inlinable
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static let epoch = Timestamp(milliseconds: 0)

    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// Saturates, as `Instant` does.
    @inlinable
    public static func + (left: Timestamp, right: Duration) -> Timestamp {
        let (sum, overflow) = left.milliseconds.addingReportingOverflow(right.milliseconds)
        return Timestamp(milliseconds: overflow ? (right.nanoseconds < 0 ? .min : .max) : sum)
    }

    /// The time from `right` to `left`, saturating.
    @inlinable
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        let (difference, overflow) = left.milliseconds.subtractingReportingOverflow(
            right.milliseconds)
        guard !overflow else {
            return Duration(nanoseconds: left < right ? .min : .max)
        }
        return .milliseconds(difference)
    }

    public var description: String { "\(milliseconds) ms" }
}

/// A reading of both of a machine's steady clocks. A lease goes by both, because each alone can
/// stand still while the world goes on: `running` while the machine is suspended, and `sinceBoot`
/// where a daemon slews it.
///
/// Readings of one machine are ordered alike by either clock, but for what runs at another rate.
public struct SteadyInstant: Hashable, Sendable, CustomStringConvertible {
    /// The monotonic clock that nothing slews: the one that drives every time-out.
    public var running: Instant
    /// The clock that goes on while the machine is suspended.
    public var sinceBoot: Instant

    @inlinable
    public init(running: Instant, sinceBoot: Instant) {
        self.running = running
        self.sinceBoot = sinceBoot
    }

    /// Before every reading: a time that is over.
    public static let past = SteadyInstant(
        running: Instant(nanoseconds: .min), sinceBoot: Instant(nanoseconds: .min))

    /// Later than every reading.
    public static let never = SteadyInstant(running: .never, sinceBoot: .never)

    /// Whether both clocks say that `end` is still to come.
    @inlinable
    public func precedes(_ end: SteadyInstant) -> Bool {
        running < end.running && sinceBoot < end.sinceBoot
    }

    @inlinable
    public static func + (left: SteadyInstant, right: Duration) -> SteadyInstant {
        SteadyInstant(running: left.running + right, sinceBoot: left.sinceBoot + right)
    }

    /// How long it is until the first of the clocks shows `end`; zero or less if one has.
    @inlinable
    public func remaining(until end: SteadyInstant) -> Duration {
        min(end.running - running, end.sinceBoot - sinceBoot)
    }

    public var description: String { "\(running) running, \(sinceBoot) since boot" }
}

/// The clocks of a node, read together at the start of a step.
public struct ClockReading: Hashable, Sendable {
    /// The steady ones; the first of them drives every time-out.
    public var steady: SteadyInstant
    /// Wall: only carried to the leader, which stamps log entries from a majority of them.
    public var wall: Timestamp

    @inlinable
    public init(steady: SteadyInstant, wall: Timestamp) {
        self.steady = steady
        self.wall = wall
    }

    /// A reading of a machine that was never suspended, whose steady clocks began together.
    @inlinable
    public init(now: Instant, wall: Timestamp) {
        self.init(steady: SteadyInstant(running: now, sinceBoot: now), wall: wall)
    }

    /// Monotonic: drives every time-out.
    @inlinable
    public var now: Instant { steady.running }
}
