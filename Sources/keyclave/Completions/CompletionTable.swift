/// What a shell has to know of the command table to complete a line: made from the same rows as
/// help and parser, so that none of them can know what the others don't.
struct CompletionTable {
    /// A command and what may stand behind it.
    struct Place {
        /// The words that lead to it.
        var path: String
        var commands: [(name: String, summary: String)]
        var options: [CommandOption]
        /// What its arguments may be, where that is a choice.
        var choices: [String]
        /// Whether one of its arguments is a file.
        var takesFile: Bool
    }

    /// How the value of an option is completed.
    enum Value {
        case choice([String])
        case file
        case directory
        case other
    }

    let places: [Place]

    init(_ root: Command) {
        places = root.everyCommand().map { words, command in
            Place(
                path: words.joined(separator: " "),
                commands: command.subcommands.map { ($0.name, $0.summary) },
                options: command.subcommands.isEmpty ? command.allOptions : command.ownAndHelp,
                choices: command.arguments.flatMap { argument -> [String] in
                    if case .choice(let choices) = argument.value { choices } else { [] }
                },
                takesFile: command.arguments.contains { $0.placeholder == "FILE" })
        }
    }

    /// Every option that takes a value, as it is typed; each once.
    var valueOptions: [String] {
        var seen: Set<String> = []
        return places.flatMap(\.options).filter { $0.value != nil }.flatMap(\.spellings)
            .filter { seen.insert($0).inserted }
    }

    /// Paths of all commands but the first, each with its last word.
    var steps: [String] { places.dropFirst().map(\.path) }
}

extension CommandOption {
    /// `--output` and `-o`.
    var spellings: [String] { ["--\(name)"] + (letter.map { ["-\($0)"] } ?? []) }

    /// What may stand behind it; nil for a switch.
    var completion: CompletionTable.Value? {
        switch value {
        case nil: nil
        case .choice(let choices)?: .choice(choices)
        case .some where placeholder == "FILE": .file
        case .some where placeholder == "DIR": .directory
        case .some: .other
        }
    }
}

extension Command {
    static let completions: Command = Command(
        name: "completions", summary: "print a script that completes commands in your shell",
        notes: [
            "For bash: keyclave completions bash > /etc/bash_completion.d/keyclave\n"
                + "For zsh:  keyclave completions zsh > \"${fpath[1]}/_keyclave\"\n"
                + "For fish: keyclave completions fish > ~/.config/fish/completions/keyclave.fish"
        ],
        arguments: [
            Argument(
                name: "shell", meaning: "which one", value: .choice(["bash", "zsh", "fish"]))
        ],
        common: .none, example: "keyclave completions bash",
        action: .run { invocation, surroundings in
            let table = CompletionTable(.root)
            let script =
                switch invocation.required("shell") {
                case "bash": table.bashScript
                case "zsh": table.zshScript
                default: table.fishScript
                }
            try surroundings.print(script)
            return .done
        })
}
