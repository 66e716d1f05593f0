extension Command {
    /// The whole command table.
    static let root: Command = Command(
        name: "keyclave",
        summary: "a replicated API-key store: one program, node and client",
        notes: [
            "“keyclave dev” starts a node to try things out with; “keyclave help configuration” "
                + "lists the settings of a node."
        ],
        options: [
            CommandOption(name: "version", value: nil, meaning: "print the version")
        ],
        common: .none,
        example: "keyclave verify --key - --api rest",
        subcommands: [
            format, serve, dev, recover, backup, inspect, restore, account, user, key, limit, pool,
            token, usage, audit, explain, importKeys, exportKeys, charge, hold, verify, auth,
            credits, whoami, api, settings, cluster, top, bench, problem, completions,
        ])
}
