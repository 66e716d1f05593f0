extension Command {
    static let key = Command(
        name: "key", summary: "create API keys, rotate them, switch them on and off, revoke them",
        example: "keyclave key create --user usr_0000000001B --api rest --name laptop",
        subcommands: [
            createKey, listKeys, rotateKey,
            Command(
                name: "get", summary: "show one key", arguments: [keyID], options: [.account],
                example: "keyclave key get key_0000000001C",
                action: .request(Operation(method: .get, path: keyPath, columns: keyColumns))),
            Command(
                name: "activate", summary: "let a key be used (again)", arguments: [keyID],
                options: [.account, .idempotency],
                reversal: .by("key deactivate"),
                example: "keyclave key activate key_0000000001C",
                action: .request(
                    Operation(
                        method: .patch, path: keyPath,
                        body: [.init("active", .constant(.bool(true)))], columns: keyColumns))),
            Command(
                name: "deactivate", summary: "stop a key everywhere, until it is activated",
                arguments: [keyID], options: [.account, .idempotency],
                reversal: .by("key activate"),
                example: "keyclave key deactivate key_0000000001C",
                action: .request(
                    Operation(
                        method: .patch, path: keyPath,
                        body: [.init("active", .constant(.bool(false)))],
                        columns: keyColumns))),
            Command(
                name: "rename", summary: "give a key another name",
                arguments: [keyID, Argument(name: "name", meaning: "new name")],
                options: [.account, .idempotency],
                reversal: .by("key rename"),
                example: "keyclave key rename key_0000000001C \"build server\"",
                action: .request(
                    Operation(
                        method: .patch, path: keyPath, body: [.text("name")],
                        columns: keyColumns))),
            Command(
                name: "revoke", summary: "end a key everywhere, for ever", arguments: [keyID],
                options: [.account, .idempotency],
                reversal: .none(asking: "Revoke {key} for ever?"),
                example: "keyclave key revoke key_0000000001C --yes",
                action: .request(
                    Operation(
                        method: .delete, path: keyPath,
                        answer: .done("{key} works nowhere any more.")))),
        ])

    private static let createKey = Command(
        name: "create", summary: "create an API key for a user",
        notes: [
            "The whole key is in this answer only: the cluster keeps nothing but its digest. With "
                + "-o json it is the member “key”."
        ],
        options: [
            CommandOption(
                name: "user", value: .text, placeholder: "USR",
                meaning: "whose key it is (usr_…)", isRequired: true),
            .api,
            CommandOption(
                name: "name", value: .text, placeholder: "NAME", meaning: "name, for people",
                isRequired: true),
            CommandOption(
                name: "inactive", value: nil,
                meaning: "create it switched off; such keys don't count towards the cap"),
            expiresAt("when it ends by itself, as in 2027-01-31T12:00:00Z; never by default"),
            .account, .idempotency,
        ],
        reversal: .by("key revoke"),
        example: "keyclave key create --user usr_0000000001B --api rest --name laptop",
        action: .request(
            Operation(
                method: .post, path: "/v1/accounts/{account}/keys",
                body: [
                    .text("api"), .text("name"), .text("user"),
                    .init("active", .unless("inactive")),
                    .init("expires_at", .time("expires-at")),
                ],
                columns: ["key"] + keyColumns, secret: "key")))

    private static let listKeys = Command(
        name: "list", summary: "list the keys of an account",
        options: [
            CommandOption(
                name: "user", value: .text, placeholder: "USR", meaning: "of this user only"),
            CommandOption(
                name: "api", value: .text, placeholder: "API", meaning: "of this API only"),
            CommandOption(
                name: "state",
                value: .choice(["active", "inactive", "revoked", "retiring", "expired"]),
                meaning: "in this state only"),
            .account,
        ] + CommandOption.page,
        example: "keyclave key list --state active",
        action: .request(
            Operation(
                method: .get, path: "/v1/accounts/{account}/keys",
                query: [.text("user"), .text("api"), .text("state")] + Operation.pageQuery,
                answer: .list, columns: keyColumns)))

    private static let rotateKey = Command(
        name: "rotate", summary: "give a key another text, at once or with a grace for the old one",
        notes: [
            "The new key has the user, API and name of the old one, and its expiry unless "
                + "another is given; its whole text is in this answer only (“key” with -o json).",
            "Without a grace the old key works nowhere any more when this returns. With one, both "
                + "work, and count as active, until the grace ends; revoking, deactivating or "
                + "rotating the new key ends it at once.",
        ],
        arguments: [keyID],
        options: [
            CommandOption(
                name: "grace-seconds", value: .number(0...2_592_000), placeholder: "N",
                meaning: "how long the old key stays good; 0 by default, 30 days at most"),
            expiresAt("when the new key ends by itself, or never; by default as the old one"),
            .account, .idempotency,
        ],
        reversal: .none(
            asking: "Replace the text of {key} at once? The old one then works nowhere.",
            unless: "grace-seconds"),
        example: "keyclave key rotate key_0000000001C --grace-seconds 3600",
        action: .request(
            Operation(
                method: .post, path: keyPath + "/rotate",
                body: [
                    .init("grace_seconds", .number("grace-seconds")),
                    .init("expires_at", .time("expires-at")),
                ],
                columns: ["key"] + keyColumns, secret: "key")))

    private static func expiresAt(_ meaning: String) -> CommandOption {
        CommandOption(name: "expires-at", value: .text, placeholder: "TIME", meaning: meaning)
    }

    private static let keyID = Argument(name: "key", meaning: "key (key_…), not its text")
    private static let keyPath = "/v1/accounts/{account}/keys/{key}"
    private static let keyColumns = [
        "id", "api", "name", "user", "state", "display", "created_at", "created_by",
        "last_used_at", "expires_at", "retires_at", "replaces", "replaced_by",
    ]
}
