extension Command {
    static let top = Command(
        name: "top", summary: "watch the cluster: members, lag, leases, rates and latencies",
        notes: [
            "Asks every member each second what it counts, and shows the second's difference. The "
                + "lag is how many committed entries a node hasn't applied yet. Latencies are "
                + "upper bounds in microseconds: p50 and p99 of what a node answers from memory, "
                + "and the p99 of what the cluster has to agree on.",
            "Ends with Ctrl-C. Where standard output is no terminal, each second's table follows "
                + "the last; with -o json it is one line each.",
        ],
        options: [
            CommandOption(name: "once", value: nil, meaning: "show one second and end")
        ],
        example: "keyclave top --once", requests: ["GET /v1/cluster", "GET /metrics"],
        action: .run { try TopRun($0, $1).run() })
}
