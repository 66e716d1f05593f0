import Basics
import Synchronization

/// A number that one thread raises and any thread reads.
///
/// One writer, so that raising is a plain load and store: no bus lock on the validation path.
final class Counter: Sendable {
    private let stored = Atomic<UInt64>(0)

    /// The owning thread only.
    @inline(__always)
    func add(_ amount: UInt64 = 1) {
        stored.store(stored.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// For gauges; the owning thread only.
    @inline(__always)
    func set(_ value: UInt64) { stored.store(value, ordering: .relaxed) }

    var value: UInt64 { stored.load(ordering: .relaxed) }
}

/// How long things took, in buckets that double from 1 µs to about 16 s, written by one thread.
final class LatencyHistogram: Sendable {
    /// The upper bounds are 2^n µs for n in 0..<bucketCount; one more bucket holds what is longer.
    static let bucketCount = 25
    private let buckets: [Counter]
    private let nanoseconds = Counter()

    init() { buckets = (0...LatencyHistogram.bucketCount).map { _ in Counter() } }

    /// Notes `count` events that took `duration` each. The owning thread only.
    @inline(__always)
    func note(_ duration: Duration, count: UInt64 = 1) {
        let positive = UInt64(max(duration.nanoseconds, 0))
        buckets[LatencyHistogram.bucket(of: positive)].add(count)
        nanoseconds.add(positive &* count)
    }

    /// The first bucket whose bound isn't below `nanoseconds`.
    static func bucket(of nanoseconds: UInt64) -> Int {
        let microseconds = (nanoseconds + 999) / 1000
        guard microseconds > 1 else { return 0 }
        return min(64 - (microseconds - 1).leadingZeroBitCount, bucketCount)
    }

    /// Counts of each bucket, not cumulated, and the sum of all durations.
    var snapshot: (counts: [UInt64], nanoseconds: UInt64) {
        (buckets.map(\.value), nanoseconds.value)
    }
}
