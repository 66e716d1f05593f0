extension Command {
    static let user = Command(
        name: "user", summary: "create and manage the users of an account",
        example: "keyclave user create --email ada@example.com --name \"Ada\"",
        subcommands: [
            Command(
                name: "create", summary: "create a user",
                options: [
                    CommandOption(
                        name: "email", value: .text, placeholder: "EMAIL",
                        meaning: "address, unique in the account", isRequired: true),
                    CommandOption(
                        name: "name", value: .text, placeholder: "NAME",
                        meaning: "name, for people", isRequired: true),
                    CommandOption(
                        name: "role", value: .choice(["admin", "member"]),
                        meaning: "what tokens of this user may do at most", fallback: "member"),
                    .account, .idempotency,
                ],
                reversal: .by("user remove"),
                example: "keyclave user create --email ada@example.com --name \"Ada\"",
                action: .request(
                    Operation(
                        method: .post, path: "/v1/accounts/{account}/users",
                        body: [.text("email"), .text("name"), .text("role")],
                        columns: userColumns))),
            Command(
                name: "list", summary: "list the users of an account",
                options: [.account] + CommandOption.page,
                example: "keyclave user list --account acc_0000000001A",
                action: .request(
                    Operation(
                        method: .get, path: "/v1/accounts/{account}/users",
                        query: Operation.pageQuery, answer: .list, columns: userColumns))),
            Command(
                name: "get", summary: "show one user", arguments: [userID], options: [.account],
                example: "keyclave user get usr_0000000001B",
                action: .request(
                    Operation(method: .get, path: userPath, columns: userColumns))),
            update, remove, revokeKeys,
        ])

    private static let update = Command(
        name: "update", summary: "change a user's name, address or role", arguments: [userID],
        options: [
            CommandOption(
                name: "email", value: .text, placeholder: "EMAIL", meaning: "new address"),
            CommandOption(name: "name", value: .text, placeholder: "NAME", meaning: "new name"),
            CommandOption(name: "role", value: .choice(["admin", "member"]), meaning: "new role"),
            .account, .idempotency,
        ],
        reversal: .by("user update"),
        example: "keyclave user update usr_0000000001B --role admin",
        action: .request(
            Operation(
                method: .patch, path: userPath,
                body: [.text("email"), .text("name"), .text("role")], columns: userColumns)))

    private static let remove = Command(
        name: "remove", summary: "remove a user and revoke all their keys and tokens",
        arguments: [userID], options: [.account, .idempotency],
        reversal: .none(asking: "Remove {user} and revoke all their keys and tokens?"),
        example: "keyclave user remove usr_0000000001B --yes",
        action: .request(
            Operation(
                method: .delete, path: userPath,
                answer: .done("{user} is removed; their keys and tokens work nowhere any more."))))

    private static let revokeKeys = Command(
        name: "revoke-keys", summary: "revoke all keys of a user, who stays",
        arguments: [userID], options: [.account, .idempotency],
        reversal: .none(asking: "Revoke all keys of {user} for ever?"),
        example: "keyclave user revoke-keys usr_0000000001B --yes",
        action: .request(
            Operation(
                method: .post, path: userPath + "/revoke-keys",
                answer: .done("The keys of {user} work nowhere any more."))))

    private static let userID = Argument(name: "user", meaning: "user (usr_…)")
    private static let userPath = "/v1/accounts/{account}/users/{user}"
    private static let userColumns = ["id", "email", "name", "role", "created_at"]
}
