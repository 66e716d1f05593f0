/// Counts latencies in buckets that are at most 1/64 wider than the one before: percentiles are
/// right to 1.6 %, whatever the range, and adding one costs an increment.
struct LatencyHistogram: Sendable {
    /// Buckets within each doubling, as a power of two.
    private static let precision = 6
    private static let bucketCount = (64 - precision + 1) << precision

    private var counts = [UInt64](repeating: 0, count: bucketCount)
    private(set) var count: UInt64 = 0
    private(set) var sum: UInt64 = 0
    private(set) var maximum: UInt64 = 0

    var mean: UInt64 { count == 0 ? 0 : sum / count }

    /// Adds one latency in nanoseconds; a negative one, of a clock that was read twice within a
    /// tick, counts as zero.
    mutating func add(_ nanoseconds: Int64) {
        let value = UInt64(max(0, nanoseconds))
        counts[Self.bucket(of: value)] += 1
        count += 1
        sum &+= value
        maximum = max(maximum, value)
    }

    mutating func merge(_ other: LatencyHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        sum &+= other.sum
        maximum = max(maximum, other.maximum)
    }

    /// The latency that `numerator / denominator` of all don't exceed, as the upper end of its
    /// bucket; zero if there are none.
    func percentile(_ numerator: UInt64, of denominator: UInt64) -> UInt64 {
        guard count > 0 else { return 0 }
        // Multiplied first in 128 bits: counts of weeks times 10^4 would overflow.
        let product = count.multipliedFullWidth(by: numerator)
        let (quotient, remainder) = denominator.dividingFullWidth(product)
        let rank = max(1, quotient + (remainder > 0 ? 1 : 0))
        var seen: UInt64 = 0
        for (index, here) in counts.enumerated() where here > 0 {
            seen += here
            if seen >= rank { return min(Self.upperEnd(of: index), maximum) }
        }
        return maximum
    }

    static func bucket(of value: UInt64) -> Int {
        let width = UInt64.bitWidth - value.leadingZeroBitCount
        guard width > precision + 1 else { return Int(value) }
        let shift = width - precision - 1
        return (shift << precision) + Int(value >> UInt64(shift))
    }

    /// The largest value of a bucket.
    static func upperEnd(of bucket: Int) -> UInt64 {
        let shift = max(0, (bucket >> precision) - 1)
        let mantissa = UInt64(bucket - shift << precision)
        return (mantissa &+ 1) << UInt64(shift) &- 1
    }
}
