import Basics
import Simulator

/// What came of one run, small enough to be passed from a child process on one line.
struct SeedResult {
    enum Outcome: String {
        case passed
        case safety
        case liveness
        case crash
        case excused
    }

    var seed: UInt64
    var outcome: Outcome
    /// The law that was broken, or why nothing is promised.
    var law = ""
    var detail = ""
    /// When it was broken.
    var time = Instant.zero
    var events = 0
    var virtualTime = Basics.Duration.zero
    var committed = 0
    /// In the order of the coverage table.
    var counts: [Int] = []

    init(crashing seed: UInt64, _ reason: String) {
        self.seed = seed
        outcome = .crash
        law = "no process traps"
        detail = reason
    }

    init(_ report: Simulation.Report) {
        seed = report.seed
        switch report.outcome {
        case .passed: outcome = .passed
        case .excused(let reason):
            outcome = .excused
            law = reason
        case .violated(let violation):
            outcome = violation.kind == .safety ? .safety : .liveness
            law = violation.law
            detail = violation.detail
            time = violation.time
        }
        events = report.events
        virtualTime = report.virtualTime
        committed = report.coverage.committed
        counts = report.coverage.table.map(\.count)
    }

    var hasFailed: Bool { outcome != .passed && outcome != .excused }

    var exitCode: Int32 {
        switch outcome {
        case .passed: ExitCode.passed
        case .safety: ExitCode.safety
        case .liveness: ExitCode.liveness
        case .crash: ExitCode.crash
        case .excused: ExitCode.excused
        }
    }

    /// Fields with tabs between them.
    var line: String {
        let fields: [String] = [
            "\(seed)", outcome.rawValue, "\(events)", "\(virtualTime.nanoseconds)",
            "\(committed)", "\(time.nanoseconds)",
            counts.map { "\($0)" }.joined(separator: ","), Self.flat(law), Self.flat(detail),
        ]
        return fields.joined(separator: "\t")
    }

    init?(line: some StringProtocol) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 9, let seed = UInt64(fields[0]),
            let outcome = Outcome(rawValue: String(fields[1])), let events = Int(fields[2]),
            let virtual = Int64(fields[3]), let committed = Int(fields[4]),
            let time = Int64(fields[5])
        else { return nil }
        self.seed = seed
        self.outcome = outcome
        self.events = events
        virtualTime = .nanoseconds(virtual)
        self.committed = committed
        self.time = Instant(nanoseconds: time)
        counts = fields[6].split(separator: ",").compactMap { Int($0) }
        law = String(fields[7])
        detail = String(fields[8])
    }

    private static func flat(_ text: String) -> String {
        String(text.map { $0 == "\t" || $0.isNewline ? " " : $0 })
    }
}
