import Basics
import Foundation
import Simulator

/// `simulate shrink`
enum ShrinkCommand {
    static func run(_ words: [String]) throws(UsageError) -> Int32 {
        var arguments = Arguments(words)
        let request = try RunRequest(
            verb: "shrink", &arguments, takesSeed: true, values: ["--runs"])
        guard request.reduction == PlanReduction() else {
            throw UsageError("shrink finds --plan and --shorten itself")
        }
        var limit = 500
        if let word = request.own["--runs"] {
            guard let number = Int(word), number > 0 else {
                throw UsageError("--runs takes a whole number above 0, not '\(word)'")
            }
            limit = number
        }
        return shrink(request, limit: limit)
    }

    private static func shrink(_ request: RunRequest, limit: Int) -> Int32 {
        let whole = request.simulation(request.first)
        let failure = result(of: request, PlanReduction())
        guard failure.hasFailed else {
            Console.write("seed \(request.first) doesn't fail: \(failure.outcome.rawValue)")
            return ExitCode.passed
        }
        Console.write(FailureText.text(of: failure, request))
        Console.write("\n\(whole.plan.count) planned faults; looking for the least of them")
        // A trap tells no time.
        let end = failure.outcome == .crash ? Instant.never : failure.time
        var shrinking = PlanShrinking(
            whole, limit: limit,
            fails: { reduction in
                let found = result(of: request, reduction)
                return found.outcome == failure.outcome && found.law == failure.law
            },
            report: { attempt in
                Console.write(
                    "run \(attempt.number): \(attempt.what): "
                        + "\(attempt.stillFails ? "still fails" : "doesn't fail"), "
                        + "\(attempt.faults) left")
            })
        shrinking.run(brokenAt: end)
        tell(shrinking, whole, request)
        return failure.exitCode
    }

    /// Runs what is left in a process of its own, which may trap.
    private static func result(of request: RunRequest, _ reduction: PlanReduction) -> SeedResult {
        var result: SeedResult?
        SeedWorker.run(request.seeds, request.overrides.words + reduction.words) { result = $0 }
        return result ?? SeedResult(crashing: request.first, "no result")
    }

    private static func tell(
        _ shrinking: PlanShrinking, _ whole: Simulation, _ request: RunRequest
    ) {
        let smallest = shrinking.smallest
        let left = smallest.reducing(whole)
        Console.write(
            "\nthe smallest found in \(shrinking.runs) runs: \(left.plan.count) of "
                + "\(whole.plan.count) faults, \(left.options.clients) clients, faults end at "
                + left.options.safetyPhase.brief)
        for fault in left.plan {
            for line in fault.lines { Console.write("  \(line)") }
        }
        let result = result(of: request, smallest)
        Console.write("")
        let words =
            ["simulate", "replay", "\(request.first)"] + request.overrides.words + smallest.words
        Console.write(
            "seed \(request.first): \(result.law): \(result.detail.prefix(400))\n"
                + "  again     \(words.joined(separator: " "))")
    }
}
