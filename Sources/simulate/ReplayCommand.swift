import Basics
import Foundation
import Simulator

/// `simulate replay`: the run itself is in a child process, which tells each event when it
/// happens; so a run that ends in a trap has told all before it.
enum ReplayCommand {
    /// Not for people.
    static let childVerb = "replay-child"

    static func run(_ words: [String]) throws(UsageError) -> Int32 {
        let request = try request(words)
        if let path = request.own["--html"] { try Page.checkWritable(path) }
        let process = Process()
        process.executableURL = SeedWorker.program
        process.arguments = [childVerb] + words
        var environment = ProcessInfo.processInfo.environment
        // Where it trapped is what one wants to know.
        if environment["SWIFT_BACKTRACE"] == nil {
            environment["SWIFT_BACKTRACE"] = "enable=yes,color=no,interactive=no,output-to=stderr"
        }
        process.environment = environment
        do {
            try process.run()
        } catch {
            throw UsageError("no child process: \(error)")
        }
        process.waitUntilExit()
        guard process.terminationReason == .uncaughtSignal else {
            return process.terminationStatus
        }
        let result = SeedResult(
            crashing: request.first, "signal \(process.terminationStatus)")
        Console.write(FailureText.text(of: result, request))
        return ExitCode.crash
    }

    private static func request(_ words: [String]) throws(UsageError) -> RunRequest {
        var arguments = Arguments(words)
        return try RunRequest(
            verb: "replay", &arguments, takesSeed: true, flags: ["--sent", "--quiet"],
            values: ["--html"])
    }

    static func runInChild(_ words: [String]) throws(UsageError) -> Int32 {
        let request = try request(words)
        let simulation = request.simulation(request.first)
        let showsSent = request.own["--sent"] != nil
        let isQuiet = request.own["--quiet"] != nil
        if !isQuiet {
            let options = simulation.options.table.map { "\($0.name): \($0.value)" }
            Console.write("seed \(simulation.seed) · " + options.joined(separator: " · "))
        }
        let report = simulation.run(tracing: true) { item in
            guard !isQuiet else { return }
            if case .sent = item.event, !showsSent { return }
            Console.write("\(item)")
        }
        if let path = request.own["--html"] {
            let picture = RunPicture(simulation, report, command: command(request))
            try Page.write(picture, to: path)
        }
        return conclude(report, request, isQuiet: isQuiet)
    }

    private static func command(_ request: RunRequest) -> String {
        (["simulate", "replay", "\(request.first)"] + request.words).joined(separator: " ")
    }

    private static func conclude(
        _ report: Simulation.Report, _ request: RunRequest, isQuiet: Bool
    ) -> Int32 {
        let result = SeedResult(report)
        if !isQuiet {
            let seen = report.coverage.table.filter { $0.count > 0 }
            Console.write("\nsaw " + seen.map { "\($0.name) \($0.count)" }.joined(separator: " · "))
            Console.write(
                "\(report.events) events in \(report.virtualTime.brief), "
                    + "hash \(report.hash.hexadecimal)")
        }
        switch result.outcome {
        case .passed: Console.write("seed \(result.seed) passed")
        case .excused: Console.write("seed \(result.seed) excused: \(result.law)")
        case .safety, .liveness, .crash: Console.write(FailureText.text(of: result, request))
        }
        return result.exitCode
    }
}

extension UInt64 {
    var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
