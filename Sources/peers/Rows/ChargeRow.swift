/// Credits spent, each charge a request of its own that is answered once a majority has it on disk.
struct ChargeRow {
    private let bench: Bench

    init(_ bench: Bench) { self.bench = bench }

    func rows() throws -> [Row] { try bench.options.clients.flatMap(rows) }

    private func rows(clients: Int) throws -> [Row] {
        let work = "durable charge, three nodes, \(Charges.text(clients))"
        let found = try Turns(
            work: work, ours: { try Charges.ours(bench, ["-c", "\(clients)"]) },
            peers: [(.etcd, { try etcd(clients) }), (.redis, { try redis(clients) })]
        ).run(bench)
        let isAlone = clients == 1
        var goals: [Peer: Row.Goal] = [.etcd: .ratio(atLeast: isAlone ? 2 : 10)]
        if !isAlone { goals[.redis] = .ratio(atLeast: 1) }
        return found.rows(
            \.perSecond, unit: "a second",
            against: [
                .etcd: "etcd put, three nodes", .redis: "Redis INCR, synced, one node",
            ], goals: goals)
            + found.rows(
                \.p50, unit: "ms", factor: 0.001, work: "\(work), p50",
                against: [.etcd: "etcd put, three nodes"],
                goals: [.etcd: .ratio(atMost: isAlone ? 0.5 : 0.1)])
    }

    private func etcd(_ clients: Int) throws -> Figures {
        try bench.with({ try Etcd(in: $0) }) {
            try $0.measure(.put, clients: clients, options: bench.options)
        }
    }

    private func redis(_ clients: Int) throws -> Figures {
        try bench.with({ try Redis(in: $0, isDurable: true) }) {
            try $0.measure(
                ["INCR", "bench:count"], clients: clients, seconds: bench.options.seconds)
        }
    }
}

/// As many charges in each request as it may hold.
struct BatchRow {
    private static let size = 8_189
    private static let clients = 4
    private static let noPeer =
        "TigerBeetle is not measured: it is in no package; its batches have 8,189 transfers, too"

    private let bench: Bench

    init(_ bench: Bench) { self.bench = bench }

    func rows() throws -> [Row] {
        let found = try Turns(
            work: "durable charges in batches of \(Self.size.grouped), three nodes, "
                + Charges.text(Self.clients),
            ours: {
                try Charges.ours(bench, ["-c", "\(Self.clients)", "--batch", "\(Self.size)"])
            }
        ).run(bench)
        return [
            Row(
                work: found.work, peer: "TigerBeetle", ours: found.ours[\.perSecond],
                unit: "a second", goal: .ratio(atLeast: 1.2),
                note: found.oursNote ?? Self.noPeer)
        ]
    }
}

enum Charges {
    static func text(_ clients: Int) -> String {
        "\(clients.grouped) " + (clients == 1 ? "client" : "clients")
    }

    static func ours(_ bench: Bench, _ words: [String], nodeCount: Int = 3) throws -> Figures {
        try bench.withOurs(nodeCount: nodeCount) { cluster in
            try cluster.bench(
                [
                    "charge", "--seconds", "\(bench.options.seconds)",
                    "--warm-up", "\(bench.options.warmUp)",
                ] + words
            ).figures
        }
    }
}
