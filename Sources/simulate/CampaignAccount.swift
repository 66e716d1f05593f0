import Basics
import Foundation
import Simulator

/// What a campaign came to, for people and for programs.
struct CampaignAccount {
    var request: RunRequest
    var tally: CampaignTally
    /// Real time, and that of all processors together.
    var seconds: Double
    var processorSeconds: Double

    /// From so many seeds on, each kind of fault and operation must have been seen.
    static let tellingSeeds: UInt64 = 500

    private var virtualSeconds: Double { Double(tally.virtualTime.milliseconds) / 1_000 }
    private var coreSeconds: Double { max(processorSeconds, 0.001) }

    /// What was never seen, if there were seeds enough.
    var missing: [String] {
        guard tally.seeds >= Self.tellingSeeds else { return [] }
        return tally.missing(expecting: request.overrides.expectedFaults)
    }

    var exitCode: Int32 {
        for outcome in [SeedResult.Outcome.safety, .crash, .liveness] {
            if let failure = tally.failures.first(where: { $0.outcome == outcome }) {
                return failure.exitCode
            }
        }
        if !missing.isEmpty { return ExitCode.incomplete }
        return tally.excused == Int(tally.seeds) ? ExitCode.excused : ExitCode.passed
    }

    var text: String {
        var lines = ["what the runs saw               runs      total"]
        for row in tally.rows {
            lines.append(
                row.name.padded(28) + row.runs.grouped.aligned(8) + row.total.grouped.aligned(11)
                    + (row.runs == 0 ? "  never" : ""))
        }
        lines.append("")
        for excuse in tally.excuses {
            lines.append("seed \(excuse.seed) excused: \(excuse.law.prefix(200))")
        }
        lines += throughput
        let range = "seeds \(request.seeds.lowerBound) to \(request.seeds.upperBound)"
        lines.append(
            "\(range): \(tally.failures.count) failed, \(tally.excused) excused, "
                + "\(Int(tally.seeds) - tally.failures.count - tally.excused) passed")
        if tally.emptyRuns > 0 {
            lines.append(
                "\(tally.emptyRuns) of them had fewer than "
                    + "\(SimulationOptions.commitsPerSecond) commits a second and show little")
        }
        if !missing.isEmpty {
            lines.append("not green: no run saw \(missing.joined(separator: ", "))")
        }
        if !tally.failures.isEmpty {
            let seeds = tally.failures.prefix(50).map { "\($0.seed)" }.sorted()
            lines.append("failed: \(seeds.joined(separator: " "))")
        }
        return lines.joined(separator: "\n")
    }

    private var throughput: [String] {
        [
            String(
                format: "%.1f h simulated in %.1f s: %.0f × real time, %.0f × per core-second",
                virtualSeconds / 3_600, seconds, virtualSeconds / seconds,
                virtualSeconds / coreSeconds),
            "per core-second: \(Int(Double(tally.events) / coreSeconds).grouped) events, "
                + "\(Int(Double(tally.committed) / coreSeconds).grouped) checked commits; "
                + String(format: "%.1f core-seconds", processorSeconds),
        ]
    }

    var json: String {
        let account = JSONAccount(
            from: request.seeds.lowerBound, count: tally.seeds, options: request.words,
            failed: tally.failures.count, excused: tally.excused,
            simulatedSeconds: virtualSeconds, seconds: seconds,
            coreSeconds: processorSeconds, events: tally.events, commits: tally.committed,
            eventsPerCoreSecond: Double(tally.events) / coreSeconds,
            commitsPerCoreSecond: Double(tally.committed) / coreSeconds,
            neverSeen: missing,
            coverage: tally.rows.map { .init(name: $0.name, runs: $0.runs, total: $0.total) },
            failures: tally.failures.map { failure in
                .init(
                    seed: failure.seed, outcome: failure.outcome.rawValue, law: failure.law,
                    detail: failure.detail, seconds: Double(failure.time.nanoseconds) / 1e9)
            }, exitCode: exitCode)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(account) else {
            preconditionFailure("an account can be written as JSON")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

/// The members of the JSON object that `--json` prints.
private struct JSONAccount: Encodable {
    struct Row: Encodable {
        var name: String
        var runs: Int
        var total: Int
    }

    struct Failure: Encodable {
        var seed: UInt64
        var outcome: String
        var law: String
        var detail: String
        var seconds: Double
    }

    var from: UInt64
    var count: UInt64
    var options: [String]
    var failed: Int
    var excused: Int
    var simulatedSeconds: Double
    var seconds: Double
    var coreSeconds: Double
    var events: Int
    var commits: Int
    var eventsPerCoreSecond: Double
    var commitsPerCoreSecond: Double
    var neverSeen: [String]
    var coverage: [Row]
    var failures: [Failure]
    var exitCode: Int32
}

extension String {
    func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    func aligned(_ width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
