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
                + "lost its data must not come back under its old name.",
            "With --join the node is none of the first: it gets everything from those who are "
                + "there, once “keyclave cluster add” has made it a learner.",
        ],
        options: [
            configurationOption,
            CommandOption(
                name: "operator-token-file", value: .text, placeholder: "FILE",
                meaning:
                    "the first operator token; made (0600) if it isn't there; required without "
                    + "--join"),
            CommandOption(
                name: "join",
                meaning: "make a node that joins the running cluster of --cluster-id"),
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

    static let recover = Command(
        name: "recover", summary: "make a new cluster from one node when the majority is lost",
        notes: [
            "For when more than half of the voters are gone for good: nothing else brings such a "
                + "cluster back. It reads the data directory of a node that survived, which must "
                + "not run, and writes a new one: a cluster of this one node, with another id, "
                + "to which others are added anew. The old directory stays as it is.",
            "What may be lost: every change and charge that was answered, but hadn't reached this "
                + "node. What may be there: changes that nobody was told of. Take the node that "
                + "has come furthest; without --confirm the command only tells how far it is.",
            "All other nodes of the old cluster must be stopped and stay so. With --confirm the "
                + "command waits first until none of them can still answer by itself.",
        ],
        options: [
            CommandOption(
                name: "from", value: .text, placeholder: "DIR",
                meaning: "data directory of the node that survived", isRequired: true),
            CommandOption(
                name: "config", value: .text, placeholder: "FILE",
                meaning: "configuration of the new node, its only member, with an empty data "
                    + "directory", isRequired: true),
            CommandOption(
                name: "confirm", value: .text, placeholder: "CLUSTER-ID",
                meaning: "the id of the lost cluster, as the command shows it without this"),
        ],
        common: .output,
        example: "keyclave recover --from /var/lib/keyclave --config recovered.json",
        action: .run { try RecoverRun(invocation: $0, surroundings: $1).run() })

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
