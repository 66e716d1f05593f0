extension Command {
    static let usage = Command(
        name: "usage", summary: "show what the users of an account have spent",
        notes: [
            "With -o json each row names its keys: those not revoked, and those that spent "
                + "something in the period. A row of very many keys comes in parts, the further "
                + "ones marked as continued."
        ],
        options: [.account] + CommandOption.page,
        example: "keyclave usage --account acc_0000000001A",
        action: .request(
            Operation(
                method: .get, path: "/v1/accounts/{account}/usage", query: Operation.pageQuery,
                answer: .list,
                columns: ["user", "api", "allowance", "spent", "held", "remaining"])))

    static let audit = Command(
        name: "audit", summary: "show who changed what, newest first",
        notes: [
            "The account's that is named, or else the one that the token belongs to. An "
                + "operator's token belongs to none: without an account it is shown every "
                + "account's changes, and those of the cluster's settings and operators."
        ],
        options: [
            CommandOption(
                name: "before", value: .text, placeholder: "CURSOR",
                meaning: "go on with what is older"),
            CommandOption(
                name: "limit", value: .number(1...1000), placeholder: "N",
                meaning: "how many records at most", fallback: "50"),
            CommandOption(
                name: "subject", value: .text, placeholder: "ID,…",
                meaning: "only what was done to these, up to eight: account, user, key, token, "
                    + "member, or a user's limit as usr_…/rest"),
            .account,
        ],
        example: "keyclave audit --limit 20",
        action: .request(
            Operation(
                method: .get, path: "/v1/accounts/{account}/audit",
                pathWithoutAccount: "/v1/audit",
                query: [.text("before"), .number("limit"), .text("subject")], answer: .list,
                columns: ["index", "at", "actor", "action", "subject", "account"])))

    static let charge = Command(
        name: "charge", summary: "spend credits with an API key",
        notes: [
            "A charge under an id is made once, however often it is sent and whichever node "
                + "takes it. If the outcome isn't known, the command asks again under the same id."
        ],
        arguments: [
            Argument(name: "credits", meaning: "how many", value: .number(1...1_000_000_000))
        ],
        options: [.apiKey, .idempotency],
        reversal: .unasked(because: "to spend is what it is for, once under its id"),
        example: "keyclave charge 5 --key -",
        action: .request(
            Operation(
                method: .post, path: "/v1/charges", credential: .apiKey,
                body: [.number("credits")],
                columns: ["charged", "spent", "remaining", "index", "replayed"])))

    static let verify = Command(
        name: "verify", summary: "ask whether an API key opens an API",
        notes: ["Exits with 0 if the key is valid and with 2 if it isn't."],
        options: [
            .apiKey, .api,
            CommandOption(
                name: "cost", value: .number(0...1_000_000_000), placeholder: "N",
                meaning: "also ask whether so many credits are left by this node's knowledge; "
                    + "nothing is spent", fallback: "0"),
        ],
        example: "keyclave verify --key - --api rest",
        action: .request(
            Operation(
                method: .post, path: "/v1/verify", credential: .none,
                body: [.init("key", .apiKey), .text("api"), .number("cost")], answer: .verdict,
                columns: [
                    "valid", "code", "key_id", "user_id", "account_id", "api", "credits",
                ])))

    static let credits = Command(
        name: "credits", summary: "show what an API key's user may still spend",
        options: [.apiKey], example: "keyclave credits --key -",
        action: .request(
            Operation(
                method: .get, path: "/v1/credits", credential: .apiKey,
                columns: ["allowance", "user_remaining", "held", "period", "resets_at", "pool"])))

    static let whoami = Command(
        name: "whoami", summary: "show whose management token this is",
        example: "keyclave whoami --token-file operator.token",
        action: .request(
            Operation(
                method: .get, path: "/v1/whoami", columns: ["id", "role", "account", "user"])))
}
