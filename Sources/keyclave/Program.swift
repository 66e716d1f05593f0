import Glibc
import HTTP
import KeyclaveClient

/// The program: reads its command line, does what it says, ends with a code.
struct Program {
    static let version = "0.1.0"

    var surroundings: Surroundings

    /// Runs the process's own command line and ends the process.
    static func main() -> Never {
        let program = Program(surroundings: .ofProcess())
        exit(program.run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    /// Runs one command line, the program's name not among its words.
    func run(_ line: [String]) -> ExitCode {
        do {
            if line.first == "help" { return try help(Array(line.dropFirst())) }
            if line.first == "--version" {
                try surroundings.print("keyclave \(Self.version)\n")
                return .done
            }
            if line.isEmpty {
                surroundings.tell(Help(words: ["keyclave"], command: .root).text)
                return .localError
            }
            let result = try CommandParser.parse(
                line, root: .root, environment: surroundings.environment)
            switch result {
            case .help(let words, let command):
                try surroundings.print(Help(words: words, command: command).text)
                return .done
            case .invocation(let invocation):
                return try perform(invocation)
            }
        } catch {
            return report(error)
        }
    }

    private func perform(_ invocation: Invocation) throws -> ExitCode {
        guard try Confirmation(invocation, surroundings).isGiven() else { return .localError }
        do {
            return switch invocation.command.action {
            case .request(let operation):
                try OperationRunner(
                    invocation: invocation, operation: operation, surroundings: surroundings
                ).run()
            case .run(let body): try body(invocation, surroundings)
            case .group: preconditionFailure("the parser lets no group through")
            }
        } catch ClientError.refused(let problem) {
            try show(problem, invocation)
            throw ClientError.refused(problem)
        }
    }

    /// What the server said, for programs that asked for it; a message for people comes beside it.
    private func show(_ problem: Problem, _ invocation: Invocation) throws(LocalError) {
        guard invocation.command.option("output") != nil,
            invocation.text("output") == "json", problem.members != .object([])
        else { return }
        try surroundings.print(problem.members.prettyText + "\n")
    }

    /// `keyclave help`, `keyclave help key create`, `keyclave help configuration`.
    private func help(_ words: [String]) throws -> ExitCode {
        if words == ["configuration"] {
            try surroundings.print(ConfigurationHelp.text)
            return .done
        }
        let result = try CommandParser.parse(words + ["--help"], root: .root)
        guard case .help(let path, let command) = result else { return .localError }
        guard path.count == words.count + 1 else {
            let wrong = words[path.count - 1]
            throw UsageError(words: path, message: "there is no command “\(wrong)”")
        }
        try surroundings.print(Help(words: path, command: command).text)
        return .done
    }

    private func report(_ error: any Error) -> ExitCode {
        switch error {
        case let error as UsageError:
            let name = error.words.joined(separator: " ")
            surroundings.tell("\(name): \(error.message)\n“\(name) --help” says how it is used.\n")
            return .localError
        case ClientError.outcomeUnknown(let id?, let reason):
            surroundings.tell(
                "keyclave: the outcome isn't known (\(reason)); ask again with --id \(id)\n")
            return .localError
        case let error as ClientError:
            surroundings.tell("keyclave: \(error)\n")
            return error.isRefusal ? .refused : .localError
        case let error as LocalError:
            surroundings.tell("keyclave: \(error.message)\n")
            return .localError
        default:
            surroundings.tell("keyclave: \(error)\n")
            return .localError
        }
    }
}
