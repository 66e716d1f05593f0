extension Command {
    private static func file(_ meaning: String) -> [Argument] {
        [Argument(name: "file", meaning: meaning)]
    }

    static let backup = Command(
        name: "backup",
        summary: "copy everything that a running cluster holds into a file (operator)",
        notes: [
            "The file holds one state, at one log index, with everything that was answered before "
                + "the command began. The node that is asked goes on serving; its parts are checked "
                + "on their way, and the file is there as a whole or not at all.",
            "It is as secret as a node's data directory, and made for its owner alone (0600).",
        ],
        arguments: file("where to put it"),
        options: [
            CommandOption(name: "force", value: nil, meaning: "replace a file that is there")
        ],
        example: "keyclave backup /var/backups/keyclave-today",
        requests: ["POST /v1/cluster/backups", "GET /v1/cluster/backups/{backup}"],
        action: .run { try BackupRun(invocation: $0, surroundings: $1).run() })

    static let inspect = Command(
        name: "inspect", summary: "tell what a backup or a stopped node's directory holds",
        notes: [
            "Reads all of it and verifies every checksum and every law of the state; what is wrong "
                + "is told with its offset in the file. Snapshot files of a data directory are read "
                + "too. Changes nothing and asks no server."
        ],
        arguments: file("a backup, a snapshot file, or a data directory whose node is stopped"),
        common: .output,
        example: "keyclave inspect /var/backups/keyclave-today",
        action: .run { try InspectRun(invocation: $0, surroundings: $1).run() })

    static let restore = Command(
        name: "restore", summary: "make a node of a new cluster that holds what a backup holds",
        notes: [
            "To be run once for every node of the new cluster, like “keyclave format”, with the same "
                + "file, members and operator token; the first run draws and prints a cluster id, "
                + "which the others are given. The id is bound to all of them: a node that is given "
                + "anything else refuses it.",
            "It is another cluster than the one that the backup was taken from, which knows nothing "
                + "of it: what was answered there after the backup isn't here, and if that one still "
                + "runs, both answer. Keys, tokens, balances and the ids of charges are those of the "
                + "backup, so that a charge from before it is never made twice. The log's time goes on "
                + "from the backup's.",
        ],
        arguments: file("what “keyclave backup” has written"),
        options: [
            CommandOption(
                name: "config", value: .text, placeholder: "FILE",
                meaning: "configuration of the node, with an empty data directory",
                isRequired: true),
            CommandOption(
                name: "cluster-id", value: .text, placeholder: "UUID",
                meaning: "the id that the first of the nodes printed"),
            CommandOption(
                name: "operator-token-file", value: .text, placeholder: "FILE",
                meaning: "one more operator token, for when those of the backup are lost; made "
                    + "(0600) if it isn't there"),
        ],
        common: .output,
        example: "keyclave restore /var/backups/keyclave-today --config n1.json",
        action: .run { try RestoreRun(invocation: $0, surroundings: $1).run() })
}
