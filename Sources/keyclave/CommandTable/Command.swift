/// One row of the command table: everything that parsing, help and shell completion need to know
/// about a command, in one place.
///
/// Laws: a command has sub-commands or an action, never both; siblings have different names; no
/// option of a command repeats a common one; the example parses.
struct Command: Sendable {
    /// What a command does once its words are understood.
    enum Action: Sendable {
        /// One request to the HTTP interface and the answer printed.
        case request(Operation)
        /// Anything else; returns the exit code.
        case run(@Sendable (Invocation, Surroundings) throws -> ExitCode)
        /// Nothing: the command only groups others.
        case group
    }

    /// Which options a command has beyond its own.
    enum CommonOptions: Sendable {
        /// For clients of the HTTP interface: end points, credentials, output.
        case client
        /// For those that ask the one node that their configuration names: credentials, output.
        case node
        /// Output only.
        case output
        case none
    }

    var name: String
    /// One line, lower case, without a full stop.
    var summary: String
    /// Paragraphs that only the command's own help shows.
    var notes: [String] = []
    var arguments: [Argument] = []
    var options: [CommandOption] = []
    /// Nil for what changes nothing.
    var reversal: Reversal?
    var common = CommonOptions.client
    /// A whole command line, as typed.
    var example: String
    var subcommands: [Command] = []
    /// Of an action of its own: what it asks of the interface, as in `GET /metrics`.
    var requests: [String] = []
    var action = Action.group

    /// Every option that may be given, the command's own first.
    var allOptions: [CommandOption] {
        let own = options + (reversal?.mayAsk == true ? [CommandOption.yes] : [])
        return switch common {
        case .client: own + CommandOption.client + CommandOption.output + CommandOption.help
        case .node: own + CommandOption.credentials + CommandOption.output + CommandOption.help
        case .output: own + CommandOption.output + CommandOption.help
        case .none: own + CommandOption.help
        }
    }

    func subcommand(_ name: String) -> Command? { subcommands.first { $0.name == name } }

    func option(_ name: String) -> CommandOption? { allOptions.first { $0.name == name } }

    func option(letter: Character) -> CommandOption? {
        allOptions.first { $0.letter == letter }
    }

    /// This command and all below it, each with the words that lead to it.
    func everyCommand(after words: [String] = []) -> [(words: [String], command: Command)] {
        let own = words + [name]
        return [(own, self)] + subcommands.flatMap { $0.everyCommand(after: own) }
    }
}

/// What a command takes by position.
struct Argument: Sendable {
    /// Upper-cased in help; the key of `Invocation`.
    var name: String
    var meaning: String
    var value = ValueForm.text
    var isOptional = false
    /// Takes all that follow, at least one.
    var isRepeated = false

    var placeholder: String {
        let word = name.uppercased() + (isRepeated ? "…" : "")
        return isOptional ? "[\(word)]" : word
    }
}

/// What a command takes by name.
struct CommandOption: Sendable {
    /// Without the dashes.
    var name: String
    var letter: Character?
    /// Nil for a switch that takes no value.
    var value: ValueForm?
    /// What stands for the value in help.
    var placeholder = ""
    var meaning: String
    /// Read if the option isn't given: flags beat the environment.
    var environment: String?
    /// Taken if neither is there.
    var fallback: String?
    var isRequired = false
    /// May be given several times; every value may be a comma-separated list.
    var isRepeatable = false

    /// As help shows it: `-o, --output FORM`.
    var spelling: String {
        let short = letter.map { "-\($0), " } ?? ""
        let shown =
            switch value {
            case nil: ""
            case .choice(let choices)? where placeholder.isEmpty:
                " " + choices.joined(separator: "|")
            case .some: " " + placeholder
            }
        return "\(short)--\(name)\(shown)"
    }
}

/// What a value must look like: checked when the command line is read, so that a wrong one is
/// refused by the name of its option before anything is sent.
enum ValueForm: Sendable {
    case text
    case number(ClosedRange<Int64>)
    case choice([String])

    /// Nil if `text` is of this form, else what it should be.
    func complaint(about text: String) -> String? {
        switch self {
        case .text: return text.isEmpty ? "must not be empty" : nil
        case .number(let range):
            guard let number = Int64(text), String(number) == text, range.contains(number) else {
                let bounds =
                    range.upperBound == .max
                    ? "of at least \(range.lowerBound)"
                    : "from \(range.lowerBound) to \(range.upperBound)"
                return "must be a whole number \(bounds), not “\(text)”"
            }
            return nil
        case .choice(let choices):
            if choices.contains(text) { return nil }
            let list = choices.joined(separator: ", ")
            let hint = Suggestion.nearest(to: text, among: choices).map { "; did you mean \($0)?" }
            return "must be one of \(list), not “\(text)”" + (hint ?? "")
        }
    }
}

/// How the process ends.
enum ExitCode: Int32, Sendable {
    case done = 0
    /// The command line is wrong, or something failed on this machine or on the way to the server.
    case localError = 1
    /// The server understood and said no.
    case refused = 2
}
