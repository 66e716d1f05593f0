extension Command {
    static let hold = Command(
        name: "hold", summary: "reserve credits for work whose cost is known afterwards",
        notes: [
            "A hold counts like a charge until it is settled for what the work has cost (at most "
                + "what it holds), voided, or its time-out comes. It goes by the id under which it "
                + "was placed.",
            "A hold ends once: the same command again shows the first answer again.",
        ],
        example: "keyclave hold place 50 --timeout-seconds 600 --id job-7 --key -",
        subcommands: [
            Command(
                name: "place", summary: "reserve credits",
                arguments: [
                    Argument(
                        name: "credits", meaning: "how many", value: .number(1...1_000_000_000))
                ],
                options: [
                    CommandOption(
                        name: "timeout-seconds", value: .number(1...604_800),
                        placeholder: "SECONDS", meaning: "after how long it lapses",
                        fallback: "3600"),
                    .apiKey, .idempotency,
                ],
                reversal: .by("hold void"),
                example: "keyclave hold place 50 --timeout-seconds 600 --id job-7 --key -",
                action: .request(
                    Operation(
                        method: .post, path: "/v1/holds", credential: .apiKey,
                        body: [
                            .number("credits"),
                            .init("timeout_seconds", .number("timeout-seconds")),
                        ],
                        columns: holdColumns))),
            Command(
                name: "settle", summary: "charge what the work has cost, and release the rest",
                arguments: [
                    holdArgument,
                    Argument(
                        name: "credits", meaning: "at most what is held",
                        value: .number(0...1_000_000_000)),
                ],
                options: [.apiKey, .idempotency],
                reversal: .unasked(
                    because:
                        "a service does it after each piece of work, by a script as a rule; it "
                        + "spends what was set aside for that, and never more"),
                example: "keyclave hold settle job-7 31 --key -",
                action: .request(
                    Operation(
                        method: .post, path: "/v1/holds/{hold}/settle", credential: .apiKey,
                        body: [.number("credits")], columns: holdColumns))),
            Command(
                name: "void", summary: "release a hold without a charge",
                arguments: [holdArgument], options: [.apiKey, .idempotency],
                reversal: .unasked(
                    because: "it takes nothing from anybody, and credits that are left can be held "
                        + "again"),
                example: "keyclave hold void job-7 --key -",
                action: .request(
                    Operation(
                        method: .post, path: "/v1/holds/{hold}/void", credential: .apiKey,
                        columns: holdColumns))),
        ])

    private static let holdArgument = Argument(
        name: "hold", meaning: "the id under which it was placed")
    private static let holdColumns = [
        "id", "state", "held", "charged", "spent", "remaining", "expires_at", "index", "replayed",
    ]

    static let pool = Command(
        name: "pool", summary: "limit what all users of an account spend together on an API",
        notes: [
            "A charge or hold must fit both the user's limit and the account's pool, each in its "
                + "own period. Pools are set by operators."
        ],
        example: "keyclave pool set rest --credits 100000 --period month",
        subcommands: [
            Command(
                name: "set", summary: "set or change a pool", arguments: poolArguments,
                options: [
                    CommandOption(
                        name: "credits", value: .number(0...9_007_199_254_740_991),
                        placeholder: "N", meaning: "how many in a period", isRequired: true),
                    CommandOption(
                        name: "period", value: .choice(["none", "day", "month"]),
                        placeholder: "none|day|month",
                        meaning: "when spending starts at nothing again (UTC); none is never",
                        isRequired: true),
                    .account, .idempotency,
                ],
                reversal: .by("pool set"),
                example: "keyclave pool set rest --credits 100000 --period month",
                action: .request(
                    Operation(
                        method: .put, path: poolPath,
                        body: [.number("credits"), .text("period")], columns: poolColumns))),
            Command(
                name: "get", summary: "show a pool and what is left of it",
                arguments: poolArguments, options: [.account],
                example: "keyclave pool get rest",
                action: .request(Operation(method: .get, path: poolPath, columns: poolColumns))),
            Command(
                name: "remove", summary: "let only the users' limits count again",
                arguments: poolArguments, options: [.account, .idempotency],
                reversal: .by("pool set"),
                example: "keyclave pool remove rest",
                action: .request(
                    Operation(
                        method: .delete, path: poolPath,
                        answer: .done("The account has no pool for {api} any more.")))),
        ])

    private static let poolArguments = [
        Argument(name: "api", meaning: "as “api list” shows them: rest, batch, …")
    ]
    private static let poolPath = "/v1/accounts/{account}/pools/{api}"
    private static let poolColumns = [
        "credits", "period", "spent", "held", "remaining", "resets_at",
    ]
}
