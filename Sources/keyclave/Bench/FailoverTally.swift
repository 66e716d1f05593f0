import Basics

/// What those who write to and ask a cluster have seen while its leaders died.
///
/// An outage is a time without a successful write, by whichever writer through whichever node. It
/// begins at the last success before it and ends at the first one after it, so what it lasts is
/// what somebody who writes all the time has to wait.
struct FailoverTally: Sendable {
    struct Outage: Hashable, Sendable {
        var end: Timestamp
        var withoutWrites: Duration
        /// By endpoint: the longest time without a granted validation that overlaps the outage.
        var withoutValidations: [Duration]

        var begin: Timestamp { end + .nanoseconds(-withoutWrites.nanoseconds) }
    }

    /// Shorter times without a write are none: a slow disk makes them, too.
    let shortest: Duration
    private(set) var outages: [Outage] = []
    private(set) var writes: UInt64 = 0
    private(set) var validations: UInt64 = 0
    private(set) var failedWrites: UInt64 = 0
    private(set) var failedValidations: UInt64 = 0

    private var lastWrite: Instant?
    private var lastValidations: [Instant]
    /// By endpoint, since the last write.
    private var gaps: [Duration]

    init(endpoints: Int, shortest: Duration, begin: Instant) {
        self.shortest = shortest
        lastValidations = Array(repeating: begin, count: endpoints)
        gaps = Array(repeating: .zero, count: endpoints)
    }

    /// Returns the outage that this write ended.
    @discardableResult
    mutating func noteWrite(at now: Instant, wall: Timestamp) -> Outage? {
        writes += 1
        defer {
            lastWrite = now
            gaps = gaps.map { _ in .zero }
        }
        // Before the first success nobody knows what is missing.
        guard let lastWrite, now - lastWrite >= shortest else { return nil }
        let outage = Outage(
            end: wall, withoutWrites: now - lastWrite,
            withoutValidations: gaps.indices.map { max(gaps[$0], now - lastValidations[$0]) })
        outages.append(outage)
        return outage
    }

    mutating func noteValidation(at now: Instant, endpoint: Int) {
        validations += 1
        gaps[endpoint] = max(gaps[endpoint], now - lastValidations[endpoint])
        lastValidations[endpoint] = now
    }

    mutating func noteFailure(ofWrite isWrite: Bool) {
        if isWrite { failedWrites += 1 } else { failedValidations += 1 }
    }
}
