import Basics

/// Writes metrics in the Prometheus text format, version 0.0.4: base units, `keyclave_` prefix.
struct Exposition {
    private(set) var text = ""

    mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
        head(name, help, "counter")
        text += "keyclave_\(name) \(value)\n"
    }

    mutating func gauge(_ name: String, _ help: String, _ value: UInt64) {
        head(name, help, "gauge")
        text += "keyclave_\(name) \(value)\n"
    }

    /// A gauge in seconds.
    mutating func duration(_ name: String, _ help: String, _ value: Duration) {
        head(name, help, "gauge")
        let seconds = Exposition.seconds(nanoseconds: UInt64(max(0, value.nanoseconds)))
        text += "keyclave_\(name) \(seconds)\n"
    }

    /// One counter with a label; `values` in the order in which they are to stand.
    mutating func counters(
        _ name: String, _ help: String, label: String, _ values: [(String, UInt64)]
    ) {
        head(name, help, "counter")
        lines(name, label: label, values)
    }

    /// One gauge with a label; likewise.
    mutating func gauges(
        _ name: String, _ help: String, label: String, _ values: [(String, UInt64)]
    ) {
        head(name, help, "gauge")
        lines(name, label: label, values)
    }

    private mutating func lines(_ name: String, label: String, _ values: [(String, UInt64)]) {
        for (value, count) in values {
            text += "keyclave_\(name){\(label)=\"\(value)\"} \(count)\n"
        }
    }

    /// The sum of the histograms, in seconds.
    mutating func histogram(_ name: String, _ help: String, _ parts: [LatencyHistogram]) {
        head(name, help, "histogram")
        var counts = [UInt64](repeating: 0, count: LatencyHistogram.bucketCount + 1)
        var nanoseconds: UInt64 = 0
        for part in parts {
            let snapshot = part.snapshot
            for (bucket, count) in snapshot.counts.enumerated() { counts[bucket] &+= count }
            nanoseconds &+= snapshot.nanoseconds
        }
        var cumulated: UInt64 = 0
        for (bucket, count) in counts.dropLast().enumerated() {
            cumulated &+= count
            let bound = Exposition.seconds(nanoseconds: 1000 << UInt64(bucket))
            text += "keyclave_\(name)_bucket{le=\"\(bound)\"} \(cumulated)\n"
        }
        let total = cumulated &+ (counts.last ?? 0)
        text += "keyclave_\(name)_bucket{le=\"+Inf\"} \(total)\n"
        text += "keyclave_\(name)_sum \(Exposition.seconds(nanoseconds: nanoseconds))\n"
        text += "keyclave_\(name)_count \(total)\n"
    }

    private mutating func head(_ name: String, _ help: String, _ type: String) {
        text += "# HELP keyclave_\(name) \(help)\n# TYPE keyclave_\(name) \(type)\n"
    }

    /// Exact decimal seconds, without the noise of binary fractions.
    static func seconds(nanoseconds: UInt64) -> String {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard rest > 0 else { return String(whole) }
        var digits = String(rest)
        digits = String(repeating: "0", count: 9 - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
