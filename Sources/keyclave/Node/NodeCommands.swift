extension Command {
    private static let configurationOption = CommandOption(
        name: "config", value: .text, placeholder: "FILE",
        meaning: "configuration of the node; “keyclave help configuration” lists its settings",
        isRequired: true)

    static let format = Command(
        name: "format", summary: "make the data directory of a new node",
        notes: [
            "To be run once for every node of a new cluster, with the same cluster id, operator "
                + "token and settings. A directory that holds anything is refused: a node that "
                + "lost its data must not come back under its old name."
        ],
        options: [
            configurationOption,
            CommandOption(
                name: "operator-token-file", value: .text, placeholder: "FILE",
                meaning: "the first operator token; made (0600) if it isn't there",
                isRequired: true),
            CommandOption(
                name: "cluster-id", value: .text, placeholder: "UUID",
                meaning: "UUIDv7 that all nodes of the cluster share (default: drawn anew and "
                    + "printed)"),
            CommandOption(
                name: "set", value: .text, placeholder: "NAME=VALUE",
                meaning: "a replicated setting to start with; the same on every node",
                isRepeatable: true),
        ],
        common: .output,
        example: "keyclave format --config n1.json --operator-token-file operator.token",
        action: .run { try FormatRun(invocation: $0, surroundings: $1).run() })

    static let serve = Command(
        name: "serve", summary: "run a node",
        notes: [
            "Runs until SIGTERM or SIGINT, which hand leadership over, finish what is under way "
                + "and end with 0. Logs go to standard error, one line an event.",
            "SETTINGS\n" + ConfigurationHelp.settings,
        ],
        options: [configurationOption], common: .none,
        example: "keyclave serve --config /etc/keyclave/n1.json",
        action: .run { try ServeRun(invocation: $0, surroundings: $1).run() })

    static let dev = Command(
        name: "dev", summary: "run a single node to try things out with",
        notes: ["Prints the URL and an operator token, and runs until interrupted."],
        options: [
            CommandOption(
                name: "dir", value: .text, placeholder: "DIR",
                meaning: "keep the data there and go on with it (default: a temporary directory "
                    + "that is removed at the end)"),
            CommandOption(
                name: "port", value: .number(1...65_434), placeholder: "PORT",
                meaning: "where clients are answered, on this machine only", fallback: "7101"),
        ],
        common: .none, example: "keyclave dev --port 7101",
        action: .run { try DevRun(invocation: $0, surroundings: $1).run() })
}
