import Basics

/// What a measurement has counted. What was refused or broke is counted beside the answers and is
/// in none of the latencies.
struct BenchTally: Sendable {
    /// Of validations that were granted, by `/v1/auth` or `/v1/verify`.
    var validations = LatencyHistogram()
    /// Of requests by which at least one charge was made.
    var charges = LatencyHistogram()
    /// Charges made: more than requests, where they go in batches.
    var made: UInt64 = 0
    /// Answers whose status isn't 200, by status.
    var refusals: [Int: UInt64] = [:]
    /// How long these took from when they were really sent: how soon a node refuses, not how late
    /// an open loop is.
    var refusalTimes = LatencyHistogram()
    /// What answers with 200 refused: keys that aren't valid, and charges in a batch.
    var refusedInside: UInt64 = 0
    /// Connections that couldn't be made, broke, or brought something that isn't HTTP.
    var brokenConnections: UInt64 = 0
    /// The longest time in which a thread had no good answer.
    var longestGap = Duration.zero

    var errors: UInt64 { refusals.values.reduce(0, +) + refusedInside + brokenConnections }
    var answers: UInt64 { validations.count + charges.count }

    /// Of all good answers.
    var latencies: LatencyHistogram {
        guard charges.count > 0 else { return validations }
        var all = charges
        if validations.count > 0 { all.merge(validations) }
        return all
    }

    /// Counts an answer that grants `granted` of the `asked` things.
    mutating func add(
        _ deed: BenchDeed, status: Int, granted: Int, asked: Int, after nanoseconds: Int64
    ) {
        guard status == 200 else {
            refusals[status, default: 0] += 1
            return
        }
        refusedInside += UInt64(max(0, asked - granted))
        guard granted > 0 else { return }
        switch deed {
        case .validate, .verify: validations.add(nanoseconds)
        case .charge:
            charges.add(nanoseconds)
            made += UInt64(granted)
        }
    }

    mutating func merge(_ other: BenchTally) {
        validations.merge(other.validations)
        charges.merge(other.charges)
        made += other.made
        refusals.merge(other.refusals, uniquingKeysWith: +)
        if other.refusalTimes.count > 0 { refusalTimes.merge(other.refusalTimes) }
        refusedInside += other.refusedInside
        brokenConnections += other.brokenConnections
        longestGap = max(longestGap, other.longestGap)
    }
}
