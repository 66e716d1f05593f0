import Keyring

extension Command {
    static let bench = Command(
        name: "bench", summary: "measure a cluster through its public interface",
        notes: [
            "Without --key or --loaded, and for revoke always, a measurement makes an account (or a user in "
                + "--account) with a key of its own, and removes it at the end. Latencies of an open loop (--rate) "
                + "count from the moment a request was due, so that waiting isn't hidden.",
            "What was refused, and connections that broke, are counted as errors, apart from the answers, and are "
                + "in no rate and no latency.",
        ],
        example: "keyclave bench validate --connections 32 --seconds 10",
        subcommands: [validating, verifying, charging, mixing, revoking, failingOver, loadingKeys])

    private static let validating = Command(
        name: "validate", summary: "ask again and again whether a key is valid, as gateways do",
        notes: ["GET /v1/auth, at all end points in turn; name one to measure one node."],
        options: benchOptions(connections: "32"),
        example: "keyclave bench validate --connections 32 --seconds 10",
        action: .run { try BenchRun(work: .validate, invocation: $0, surroundings: $1).run() })

    private static let verifying = Command(
        name: "verify", summary: "ask again and again whether a key is valid, as back-ends do",
        notes: ["POST /v1/verify. A key that isn't valid is an error, though its answer is 200."],
        options: benchOptions(connections: "32"),
        example: "keyclave bench verify --connections 32 --seconds 10",
        action: .run { try BenchRun(work: .verify, invocation: $0, surroundings: $1).run() })

    private static let charging = Command(
        name: "charge", summary: "spend credits, one durable charge a request or many",
        notes: [
            "With --batch the rate of requests stands in per_second, and that of charges in charges; a charge "
                + "that is refused within a batch is an error."
        ],
        options: benchOptions(connections: "64") + [
            CommandOption(
                name: "batch", value: .number(1...Int64(Bounds.chargesPerEntry)),
                placeholder: "N",
                meaning: "charges in each request, all in one entry of the log", fallback: "1")
        ],
        example: "keyclave bench charge --connections 64 --rate 2000 --json",
        action: .run { try BenchRun(work: .charge, invocation: $0, surroundings: $1).run() })

    private static let mixing = Command(
        name: "mixed", summary: "validate, and charge now and then",
        notes: ["Every client does both, so that each waits for the other as a service would."],
        options: benchOptions(connections: "64") + [
            CommandOption(
                name: "charges", value: .number(1...99), placeholder: "PERCENT",
                meaning: "how many of a hundred requests are charges", fallback: "10")
        ],
        example: "keyclave bench mixed --charges 20 --connections 64",
        action: .run { try BenchRun(work: .mixed, invocation: $0, surroundings: $1).run() })

    private static let revoking = Command(
        name: "revoke",
        summary: "switch a key off and on, and charge it once, in turn",
        notes: [
            "One client, each request when the last is answered. A change returns when "
                + "it holds on every node: compare it with the charge, which returns when "
                + "a majority has it on disk."
        ],
        options: measuringOptions + reportOptions + [.api, .account],
        example: "keyclave bench revoke --seconds 10 --json",
        action: .run { try RevokeRun(invocation: $0, surroundings: $1).run() })

    private static let failingOver = Command(
        name: "failover", summary: "tell how long nobody can write when a leader dies",
        notes: [
            "At each end point one client charges and one validates, all the time. Kill the leader meanwhile: an "
                + "outage lasts from the last charge made anywhere to the next one, and beside it stands the longest "
                + "time in which each node validated nothing. Name all nodes as end points."
        ],
        options: [
            CommandOption(
                name: "rounds", value: .number(1...100_000), placeholder: "N",
                meaning: "end when so many outages were seen", fallback: "1"),
            CommandOption(
                name: "shortest", value: .number(1...60_000), placeholder: "MS",
                meaning: "shorter times without a charge, which a slow disk makes too, are none",
                fallback: "100"),
            CommandOption(
                name: "seconds", letter: "s", value: .number(1...86_400), placeholder: "N",
                meaning: "end after that in any case", fallback: "60"),
        ] + reportOptions + [.apiKey, .api, .account],
        example: "keyclave bench failover --rounds 1 --seconds 60",
        action: .run { try FailoverRun(invocation: $0, surroundings: $1).run() })

    private static let loadingKeys = Command(
        name: "load-keys", summary: "fill a cluster with keys to measure with (operator)",
        notes: [
            "Makes users, imports digests of active keys for them, as many for each as the setting "
                + "active_keys_per_user allows, and leaves them there. What it says as “loaded” is what --loaded of "
                + "the other measurements takes: they then ask about all of these keys, in random order.",
            "All keys follow from what is in “loaded”: for clusters that serve nobody. “keyclave account delete” "
                + "removes what was loaded.",
        ],
        arguments: [
            Argument(name: "keys", meaning: "how many", value: .number(1...100_000_000))
        ],
        options: [
            CommandOption(
                name: "threads", value: .number(1...64), placeholder: "N",
                meaning: "clients at the same time", fallback: "16")
        ] + reportOptions + [.api, .account],
        example: "keyclave bench load-keys 1000000",
        action: .run { try LoadKeysRun(invocation: $0, surroundings: $1).run() })

    private static func benchOptions(connections: String) -> [CommandOption] {
        loadOptions(connections: connections) + measuringOptions + reportOptions
            + [
                CommandOption(
                    name: "loaded", value: .text, placeholder: "KEYS",
                    meaning: "draw from the keys of “bench load-keys”, which said this of them"),
                .apiKey, .api, .account,
            ]
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
                name: "pipeline", value: .number(1...10_000), placeholder: "N",
                meaning: "requests that a client has on the way at once; in an open loop at most",
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
    ]

    private static let reportOptions = [
        CommandOption(name: "json", value: nil, meaning: "the same as --output json"),
        CommandOption(
            name: "quiet", letter: "q", value: nil, meaning: "no line a second on the way"),
    ]
}
