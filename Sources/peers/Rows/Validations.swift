import Basics

/// Validations by one contender after another, all by the same 32 clients.
struct Validations {
    static let connections = 32

    let bench: Bench
    /// Requests that a client has on the way at once.
    var pipeline = 1
    /// Whether wrk measures the same once more.
    var asksWrk = false

    private func words(key: String, seconds: Int) -> [String] {
        [
            "validate", "--key", key, "-c", "\(Self.connections)", "--pipeline", "\(pipeline)",
            "--seconds", "\(seconds)", "--warm-up", "0",
        ]
    }

    func ours() throws -> Figures {
        try bench.withOurs { cluster in
            let key = try cluster.makeKey()
            return try measure(
                url: cluster.endpoint(0), key: key,
                processorSeconds: { cluster.processorSeconds(ofNode: 0) },
                load: { try cluster.bench(words(key: key, seconds: $0), at: 0) })
        }
    }

    /// The same load: nginx takes every path and key.
    func nginx() throws -> Figures {
        let key = "kc_rest_" + String(repeating: "x", count: 36)
        return try bench.with({ try Nginx(in: $0) }) { nginx in
            try measure(
                url: nginx.url, key: key,
                processorSeconds: { ProcessFigures.processorSeconds(nginx.pid) },
                load: { seconds in
                    try bench.program.ask(
                        BenchReport.self,
                        ["bench"] + words(key: key, seconds: seconds) + ["--quiet"],
                        endpoints: nginx.url, within: .seconds(Int64(seconds) + 60))
                })
        }
    }

    func redis() throws -> Figures {
        try bench.with({ try Redis(in: $0) }) { redis in
            try redis.measure(
                ["GET", Redis.key], clients: Self.connections, seconds: bench.options.seconds,
                pipeline: pipeline)
        }
    }

    func etcd() throws -> Figures {
        try bench.with({ try Etcd(in: $0) }) { etcd in
            try etcd.measure(
                .get, clients: Self.connections, options: bench.options, atOneNode: true)
        }
    }

    private func measure(
        url: String, key: String, processorSeconds: () -> Double,
        load: (Int) throws -> BenchReport
    ) throws -> Figures {
        if bench.options.warmUp > 0 { _ = try load(bench.options.warmUp) }
        let before = processorSeconds()
        var figures = try load(bench.options.seconds).figures
        let used = processorSeconds() - before
        figures.processorTime = used * 1e6 / Double(max(1, figures.answers))
        guard asksWrk else { return figures }
        let seen = try Wrk.measure(
            url + "/v1/auth?api=rest", connections: Self.connections,
            seconds: bench.options.seconds, key: key)
        figures.perSecondByWrk = seen?.perSecond
        figures.errors += seen?.errors ?? 0
        return figures
    }
}
