extension CompletionTable {
    /// A function that finds the command at hand by walking the words before the cursor, and
    /// offers what may come next. bash splits `--output=json` in three; the walk knows.
    var bashScript: String {
        """
        # Completion for bash, made by “keyclave completions bash” from the command table.
        _keyclave() {
            local at=keyclave option="" cur=${COMP_WORDS[COMP_CWORD]} words="" files="" word i
            for ((i = 1; i < COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                if [[ -n $option ]]; then
                    [[ $word == = ]] || option=""
                    continue
                fi
                case $word in
                \(valueOptions.joined(separator: "|"))) option=$word ;;
                -*) ;;
                *)
                    case "$at $word" in
                    \(quoted(steps))) at="$at $word" ;;
                    esac
                    ;;
                esac
            done
            [[ $cur != = ]] || cur=""
            if [[ -n $option ]]; then
                case "$at $option" in
        \(bashValues)
                esac
            else
                case $at in
        \(bashPlaces)
                esac
            fi
            COMPREPLY=($(compgen -W "$words" -- "$cur"))
            [[ -z $files || $cur == -* ]] || COMPREPLY+=($(compgen -f -- "$cur"))
        }
        complete -F _keyclave keyclave

        """
    }

    private func quoted(_ words: [String]) -> String {
        words.map { "\"\($0)\"" }.joined(separator: "|")
    }

    private var bashValues: String {
        valueCases.map { patterns, value in
            let action: String
            switch value {
            case .choice(let choices): action = "words=\"\(choices.joined(separator: " "))\""
            case .file: action = "COMPREPLY=($(compgen -f -- \"$cur\")); return"
            case .directory: action = "COMPREPLY=($(compgen -d -- \"$cur\")); return"
            case .other: action = "return"
            }
            return "        \(quoted(patterns))) \(action) ;;"
        }.joined(separator: "\n")
    }

    private var bashPlaces: String {
        places.map { place in
            let words =
                place.commands.map(\.name) + place.choices + place.options.flatMap(\.spellings)
            let files = place.takesFile ? " files=yes" : ""
            return "        \"\(place.path)\") words=\"\(words.joined(separator: " "))\"\(files) ;;"
        }.joined(separator: "\n")
    }

    /// For each command and each of its options that has something to offer: the words that it
    /// follows, and what that is.
    var valueCases: [(patterns: [String], value: Value)] {
        places.flatMap { place in
            place.options.compactMap { option in
                switch option.completion {
                case nil, .other?: nil
                case let value?: (option.spellings.map { "\(place.path) \($0)" }, value)
                }
            }
        }
    }
}
