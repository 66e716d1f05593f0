extension CompletionTable {
    /// The same walk as for bash, with what each word does beside it.
    var zshScript: String {
        """
        #compdef keyclave
        # Completion for zsh, made by “keyclave completions zsh” from the command table.
        _keyclave() {
            local at=keyclave option="" files="" word
            local -a candidates switches values
            integer i
            for ((i = 2; i < CURRENT; i++)); do
                word=$words[i]
                if [[ -n $option ]]; then
                    option=""
                    continue
                fi
                case $word in
                (\(valueOptions.joined(separator: "|"))) option=$word ;;
                (-*) ;;
                (*)
                    case "$at $word" in
                    (\(steps.map { "\"\($0)\"" }.joined(separator: "|"))) at="$at $word" ;;
                    esac
                    ;;
                esac
            done
            if [[ -n $option ]]; then
                case "$at $option" in
        \(zshValues)
                esac
                return
            fi
            case $at in
        \(zshPlaces)
            esac
            (( $#candidates )) && _describe -t commands command candidates
            [[ -z $files ]] || _files
            _describe -o -t options option switches
        }
        if [[ $funcstack[1] == _keyclave ]]; then
            _keyclave "$@"
        else
            compdef _keyclave keyclave
        fi

        """
    }

    private var zshValues: String {
        valueCases.map { patterns, value in
            let action: String
            switch value {
            case .choice(let choices):
                action = "values=(\(choices.joined(separator: " "))); compadd -a values"
            case .file: action = "_files"
            case .directory: action = "_files -/"
            case .other: action = ":"
            }
            let words = patterns.map { "\"\($0)\"" }.joined(separator: "|")
            return "        (\(words)) \(action) ;;"
        }.joined(separator: "\n")
    }

    private var zshPlaces: String {
        places.map { place in
            let candidates =
                place.commands.map { described($0.name, $0.summary) }
                + place.choices.map { described($0, $0) }
            let switches = place.options.flatMap { option in
                option.spellings.map { described($0, option.meaning) }
            }
            return """
                        ("\(place.path)")
                            candidates=(\(candidates.joined(separator: " ")))
                            switches=(\(switches.joined(separator: " ")))\(place.takesFile ? " files=yes" : "")
                            ;;
                """
        }.joined(separator: "\n")
    }

    /// `'name:what it does'`: a colon ends the name, and a quote ends the word.
    private func described(_ name: String, _ meaning: String) -> String {
        let name = name.replacing(":", with: "\\:")
        return "'" + "\(name):\(meaning)".replacing("'", with: #"'\''"#) + "'"
    }
}
