extension Command {
    static let api = Command(
        name: "api", summary: "list what keys can open, add to it and remove from it",
        example: "keyclave api list",
        subcommands: [
            Command(
                name: "list", summary: "list the APIs", options: CommandOption.page,
                example: "keyclave api list",
                action: .request(
                    Operation(
                        method: .get, path: "/v1/apis", query: Operation.pageQuery,
                        answer: .list, columns: columns))),
            Command(
                name: "create", summary: "add an API (operator)",
                arguments: [
                    slug, Argument(name: "name", meaning: "name, for people"),
                ],
                options: [.idempotency],
                reversal: .by("api remove"),
                example: "keyclave api create search \"Search API\"",
                action: .request(
                    Operation(
                        method: .post, path: "/v1/apis",
                        body: [.text("slug"), .text("name")], columns: columns))),
            Command(
                name: "remove", summary: "remove an API that nothing uses (operator)",
                notes: [
                    "Refused with “api_in_use” while there are keys that open it and limits for it, "
                        + "in whichever account. What was spent with it counts on if it comes back."
                ],
                arguments: [slug], options: [.idempotency],
                reversal: .by("api create"),
                example: "keyclave api remove search",
                action: .request(
                    Operation(
                        method: .delete, path: "/v1/apis/{slug}",
                        answer: .done("{slug} is removed.")))),
        ])

    private static let slug = Argument(
        name: "slug", meaning: "as it stands in keys: 2 to 10 characters a-z0-9")
    private static let columns = ["slug", "name"]
}
