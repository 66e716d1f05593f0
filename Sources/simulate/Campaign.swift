import Basics
import Foundation
import Synchronization

/// Many runs over a range of seeds, several at a time, each in a child process.
final class Campaign: Sendable {
    private let request: RunRequest
    private let jobs: Int
    private let isJSON: Bool
    private let state: Mutex<State>

    private struct State {
        var tally = CampaignTally()
        var next: UInt64?
        var progress: CampaignProgress
        /// Failures told in full; the rest is counted.
        var told = 0
    }

    /// Seeds that one child process runs: a few hundred, so that none grows for days.
    private static let longestChunk: UInt64 = 200
    private static let toldFailures = 20

    init(_ request: RunRequest, jobs: Int, isJSON: Bool) {
        self.request = request
        self.jobs = jobs
        self.isJSON = isJSON
        let progress = CampaignProgress(total: request.count)
        state = Mutex(State(next: request.seeds.lowerBound, progress: progress))
    }

    /// Runs all seeds and prints the account; the exit code of the worst failure.
    func run() -> Int32 {
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in work() }
        return state.withLock { state in
            state.progress.clear()
            let account = CampaignAccount(
                request: request, tally: state.tally, seconds: state.progress.elapsed,
                processorSeconds: Self.processorSeconds())
            if isJSON {
                Console.write(account.json)
            } else {
                let hidden = state.tally.failures.count - state.told
                if hidden > 0 { Console.write("... and \(hidden) more failures\n") }
                Console.write(account.text)
            }
            return account.exitCode
        }
    }

    private func work() {
        while let seeds = takeChunk() {
            SeedWorker.run(seeds, request.words) { take($0) }
        }
    }

    private func takeChunk() -> ClosedRange<UInt64>? {
        let last = request.seeds.upperBound
        // Small enough at the end that no job is left alone with many.
        let size = min(Self.longestChunk, max(1, request.count / UInt64(jobs * 4)))
        return state.withLock { state in
            guard let first = state.next else { return nil }
            let end = last - first < size ? last : first + (size - 1)
            state.next = end < last ? end + 1 : nil
            return first...end
        }
    }

    private func take(_ result: SeedResult) {
        state.withLock { state in
            state.tally.add(result)
            if result.hasFailed, !isJSON, state.told < Self.toldFailures {
                state.told += 1
                state.progress.clear()
                Console.write(FailureText.text(of: result, request) + "\n")
            }
            state.progress.show(state.tally)
        }
    }

    /// What this process and its children have used, in user and system mode.
    private static func processorSeconds() -> Double {
        func seconds(_ time: timeval) -> Double {
            Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000
        }
        var sum = 0.0
        for whom in [RUSAGE_SELF, RUSAGE_CHILDREN] {
            var usage = rusage()
            if getrusage(whom.rawValue, &usage) == 0 {
                sum += seconds(usage.ru_utime) + seconds(usage.ru_stime)
            }
        }
        return sum
    }
}

/// A failure as people are told of it.
enum FailureText {
    static func text(of result: SeedResult, _ request: RunRequest) -> String {
        let simulation = request.simulation(result.seed)
        let options = simulation.options.differences.map { "\($0.name) \($0.value)" }
        var lines = [
            "seed \(result.seed): \(title(result.outcome)): \(result.law)",
            "  options   \(options.isEmpty ? "all standard" : options.joined(separator: " · "))",
        ]
        if result.outcome != .crash {
            lines.append("  at        \(result.time.seconds.drop { $0 == " " }) s")
        }
        if !result.detail.isEmpty { lines.append("  seen      \(result.detail.prefix(600))") }
        let words = ["simulate", "replay", "\(result.seed)"] + request.words
        lines.append("  again     \(words.joined(separator: " "))")
        return lines.joined(separator: "\n")
    }

    private static func title(_ outcome: SeedResult.Outcome) -> String {
        switch outcome {
        case .passed: "passed"
        case .safety: "SAFETY VIOLATED"
        case .liveness: "LIVENESS VIOLATED"
        case .crash: "CRASHED"
        case .excused: "excused"
        }
    }
}
