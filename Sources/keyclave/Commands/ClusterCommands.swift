import HTTP

extension Command {
    static let cluster = Command(
        name: "cluster", summary: "watch the cluster and steer it (operator)",
        example: "keyclave cluster status",
        subcommands: [
            Command(
                name: "status", summary: "show members, leader, term and positions",
                example: "keyclave cluster status -o json",
                action: .request(
                    Operation(
                        method: .get, path: "/v1/cluster",
                        columns: [
                            "cluster_id", "leader", "term", "id", "role", "address", "http",
                            "match", "lease", "lease_remaining_ms", "healthy",
                        ], remark: whoKnowsMore, waitsForService: false))),
            add, promote, remove,
            Command(
                name: "transfer", summary: "hand leadership to another node",
                arguments: [
                    Argument(
                        name: "node", meaning: "which (n1, …); by default the one furthest ahead",
                        isOptional: true)
                ],
                reversal: .by("cluster transfer"),
                example: "keyclave cluster transfer n2",
                action: .request(
                    Operation(
                        method: .post, path: "/v1/cluster/transfer-leadership",
                        body: [.init("to", .text("node"))], waitsForService: false))),
            Command(
                name: "snapshot", summary: "make the node asked write a snapshot now",
                reversal: .unasked(because: "it changes nothing that anybody can see"),
                example: "keyclave cluster snapshot --endpoint http://127.0.0.1:7102",
                action: .request(
                    Operation(method: .post, path: "/v1/cluster/snapshot"))),
            rotateSecret, health, metrics,
        ])

    private static let rotateSecret = Command(
        name: "rotate-secret",
        summary: "change the cluster secret, one step a machine, while it serves",
        notes: [
            "To be run on the machine of each node, as the user that owns its files, three times "
                + "round: at first each node learns to accept the new secret beside the old one, then "
                + "to present it, and at last to accept nothing else. The command takes the one step "
                + "that is due here, and refuses to run ahead of the others; it says where it is to "
                + "be run next. It can be repeated at will, and goes on where it was cut short.",
            "The first run draws the secret and puts it into --new-secret-file, to be copied to the "
                + "other machines. No secret is sent to anybody: the node is told to read its file "
                + "again, and shows fingerprints.",
        ],
        options: [
            CommandOption(
                name: "config", value: .text, placeholder: "FILE",
                meaning: "configuration of this machine's node", isRequired: true),
            CommandOption(
                name: "new-secret-file", value: .text, placeholder: "FILE",
                meaning: "the new secret; made (0600) if nobody has begun", isRequired: true),
            CommandOption(
                name: "absent", value: .text, placeholder: "NODE",
                meaning: "a node that doesn't run: don't wait for it, and give it the new secret "
                    + "before it runs again", isRepeatable: true),
        ],
        reversal: .by("cluster rotate-secret"), common: .node,
        example: "keyclave cluster rotate-secret --config n1.json --new-secret-file new.secret",
        requests: ["POST /v1/cluster/reload-secrets"],
        action: .run { try RotateSecretRun(invocation: $0, surroundings: $1).run() })

    /// Only a leader knows how far the others are, and a node answers what it knows itself.
    @Sendable private static func whoKnowsMore(_ status: JSONValue) -> String? {
        guard let node = status["node"]?.string, node != status["leader"]?.string else {
            return nil
        }
        guard let leader = status["leader"]?.string else {
            return "\(node) knows no leader at the moment, and of the others only who they are."
        }
        let leading = status["members"]?.array?.first { $0["id"]?.string == leader }
        let way = leading?["http"]?.string.map { ": --endpoint http://\($0)" } ?? ""
        return
            "\(node) answered, which knows only itself; \(leader) leads and knows the others\(way)"
    }

    private static let member = Argument(name: "node", meaning: "the member (n1, …)")
    private static let memberColumns = ["id", "role", "address", "http"]

    private static let add = Command(
        name: "add", summary: "let a node join, as a learner that doesn't vote",
        notes: [
            "The node must have been formatted with “keyclave format --join” under an id that no "
                + "member ever had, and run. It then receives everything and validates; “keyclave "
                + "cluster promote” makes it a voter."
        ],
        arguments: [Argument(name: "node", meaning: "its id (n4, …), never used before")],
        options: [
            CommandOption(
                name: "address", value: .text, placeholder: "HOST:PORT",
                meaning: "where the other nodes reach it", isRequired: true),
            CommandOption(
                name: "http", value: .text, placeholder: "HOST:PORT",
                meaning: "where clients reach it"),
            .idempotency,
        ],
        reversal: .by("cluster remove"),
        example: "keyclave cluster add n4 --address 10.0.0.4:7201 --http 10.0.0.4:7101",
        action: .request(
            Operation(
                method: .post, path: "/v1/cluster/members",
                body: [.init("id", .text("node")), .text("address"), .text("http")],
                columns: memberColumns)))

    private static let promote = Command(
        name: "promote", summary: "make a learner that has caught up a voter",
        notes: ["Refused with “not_caught_up” as long as it hasn't: ask again in a while."],
        arguments: [member], options: [.idempotency],
        reversal: .by("cluster remove"),
        example: "keyclave cluster promote n4",
        action: .request(
            Operation(
                method: .post, path: "/v1/cluster/members/{node}/promote",
                columns: memberColumns)))

    private static let remove = Command(
        name: "remove", summary: "remove a member for good",
        notes: [
            "The node stops validating as soon as it hears of it, or when it hasn't heard from the "
                + "cluster for 2 s. Its id is never used again: to come back it is formatted anew "
                + "under another. Change the cluster secret if its machine is out of your hands."
        ],
        arguments: [member], options: [.idempotency],
        reversal: .none(asking: "Remove {node} from the cluster for good?"),
        example: "keyclave cluster remove n2 --yes",
        action: .request(
            Operation(
                method: .delete, path: "/v1/cluster/members/{node}",
                answer: .done("{node} is removed."))))

    static let settings = Command(
        name: "settings", summary: "show and change the settings that all nodes share (operator)",
        example: "keyclave settings get",
        subcommands: [
            Command(
                name: "get", summary: "show the replicated settings",
                example: "keyclave settings get -o json",
                action: .request(Operation(method: .get, path: "/v1/cluster/settings"))),
            Command(
                name: "set", summary: "change one replicated setting",
                arguments: [
                    Argument(name: "setting", meaning: "its name, as “settings get” shows it"),
                    Argument(
                        name: "value", meaning: "its new value", value: .number(0...(.max))),
                ],
                options: [.idempotency],
                reversal: .by("settings set"),
                example: "keyclave settings set active_keys_per_user 3",
                action: .request(
                    Operation(
                        method: .patch, path: "/v1/cluster/settings",
                        body: [.init("", .named(by: "setting", value: "value"))]))),
        ])
}
