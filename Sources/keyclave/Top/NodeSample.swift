import Basics

/// What a node had counted at a moment, read from its page of metrics.
struct NodeSample: Sendable {
    var takenAt: Instant
    /// By name without `keyclave_`, with labels as they are written: `validations_total`,
    /// `lease{state="held"}`.
    private var values: [String: UInt64] = [:]
    /// Cumulated counts of a histogram's buckets, by upper bound in nanoseconds; nil is no bound.
    private var buckets: [String: [(bound: UInt64?, count: UInt64)]] = [:]

    init(_ page: String, takenAt: Instant) {
        self.takenAt = takenAt
        for line in page.split(separator: "\n") where line.hasPrefix("keyclave_") {
            guard let space = line.lastIndex(of: " ") else { continue }
            let name = line[..<space].dropFirst("keyclave_".count)
            let text = line[line.index(after: space)...]
            if let open = name.firstRange(of: "_bucket{le=\"") {
                let bound = name[open.upperBound...].dropLast(2)
                buckets[String(name[..<open.lowerBound]), default: []].append(
                    (NodeSample.nanoseconds(bound), UInt64(text) ?? 0))
            } else if let value = UInt64(text) {
                values[String(name)] = value
            }
        }
    }

    /// Exact decimal seconds in nanoseconds; nil for what is none, `+Inf` above all.
    static func nanoseconds(_ text: Substring) -> UInt64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = UInt64(parts[0]), whole < 1 << 32 else { return nil }
        guard parts.count == 2 else { return whole * 1_000_000_000 }
        guard parts[1].utf8.count <= 9, let rest = UInt64(parts[1]) else { return nil }
        let scale = (parts[1].utf8.count..<9).reduce(UInt64(1)) { scale, _ in scale * 10 }
        return whole * 1_000_000_000 + rest * scale
    }

    func value(_ name: String) -> UInt64? { values[name] }

    /// The label's value for which a gauge is 1.
    func state(of name: String) -> String? {
        let prefix = name + "{state=\""
        return values.first { $0.key.hasPrefix(prefix) && $0.value == 1 }
            .map { String($0.key.dropFirst(prefix.count).dropLast(2)) }
    }

    /// The sum over all labels of a counter, or over those that `isWanted` takes.
    func sum(_ name: String, where isWanted: (String) -> Bool = { _ in true }) -> UInt64 {
        values.reduce(0) { sum, entry in
            guard entry.key == name || entry.key.hasPrefix(name + "{"), isWanted(entry.key) else {
                return sum
            }
            return sum &+ entry.value
        }
    }

    /// The least bound that so many hundredths of what came since `earlier` stay within, in
    /// microseconds; nil if nothing came, or no bound holds it.
    func percentile(_ hundredths: UInt64, of name: String, since earlier: NodeSample) -> UInt64? {
        let before = earlier.buckets[name] ?? []
        let now = buckets[name] ?? []
        guard before.count == now.count, let last = now.last, let first = before.last,
            last.count > first.count
        else { return nil }
        let wanted = ((last.count - first.count) * hundredths + 99) / 100
        for (bucket, past) in zip(now, before)
        where bucket.count - min(past.count, bucket.count) >= wanted {
            return bucket.bound.map { $0 / 1_000 }
        }
        return nil
    }
}
