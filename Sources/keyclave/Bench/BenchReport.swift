import Basics
import HTTP

/// The result of a measurement, as JSON and as text.
struct BenchReport {
    var plan: BenchPlan
    var tally: BenchTally
    /// What was really measured: less than planned if it was interrupted.
    var measured: Duration

    private static let percentiles: [(name: String, numerator: UInt64, denominator: UInt64)] = [
        ("p50", 50, 100), ("p90", 90, 100), ("p99", 99, 100), ("p99_9", 999, 1_000),
        ("p99_99", 9_999, 10_000),
    ]

    static func perSecond(_ count: UInt64, in time: Duration) -> UInt64 {
        let milliseconds = UInt64(max(1, time.milliseconds))
        return count.multipliedReportingOverflow(by: 1_000).partialValue / milliseconds
    }

    /// Mean, percentiles and maximum, in microseconds.
    static func microseconds(of latencies: LatencyHistogram) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = [.init("mean", .number(latencies.mean / 1_000))]
        members += percentiles.map { row in
            let value = latencies.percentile(row.numerator, of: row.denominator)
            return .init(row.name, .number(value / 1_000))
        }
        members.append(.init("max", .number(latencies.maximum / 1_000)))
        return members
    }

    var json: JSONValue {
        func number(_ value: Int64) -> JSONValue { .number(UInt64(max(0, value))) }
        let latencies = tally.latencies
        var members: [JSONValue.Member] = [
            .init("work", .string(plan.work.rawValue)),
            .init("loop", .string(plan.rate == nil ? "closed" : "open")),
            .init("rate", plan.rate.map(number) ?? .null),
            .init("endpoints", .array(plan.endpoints.map { .string("\($0)") })),
            .init("connections", number(Int64(plan.connections))),
            .init("threads", number(Int64(plan.threads))),
            .init("pipeline", number(Int64(plan.pipeline))),
            .init("batch", number(Int64(plan.batch))),
            .init("milliseconds", number(measured.milliseconds)),
            .init("answers", .number(latencies.count)),
            .init("per_second", .number(Self.perSecond(latencies.count, in: measured))),
            .init("latency_us", .object(Self.microseconds(of: latencies))),
        ]
        if plan.work == .mixed {
            members.append(.init("validations", part(tally.validations.count, tally.validations)))
        }
        if plan.work == .mixed || plan.work == .charge {
            members.append(.init("charges", part(tally.made, tally.charges)))
        }
        members.append(.init("refusals", part(tally.refusalTimes.count, tally.refusalTimes)))
        members.append(.init("longest_gap_ms", number(tally.longestGap.milliseconds)))
        members.append(.init("errors", errors))
        return .object(members)
    }

    private func part(_ count: UInt64, _ latencies: LatencyHistogram) -> JSONValue {
        .object([
            .init("count", .number(count)),
            .init("per_second", .number(Self.perSecond(count, in: measured))),
            .init("latency_us", .object(Self.microseconds(of: latencies))),
        ])
    }

    private var errors: JSONValue {
        let refusals = tally.refusals.sorted { $0.key < $1.key }.map { status, count in
            JSONValue.Member("status_\(status)", .number(count))
        }
        return .object(
            [
                .init("total", .number(tally.errors)),
                .init("connection", .number(tally.brokenConnections)),
                .init("refused", .number(tally.refusedInside)),
            ] + refusals)
    }

    /// Milliseconds with three decimals.
    static func milliseconds(_ nanoseconds: UInt64) -> String {
        let microseconds = nanoseconds / 1_000
        let fraction = String(microseconds % 1_000)
        return "\(microseconds / 1_000)." + String(repeating: "0", count: 3 - fraction.count)
            + fraction
    }

    /// One line about what happened since the last one.
    static func liveLine(_ recent: BenchTally, second: Int64, in time: Duration) -> String {
        let latencies = recent.latencies
        let rate = perSecond(latencies.count, in: time)
        return "\(second) s  \(rate)/s  "
            + "p50 \(milliseconds(latencies.percentile(50, of: 100))) ms  "
            + "p99 \(milliseconds(latencies.percentile(99, of: 100))) ms  errors \(recent.errors)"
    }
}
