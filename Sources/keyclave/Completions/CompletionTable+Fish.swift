extension CompletionTable {
    /// A line for each word that may stand behind a command, each with the condition that the walk
    /// over the words before the cursor ends at that command.
    var fishScript: String {
        """
        # Completion for fish, made by “keyclave completions fish” from the command table.
        function __keyclave_at
            set -l at keyclave
            set -l skips no
            set -l words (commandline -opc)
            set -e words[1]
            for word in $words
                if test $skips = yes
                    set skips no
                    continue
                end
                switch $word
                    case \(valueOptions.joined(separator: " "))
                        set skips yes
                        continue
                    case '-*'
                        continue
                end
                switch "$at $word"
                    case \(steps.map { "'\($0)'" }.joined(separator: " "))
                        set at "$at $word"
                end
            end
            test "$at" = "$argv[1]"
        end
        complete -c keyclave -f
        \(places.flatMap(fishLines).joined(separator: "\n"))

        """
    }

    private func fishLines(_ place: Place) -> [String] {
        let start = "complete -c keyclave -n '__keyclave_at \"\(place.path)\"'"
        let words = place.commands + place.choices.map { ($0, $0) }
        let files = place.takesFile ? ["\(start) -F"] : []
        return files + words.map { "\(start) -a \($0.0) -d \(quoted($0.1))" }
            + place.options.map { option in
                let letter = option.letter.map { " -s \($0)" } ?? ""
                let name = "\(start) -l \(option.name)\(letter)\(fishValue(option))"
                return "\(name) -d \(quoted(option.meaning))"
            }
    }

    private func fishValue(_ option: CommandOption) -> String {
        switch option.completion {
        case nil: ""
        case .choice(let choices)?: " -x -a '\(choices.joined(separator: " "))'"
        case .file?, .directory?: " -r -F"
        case .other?: " -x"
        }
    }

    private func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
