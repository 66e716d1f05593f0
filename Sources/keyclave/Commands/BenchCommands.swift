extension Command {
    static let bench = Command(
        name: "bench", summary: "measure a cluster through its public interface",
        notes: [
            "Without --key, and for revoke always, it makes an account (or a user in --account) "
                + "with a key of its own, and removes it at the end. Latencies of an open loop (--rate) count from the "
                + "moment a request was due, so that waiting isn't hidden."
        ],
        example: "keyclave bench validate --connections 32 --seconds 10",
        subcommands: [
            Command(
                name: "validate", summary: "ask one node again and again whether a key is valid",
                options: benchOptions(connections: "32"),
                example: "keyclave bench validate --connections 32 --seconds 10",
                action: .run {
                    try BenchRun(work: .validate, invocation: $0, surroundings: $1).run()
                }
            ),
            Command(
                name: "charge", summary: "spend credits, one durable charge a request",
                options: benchOptions(connections: "64"),
                example: "keyclave bench charge --connections 64 --rate 2000 --json",
                action: .run { try BenchRun(work: .charge, invocation: $0, surroundings: $1).run() }
            ),
            Command(
                name: "revoke",
                summary: "switch a key off and on, and charge it once, in turn",
                notes: [
                    "One client, each request when the last is answered. A change returns when "
                        + "it holds on every node: compare it with the charge, which returns when "
                        + "a majority has it on disk."
                ],
                options: measuringOptions + [.api, .account],
                example: "keyclave bench revoke --seconds 10 --json",
                action: .run { try RevokeRun(invocation: $0, surroundings: $1).run() }
            ),
        ])

    private static func benchOptions(connections: String) -> [CommandOption] {
        loadOptions(connections: connections) + measuringOptions + [.apiKey, .api, .account]
    }

    private static func loadOptions(connections: String) -> [CommandOption] {
        [
            CommandOption(
                name: "connections", letter: "c", value: .number(1...20_000), placeholder: "N",
                meaning: "clients at the same time, spread over the end points",
                fallback: connections),
            CommandOption(
                name: "threads", value: .number(1...64), placeholder: "N",
                meaning: "threads of this program that share the connections", fallback: "1"),
            CommandOption(
                name: "rate", value: .number(1...10_000_000), placeholder: "N",
                meaning: "open loop: so many requests a second in all, whatever the answers do "
                    + "(default: closed loop, each client sends when it has its answer)"),
            CommandOption(
                name: "pipeline", value: .number(1...256), placeholder: "N",
                meaning: "closed loop: requests that a client has on the way at once",
                fallback: "1"),
        ]
    }

    private static let measuringOptions = [
        CommandOption(
            name: "seconds", letter: "s", value: .number(1...86_400), placeholder: "N",
            meaning: "how long to measure", fallback: "10"),
        CommandOption(
            name: "warm-up", value: .number(0...3600), placeholder: "SECONDS",
            meaning: "how long to run before that", fallback: "1"),
        CommandOption(name: "json", value: nil, meaning: "the same as --output json"),
        CommandOption(
            name: "quiet", letter: "q", value: nil, meaning: "no line a second on the way"),
    ]
}
