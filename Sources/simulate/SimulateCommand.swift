import Foundation
import Simulator

/// The program's verbs.
enum SimulateCommand {
    static func run(_ arguments: [String]) -> Int32 {
        let rest = Array(arguments.dropFirst())
        if let text = help(arguments) {
            Console.write(text)
            return ExitCode.passed
        }
        do throws(UsageError) {
            switch arguments.first {
            case "run": return try Scenarios.run(rest)
            case "cuts": return try Cuts.run(rest)
            case "seeds": return try SeedsCommand.run(rest)
            case "replay": return try ReplayCommand.run(rest)
            case "shrink": return try ShrinkCommand.run(rest)
            case "mutants": return try MutantsCommand.run(rest)
            case "hashes": return try HashesCommand.run(rest)
            case SeedWorker.verb: return try SeedWorker.run(rest)
            case ReplayCommand.childVerb: return try ReplayCommand.runInChild(rest)
            case let verb?: throw UsageError("'\(verb)' is no verb")
            case nil: throw UsageError("what is to be done?")
            }
        } catch {
            Console.complain("simulate: \(error); see simulate --help")
            return ExitCode.badUsage
        }
    }
}

// What is to be said instead of done.
extension SimulateCommand {
    private static let askers = ["--help", "-h", "help"]

    /// Of the program, or of a verb that help is asked for before or behind it.
    private static func help(_ arguments: [String]) -> String? {
        guard let first = arguments.first else { return nil }
        if askers.contains(first) {
            return arguments.dropFirst().first.flatMap(help(of:)) ?? Help.program
        }
        let isAsked = arguments.dropFirst().contains { $0 == "--help" || $0 == "-h" }
        return isAsked ? help(of: first) : nil
    }

    private static func help(of verb: String) -> String? {
        switch verb {
        case "run": Scenarios.help
        case "cuts": Cuts.help
        case "seeds": Help.seeds
        case "replay": Help.replay
        case "shrink": Help.shrink
        case "mutants": MutantsCommand.help
        case "hashes": Help.hashes
        default: nil
        }
    }
}

/// How a command ends.
enum ExitCode {
    static let passed: Int32 = 0
    static let safety: Int32 = 1
    static let liveness: Int32 = 2
    static let crash: Int32 = 3
    static let excused: Int32 = 4
    /// A campaign that never saw some kind of fault or operation.
    static let incomplete: Int32 = 5
    static let badUsage: Int32 = 64
}

/// Lines for whoever called: at once, so that a trap loses none.
enum Console {
    static func write(_ line: String) { write(line + "\n", to: .standardOutput) }
    static func complain(_ line: String) { write(line + "\n", to: .standardError) }

    static func write(_ text: String, to file: FileHandle) {
        // Nobody reads any more: there is nothing left to tell.
        guard (try? file.write(contentsOf: Data(text.utf8))) != nil else { exit(ExitCode.crash) }
    }
}
