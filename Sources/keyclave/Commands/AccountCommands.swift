extension Command {
    static let account = Command(
        name: "account", summary: "create and manage customers' accounts",
        example: "keyclave account create \"Example Ltd\"",
        subcommands: [
            Command(
                name: "create", summary: "create an account (operator)",
                arguments: [accountName], options: [.idempotency],
                reversal: .by("account delete"),
                example: "keyclave account create \"Example Ltd\"",
                action: .request(
                    Operation(
                        method: .post, path: "/v1/accounts", body: [.text("name")],
                        columns: accountColumns))),
            Command(
                name: "list", summary: "list all accounts (operator)",
                options: CommandOption.page, example: "keyclave account list -o json",
                action: .request(
                    Operation(
                        method: .get, path: "/v1/accounts", query: Operation.pageQuery,
                        answer: .list, columns: accountColumns))),
            Command(
                name: "get", summary: "show one account", arguments: [accountID],
                example: "keyclave account get acc_0000000001A",
                action: .request(
                    Operation(
                        method: .get, path: "/v1/accounts/{account}", columns: accountColumns))),
            Command(
                name: "rename", summary: "give an account another name (operator)",
                arguments: [accountID, accountName], options: [.idempotency],
                reversal: .by("account rename"),
                example: "keyclave account rename acc_0000000001A \"Example PLC\"",
                action: .request(
                    Operation(
                        method: .patch, path: "/v1/accounts/{account}", body: [.text("name")],
                        columns: accountColumns))),
            Command(
                name: "delete",
                summary: "delete an account with its users, keys and tokens (operator)",
                arguments: [accountID], options: [.idempotency],
                reversal: .none(asking: "Delete {account}, its users, keys and tokens?"),
                example: "keyclave account delete acc_0000000001A --yes",
                action: .request(
                    Operation(
                        method: .delete, path: "/v1/accounts/{account}",
                        answer: .done("{account} is deleted; none of its keys works any more.")))),
        ])

    private static let accountID = Argument(name: "account", meaning: "account (acc_…)")
    private static let accountName = Argument(name: "name", meaning: "name, for people")
    private static let accountColumns = ["id", "name", "created_at"]
}
