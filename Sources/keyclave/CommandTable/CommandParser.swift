/// Reads a command line by the command table.
struct CommandParser {
    enum Result {
        case invocation(Invocation)
        /// Help was asked for, of the command at the end of `words`.
        case help(words: [String], command: Command)
    }

    let root: Command
    let environment: [String: String]

    private var words: [String]
    private var command: Command
    private var arguments: [String] = []
    private var options: [(option: CommandOption, value: String)] = []
    private var wantsHelp = false

    init(root: Command, environment: [String: String]) {
        self.root = root
        self.environment = environment
        words = [root.name]
        command = root
    }

    /// Understands `words`, the program's name not among them.
    static func parse(
        _ line: [String], root: Command, environment: [String: String] = [:]
    ) throws(UsageError) -> Result {
        var parser = CommandParser(root: root, environment: environment)
        try parser.read(line)
        if parser.wantsHelp { return .help(words: parser.words, command: parser.command) }
        return .invocation(try parser.finish())
    }

    private mutating func read(_ line: [String]) throws(UsageError) {
        var rest = line[...]
        var isAfterDashes = false
        while let word = rest.popFirst() {
            if isAfterDashes || !word.hasPrefix("-") || word == "-" {
                try readPlain(word)
            } else if word == "--" {
                isAfterDashes = true
            } else if word.hasPrefix("--") {
                try readLong(word.dropFirst(2), &rest)
            } else {
                try readLetters(word.dropFirst(), &rest)
            }
            if wantsHelp { return }
        }
    }

    private mutating func readPlain(_ word: String) throws(UsageError) {
        guard !command.subcommands.isEmpty else {
            arguments.append(word)
            return
        }
        guard let next = command.subcommand(word) else {
            let names = command.subcommands.map(\.name)
            let hint = Suggestion.nearest(to: word, among: names).map { "; did you mean \($0)?" }
            throw error("there is no command “\(word)”" + (hint ?? ""))
        }
        words.append(word)
        command = next
    }

    private mutating func readLong(
        _ text: Substring, _ rest: inout ArraySlice<String>
    ) throws(UsageError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = find({ $0.name == name }) else {
            let names = command.allOptions.map(\.name)
            let hint = Suggestion.nearest(to: name, among: names).map { "; did you mean --\($0)?" }
            throw error("there is no option --\(name)" + (hint ?? ""))
        }
        guard option.value != nil else {
            if parts.count > 1 { throw error("--\(name) takes no value") }
            return try add(option, "")
        }
        if parts.count > 1 { return try add(option, String(parts[1])) }
        guard let value = rest.popFirst() else { throw error("--\(name) needs a value") }
        try add(option, value)
    }

    /// One dash: letters of switches, the last of which may take a value, attached or next.
    private mutating func readLetters(
        _ text: Substring, _ rest: inout ArraySlice<String>
    ) throws(UsageError) {
        var letters = text
        while let letter = letters.popFirst() {
            guard let option = find({ $0.letter == letter }) else {
                throw error("there is no option -\(letter)")
            }
            guard option.value != nil else {
                try add(option, "")
                continue
            }
            if !letters.isEmpty { return try add(option, String(letters)) }
            guard let value = rest.popFirst() else { throw error("-\(letter) needs a value") }
            return try add(option, value)
        }
    }

    /// Common options may stand before the sub-command; whether it has them is seen at the end.
    private func find(_ matches: (CommandOption) -> Bool) -> CommandOption? {
        let early = CommandOption.client + CommandOption.output
        return command.allOptions.first(where: matches)
            ?? (command.subcommands.isEmpty ? nil : early.first(where: matches))
    }

    private mutating func add(_ option: CommandOption, _ value: String) throws(UsageError) {
        if option.name == "help" { wantsHelp = true }
        if !option.isRepeatable, options.contains(where: { $0.option.name == option.name }) {
            throw error("--\(option.name) is given twice")
        }
        options.append((option, value))
    }

    // MARK: - Checks of the whole

    private func finish() throws(UsageError) -> Invocation {
        guard command.subcommands.isEmpty || !isGroup else {
            throw error("a command is missing")
        }
        var invocation = Invocation(words: words, command: command)
        for (option, _) in options where command.option(option.name) == nil {
            throw error("there is no option --\(option.name)")
        }
        for option in command.allOptions { try settle(option, in: &invocation) }
        try settleArguments(in: &invocation)
        return invocation
    }

    private var isGroup: Bool {
        if case .group = command.action { true } else { false }
    }

    private func settle(
        _ option: CommandOption, in invocation: inout Invocation
    ) throws(UsageError) {
        var values = options.filter { $0.option.name == option.name }.map(\.value)
        let isGiven = !values.isEmpty
        var source = "--\(option.name)"
        if values.isEmpty, let name = option.environment, let value = environment[name],
            !value.isEmpty
        {
            values = [value]
            source = name
        }
        if option.isRepeatable {
            values = values.flatMap {
                $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            }
        }
        if values.isEmpty, let fallback = option.fallback { values = [fallback] }
        if values.isEmpty, option.isRequired { throw error("--\(option.name) is missing") }
        if let form = option.value {
            for value in values {
                if let complaint = form.complaint(about: value) {
                    throw error("\(source) \(complaint)")
                }
            }
        }
        if !values.isEmpty { invocation.setOption(option.name, values, isGiven: isGiven) }
    }

    private func settleArguments(in invocation: inout Invocation) throws(UsageError) {
        var rest = arguments[...]
        for argument in command.arguments {
            let values: [String]
            if argument.isRepeated {
                values = Array(rest)
                rest = []
            } else {
                values = rest.popFirst().map { [$0] } ?? []
            }
            if values.isEmpty, !argument.isOptional {
                throw error("\(argument.name.uppercased()) is missing")
            }
            for value in values {
                if let complaint = argument.value.complaint(about: value) {
                    throw error("\(argument.name.uppercased()) \(complaint)")
                }
            }
            invocation.setArgument(argument.name, values)
        }
        if let extra = rest.first { throw error("“\(extra)” is one argument too many") }
    }

    private func error(_ message: String) -> UsageError {
        UsageError(words: words, message: message)
    }
}
