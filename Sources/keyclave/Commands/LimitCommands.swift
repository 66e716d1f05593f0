extension Command {
    static let limit = Command(
        name: "limit", summary: "limit the credits that a user may spend on an API",
        notes: [
            "A limit is shared by all keys of the user for that API. Without one, spending "
                + "is unlimited."
        ],
        example: "keyclave limit set usr_0000000001B rest --credits 10000 --period month",
        subcommands: [
            Command(
                name: "set", summary: "set or change a limit", arguments: limitArguments,
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
                reversal: .by("limit set"),
                example: "keyclave limit set usr_0000000001B rest --credits 10000 --period month",
                action: .request(
                    Operation(
                        method: .put, path: limitPath,
                        body: [.number("credits"), .text("period")], columns: limitColumns))),
            Command(
                name: "get", summary: "show a limit and what is left of it",
                arguments: limitArguments, options: [.account],
                example: "keyclave limit get usr_0000000001B rest",
                action: .request(
                    Operation(method: .get, path: limitPath, columns: limitColumns))),
            Command(
                name: "remove", summary: "let spending be unlimited again",
                arguments: limitArguments, options: [.account, .idempotency],
                reversal: .by("limit set"),
                example: "keyclave limit remove usr_0000000001B rest",
                action: .request(
                    Operation(
                        method: .delete, path: limitPath,
                        answer: .done("{user} has no limit for {api} any more.")))),
        ])

    private static let limitArguments = [
        Argument(name: "user", meaning: "user (usr_…)"),
        Argument(name: "api", meaning: "as “api list” shows them: rest, batch, …"),
    ]
    private static let limitPath = "/v1/accounts/{account}/users/{user}/limits/{api}"
    private static let limitColumns = [
        "credits", "period", "spent", "held", "remaining", "resets_at",
    ]
}
