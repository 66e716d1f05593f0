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
                            "cluster_id", "leader", "term", "id", "role", "address", "match",
                            "lease_remaining_ms", "healthy",
                        ]))),
            Command(
                name: "transfer", summary: "hand leadership to another node",
                arguments: [
                    Argument(
                        name: "node", meaning: "which (n1, …); by default the one furthest ahead",
                        isOptional: true)
                ],
                example: "keyclave cluster transfer n2",
                action: .request(
                    Operation(
                        method: .post, path: "/v1/cluster/transfer-leadership",
                        body: [.init("to", .text("node"))], waitsForService: false))),
            Command(
                name: "snapshot", summary: "make the node asked write a snapshot now",
                example: "keyclave cluster snapshot --endpoint http://127.0.0.1:7102",
                action: .request(
                    Operation(method: .post, path: "/v1/cluster/snapshot"))),
        ])

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
                example: "keyclave settings set active_keys_per_user 3",
                action: .request(
                    Operation(
                        method: .patch, path: "/v1/cluster/settings",
                        body: [.init("", .named(by: "setting", value: "value"))]))),
        ])
}
