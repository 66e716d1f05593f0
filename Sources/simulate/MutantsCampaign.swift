#if MUTANTS
import Foundation
import Synchronization

/// All experiments, each in a process of its own, and the table of what came of them.
final class MutantsCampaign: Sendable {
    private let options: MutantsOptions
    private let experiments: [MutantsExperiment]
    private let results: Mutex<(next: Int, rows: [MutantsResult?])>

    init(_ options: MutantsOptions) {
        self.options = options
        experiments = options.experiments
        let rows = [MutantsResult?](repeating: nil, count: experiments.count)
        results = Mutex((next: 0, rows: rows))
    }

    /// 0 if every bug was caught and every control behaved; else 1.
    func run() -> Int32 {
        DispatchQueue.concurrentPerform(iterations: options.jobs) { _ in work() }
        let rows = results.withLock { $0.rows.compactMap(\.self) }
        if options.isMachineReadable {
            MutantsTable.printMachineReadable(rows)
        } else {
            MutantsTable.print(rows, seconds: options.seconds)
        }
        return rows.allSatisfy(\.isGood) ? 0 : 1
    }

    private func work() {
        while let number = take() {
            let result = perform(experiments[number])
            Console.complain(result.line)
            results.withLock { $0.rows[number] = result }
        }
    }

    private func take() -> Int? {
        results.withLock { results in
            guard results.next < results.rows.count else { return nil }
            defer { results.next += 1 }
            return results.next
        }
    }

    private func perform(_ experiment: MutantsExperiment) -> MutantsResult {
        var result = MutantsResult(experiment: experiment)
        var complaint = ""
        let ending = MutantsProcess.run(
            "/proc/self/exe",
            [
                "mutants", "--child", experiment.name, "\(options.firstSeed)",
                "\(options.seconds)",
            ]
        ) { line in
            let word = line.prefix { $0 != " " }
            let rest = line.dropFirst(word.count + 1)
            switch word {
            case "seed":
                result.seeds += 1
                result.lastSeed = UInt64(rest) ?? 0
            case "excused": result.excused += 1
            case "caught": result.finding = String(rest)
            case "quiet": result.isQuiet = true
            default: complaint = complaint.isEmpty ? String(line) : complaint
            }
        }
        result.seconds = ending?.seconds ?? 0
        if result.finding == nil, !result.isQuiet {
            // The words of the broken precondition, without its place.
            let words = complaint.firstMatch(of: /(?:Fatal error|failed|fatal): (.*)/)?.1
            let signal = ending?.signal ?? 0
            result.finding =
                signal == SIGXCPU
                ? "hang: the seed came to no end"
                : "invariant: \(words ?? "it crashed by signal \(signal) \(complaint)")"
        }
        return result
    }
}

/// What came of one experiment.
struct MutantsResult: Sendable {
    var experiment: MutantsExperiment
    var seeds = 0
    var lastSeed: UInt64 = 0
    var excused = 0
    /// Processor time of all its seeds.
    var seconds = 0.0
    /// Who objected to what; nil if nobody did.
    var finding: String?
    var isQuiet = false

    /// A bug was caught, a control wasn't.
    var isGood: Bool { (finding != nil) == experiment.mustBeCaught && seeds > 0 }

    var verdict: String {
        if experiment == .control(.majorityLost), finding == nil { return "excused, as it must be" }
        guard let finding else { return experiment.mustBeCaught ? "NOT CAUGHT" : "quiet" }
        return finding
    }

    var line: String {
        String(format: "%@: %@ (%d seeds, %.1f s)", experiment.name, verdict, seeds, seconds)
    }
}
#endif
