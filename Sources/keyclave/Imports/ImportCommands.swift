extension Command {
    static let importKeys = Command(
        name: "import",
        summary: "take over keys from elsewhere by their SHA-256 digests (operator)",
        notes: [
            "FILE is a table (CSV under a line of names) or an object of JSON a line, with user (an "
                + "id or an e-mail address of the account), api, name and digest, and if wanted "
                + "suffix (the last four characters, for display), active (true), foreign "
                + "(false) and expires_at (never). What “keyclave export” writes is such a file.",
            "All keys are imported, or none: every line that is wrong is told with its number, by "
                + "itself, within the file and against the store, and nothing is changed.",
            "One entry of the log takes 10,000 keys, or fewer with long names. More need --in-parts: "
                + "the whole file is checked first, caps included, then imported in parts of 1,000 of which "
                + "each is all or none, in the order of the file. If that is cut short, or the store "
                + "has changed meanwhile, it says which lines are in, and the same command with the "
                + "same file goes on from there. A part of which only some keys are there is refused: "
                + "they came from another file.",
            "A key that another Keyclave made is good here as it is. One of another form is foreign: "
                + "the cluster must be told how long such keys are, “keyclave settings set "
                + "foreign_key_longest 40” and foreign_key_shortest, or it refuses them unseen.",
        ],
        arguments: [Argument(name: "file", meaning: "the file, or - for standard input")],
        options: [
            .account,
            CommandOption(
                name: "format", value: .choice(["csv", "jsonl"]),
                meaning: "of the file (default: seen from its first character)"),
            CommandOption(
                name: "foreign", value: nil,
                meaning: "keys that don't say otherwise were made elsewhere, in another form"),
            CommandOption(
                name: "dry-run", value: nil, meaning: "check everything and import nothing"),
            CommandOption(
                name: "in-parts", value: nil,
                meaning: "import more than one entry of the log takes, each part all or none"),
            CommandOption(
                name: "id", value: .text, placeholder: "ID",
                meaning: "idempotency key (default: the digest of what is sent, so that the same "
                    + "file has the same); with several parts theirs are made from it"),
        ],
        example: "keyclave import keys.csv --account acc_0000000001A --dry-run",
        requests: ["POST /v1/imports"],
        action: .run { try ImportRun(invocation: $0, surroundings: $1).run() })

    static let exportKeys = Command(
        name: "export", summary: "write an account's keys with their digests (operator)",
        notes: [
            "Those that aren't revoked, in the form that “keyclave import” "
                + "reads. A digest opens nothing, but a key that was guessable elsewhere can be "
                + "guessed by it: keep the file like a data directory."
        ],
        options: [
            .account,
            CommandOption(
                name: "format", value: .choice(["csv", "jsonl"]), meaning: "of the output",
                fallback: "jsonl"),
            CommandOption(
                name: "file", value: .text, placeholder: "FILE",
                meaning:
                    "write a file of its owner's alone (0600), whole or not at all, instead of "
                    + "standard output"),
            CommandOption(
                name: "force", value: nil, meaning: "replace a file that is there"),
        ],
        example: "keyclave export --account acc_0000000001A --format csv",
        requests: ["GET /v1/exports"],
        action: .run { try ExportRun(invocation: $0, surroundings: $1).run() })
}
