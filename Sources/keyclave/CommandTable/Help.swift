/// The help of a command, written from its row in the table.
struct Help {
    static let width = 92

    var words: [String]
    var command: Command

    var text: String {
        var parts = ["\(words.joined(separator: " ")) – \(command.summary)"]
        parts += command.notes.map { $0.contains("\n") ? $0 : Self.wrap($0, indent: 0) }
        parts.append("USAGE\n  " + usage)
        if !command.subcommands.isEmpty {
            parts.append(section("COMMANDS", command.subcommands.map { ($0.name, $0.summary) }))
        }
        if !command.arguments.isEmpty {
            let rows = command.arguments.map { ($0.name.uppercased(), meaning(of: $0)) }
            parts.append(section("ARGUMENTS", rows))
        }
        let shown = command.subcommands.isEmpty ? command.allOptions : command.ownAndHelp
        parts.append(section("OPTIONS", shown.map { (spelling(of: $0), meaning(of: $0)) }))
        parts.append("EXAMPLE\n  " + command.example)
        if !command.subcommands.isEmpty {
            let name = words.joined(separator: " ")
            parts.append("“\(name) COMMAND --help” tells more about a command.")
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    var usage: String {
        var line = words
        if !command.subcommands.isEmpty { line.append("COMMAND") }
        line += command.arguments.map(\.placeholder)
        let required = command.options.filter(\.isRequired)
        line += required.map { "--\($0.name) \($0.placeholder)" }
        line.append("[OPTIONS]")
        return line.joined(separator: " ")
    }

    private func spelling(of option: CommandOption) -> String {
        option.letter == nil ? "    " + option.spelling : option.spelling
    }

    private func meaning(of option: CommandOption) -> String {
        var extra: [String] = []
        if option.isRequired { extra.append("required") }
        if let name = option.environment { extra.append("environment: \(name)") }
        if let fallback = option.fallback { extra.append("default: \(fallback)") }
        return option.meaning + (extra.isEmpty ? "" : " [\(extra.joined(separator: "; "))]")
    }

    private func meaning(of argument: Argument) -> String {
        guard case .choice(let choices) = argument.value else { return argument.meaning }
        return argument.meaning + ": " + choices.joined(separator: ", ")
    }

    private func section(_ title: String, _ rows: [(String, String)]) -> String {
        let column = min(rows.map(\.0.count).max() ?? 0, 32)
        let lines = rows.map { name, meaning in
            let text = Self.wrap(meaning, indent: column + 4)
            if name.count > column {
                let padding = String(repeating: " ", count: column + 4)
                return "  \(name)\n\(padding)\(text)"
            }
            let padding = String(repeating: " ", count: column - name.count + 2)
            return "  \(name)\(padding)\(text)"
        }
        return title + "\n" + lines.joined(separator: "\n")
    }

    /// Breaks at spaces; every line but the first is indented.
    static func wrap(_ text: String, indent: Int) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        lines.append(line)
        return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
    }
}

extension Command {
    /// What a group's help shows: the options of its commands stand in theirs.
    var ownAndHelp: [CommandOption] { options + CommandOption.help }
}
