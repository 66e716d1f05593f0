extension CommandOption {
    /// Of every command that talks to a server.
    static let client = [endpoint] + credentials + [timeout]

    private static let endpoint = CommandOption(
        name: "endpoint", value: .text, placeholder: "URL",
        meaning: "a node, as in http://127.0.0.1:7101; repeat it, or separate by commas, "
            + "to go on with the next when one fails",
        environment: "KEYCLAVE_ENDPOINTS", fallback: "http://127.0.0.1:7101",
        isRepeatable: true)

    private static let timeout = CommandOption(
        name: "timeout", value: .number(1...3600), placeholder: "SECONDS",
        meaning: "how long to try in all", fallback: "30")

    /// Of every command that asks on somebody's behalf.
    static let credentials = [
        CommandOption(
            name: "token", value: .text, placeholder: "TOKEN",
            meaning: "management token (kct_…)", environment: "KEYCLAVE_TOKEN"),
        CommandOption(
            name: "token-file", value: .text, placeholder: "FILE",
            meaning: "file that holds the token; nobody but its owner may read it (0600)",
            environment: "KEYCLAVE_TOKEN_FILE"),
    ]

    /// Of every command that prints data.
    static let output = [
        CommandOption(
            name: "output", letter: "o", value: .choice(["table", "json"]),
            meaning: "how data is printed on standard output", fallback: "table")
    ]

    static let help = [
        CommandOption(name: "help", letter: "h", value: nil, meaning: "say how it is used")
    ]

    /// Of what can't be undone.
    static let yes = CommandOption(
        name: "yes", letter: "y", value: nil,
        meaning: "don't ask; needed where standard input is no terminal")

    /// The account that a command is about.
    static let account = CommandOption(
        name: "account", value: .text, placeholder: "ACC",
        meaning: "account (acc_…); needless with a token of one account",
        environment: "KEYCLAVE_ACCOUNT")

    /// The API key of the commands that do what a service does.
    static let apiKey = CommandOption(
        name: "key", value: .text, placeholder: "KEY",
        meaning: "API key (kc_…), or - to read it from standard input, which keeps it out of "
            + "the list of processes",
        environment: "KEYCLAVE_KEY")

    static let api = CommandOption(
        name: "api", value: .text, placeholder: "API",
        meaning: "as “api list” shows them: rest, batch, …",
        fallback: "rest")

    /// Of mutations: the id under which a repetition is the same request.
    static let idempotency = CommandOption(
        name: "id", value: .text, placeholder: "ID",
        meaning: "idempotency key; a repetition under it changes nothing more "
            + "(default: drawn anew)")

    /// Of lists.
    static let page = [
        CommandOption(
            name: "limit", value: .number(1...1000), placeholder: "N",
            meaning: "one page of at most N items (default: everything)"),
        CommandOption(
            name: "cursor", value: .text, placeholder: "CURSOR",
            meaning: "go on where a page ended"),
    ]
}
