import Basics
import Foundation
import Simulator
import Synchronization

/// Many runs over a range of seeds, on several threads; each run is on one.
final class Campaign: Sendable {
    private struct Tally {
        var next: UInt64
        var done: UInt64 = 0
        var excused = 0
        var events = 0
        var virtualTime = Basics.Duration.zero
        var coverage = CampaignCoverage()
        var longestGap = (gap: Basics.Duration.zero, seed: UInt64(0))
        var failures: [(seed: UInt64, violation: Violation)] = []
    }

    private let first: UInt64
    private let count: UInt64
    private let jobs: Int
    private let tally: Mutex<Tally>

    init(first: UInt64, count: UInt64, jobs: Int) {
        self.first = first
        self.count = count
        self.jobs = jobs
        tally = Mutex(Tally(next: first))
    }

    /// Runs all seeds and prints the account; the exit code of the worst failure.
    func run() -> Int32 {
        let start = Date()
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in work() }
        let seconds = Date().timeIntervalSince(start)
        return tally.withLock { tally in
            tally.coverage.print()
            print("longest gap: \(tally.longestGap)")
            let virtual = Double(tally.virtualTime.milliseconds) / 1000
            let rates = String(
                format: "%.0f × real time, %.0f events/s, %.0f commits/s, %.1f s",
                virtual / seconds,
                Double(tally.events) / seconds, Double(tally.coverage.committed) / seconds, seconds)
            print(
                "\(tally.done) seeds from \(first): \(tally.failures.count) failed, \(tally.excused) excused; \(rates)"
            )
            var code: Int32 = 0
            for (seed, violation) in tally.failures.sorted(by: { $0.seed < $1.seed }).prefix(20) {
                print("seed \(seed): \(violation)")
                let own: Int32 = violation.kind == .safety ? 1 : 2
                code = code == 1 ? 1 : own
            }
            return code
        }
    }

    private func work() {
        while let seed = takeSeed() {
            let report = Simulation(seed: seed).run()
            tally.withLock { tally in
                tally.done += 1
                tally.events += report.events
                tally.virtualTime = tally.virtualTime + report.virtualTime
                tally.coverage.add(report.coverage)
                if report.longestGap > tally.longestGap.gap {
                    tally.longestGap = (report.longestGap, seed)
                }
                if case .excused = report.outcome { tally.excused += 1 }
                if let violation = report.violation { tally.failures.append((seed, violation)) }
                if tally.done.isMultiple(of: 100) {
                    let line = "\(tally.done) of \(count) seeds, \(tally.failures.count) failed\n"
                    FileHandle.standardError.write(Data(line.utf8))
                }
            }
        }
    }

    private func takeSeed() -> UInt64? {
        tally.withLock { tally in
            guard tally.next - first < count else { return nil }
            defer { tally.next += 1 }
            return tally.next
        }
    }
}
