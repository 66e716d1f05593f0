import Foundation
import Simulator

/// The program's verbs.
enum SimulateCommand {
    static func run(_ arguments: [String]) -> Int32 {
        let rest = Array(arguments.dropFirst())
        do throws(UsageError) {
            switch arguments.first {
            case "run": return try Scenarios.run(rest)
            case "cuts": return try Cuts.run(rest)
            case "seeds": return try SeedsCommand.run(rest)
            case "replay": return try ReplayCommand.run(rest)
            case "shrink": return try ShrinkCommand.run(rest)
            case "mutants": return MutantsCommand.run(rest)
            case "hashes": return try HashesCommand.run(rest)
            case SeedWorker.verb: return try SeedWorker.run(rest)
            case ReplayCommand.childVerb: return try ReplayCommand.runInChild(rest)
            case "--help", "-h", "help":
                Console.write(Help.program)
                return ExitCode.passed
            case let verb?: throw UsageError("'\(verb)' is no verb")
            case nil: throw UsageError("what is to be done?")
            }
        } catch {
            Console.complain("simulate: \(error); see simulate --help")
            return ExitCode.badUsage
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
