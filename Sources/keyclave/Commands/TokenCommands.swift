extension Command {
    static let token = Command(
        name: "token", summary: "create and revoke management tokens",
        example: "keyclave token create --role auditor --account acc_0000000001A --name reports",
        subcommands: [
            Command(
                name: "create", summary: "create a management token",
                notes: [
                    "The whole token is in this answer only: the cluster keeps nothing but its "
                        + "digest. Admin and member tokens belong to a user and end with them."
                ],
                options: [
                    CommandOption(
                        name: "role", value: .choice(["operator", "admin", "auditor", "member"]),
                        placeholder: "ROLE",
                        meaning: "operator (the cluster and every account), admin (one account), "
                            + "auditor (reads one account) or member (reads their own keys)",
                        isRequired: true),
                    CommandOption(
                        name: "account", value: .text, placeholder: "ACC",
                        meaning: "account (acc_…), for every role but operator"),
                    CommandOption(
                        name: "user", value: .text, placeholder: "USR",
                        meaning: "user (usr_…), for admin and member"),
                    CommandOption(
                        name: "name", value: .text, placeholder: "NAME",
                        meaning: "name, for people", isRequired: true),
                    .idempotency,
                ],
                reversal: .by("token revoke"),
                example: "keyclave token create --role auditor --account acc_0000000001A "
                    + "--name reports",
                action: .request(
                    Operation(
                        method: .post, path: "/v1/tokens",
                        body: [.text("role"), .text("account"), .text("user"), .text("name")],
                        columns: ["token"] + tokenColumns, secret: "token"))),
            Command(
                name: "list", summary: "list the tokens that you may see",
                options: [
                    CommandOption(
                        name: "account", value: .text, placeholder: "ACC",
                        meaning: "of this account (operator)")
                ] + CommandOption.page,
                example: "keyclave token list",
                action: .request(
                    Operation(
                        method: .get, path: "/v1/tokens",
                        query: [.text("account")] + Operation.pageQuery,
                        answer: .list, columns: tokenColumns))),
            Command(
                name: "get", summary: "show one token",
                arguments: [Argument(name: "token-id", meaning: "token (tok_…), not its text")],
                example: "keyclave token get tok_0000000001D",
                action: .request(
                    Operation(
                        method: .get, path: "/v1/tokens/{token-id}", columns: tokenColumns))),
            Command(
                name: "revoke", summary: "end a token everywhere, for ever",
                arguments: [Argument(name: "token-id", meaning: "token (tok_…), not its text")],
                options: [.idempotency], reversal: .none(asking: "Revoke {token-id} for ever?"),
                example: "keyclave token revoke tok_0000000001D --yes",
                action: .request(
                    Operation(
                        method: .delete, path: "/v1/tokens/{token-id}",
                        answer: .done("{token-id} works nowhere any more.")))),
        ])

    private static let tokenColumns = ["id", "role", "account", "user", "name", "created_at"]
}
