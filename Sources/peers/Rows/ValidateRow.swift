/// Whether a key is good, asked one request after the other.
struct ValidateRow {
    private let bench: Bench

    init(_ bench: Bench) { self.bench = bench }

    func rows() throws -> [Row] {
        let work = "validation, \(Validations.connections) connections"
        let load = Validations(bench: bench, asksWrk: true)
        let found = try Turns(
            work: work, ours: load.ours,
            peers: [(.nginx, load.nginx), (.redis, load.redis), (.etcd, load.etcd)]
        ).run(bench)
        let nginx: KeyValuePairs<Peer, String> = [.nginx: "nginx `return 200`"]
        let all: KeyValuePairs<Peer, String> = [
            .nginx: "nginx `return 200`", .redis: "Redis GET", .etcd: "etcd serializable read",
        ]
        return found.rows(
            \.perSecond, unit: "a second", against: all,
            goals: [.nginx: .ratio(atLeast: 1.2), .redis: .ratio(atLeast: 1.5)])
            + found.rows(\.p50, unit: "µs", work: "\(work), p50", against: all)
            + found.rows(
                \.processorTime, unit: "µs", work: "server's processor time for a validation",
                against: nginx, goals: [.nginx: .ratio(atMost: 1)])
            + found.rows(
                \.perSecondByWrk, unit: "a second", work: "\(work), by wrk", against: nginx,
                goals: [.nginx: .ratio(atLeast: 1.2)])
            + [
                Row(
                    work: "\(work), by `keyclave bench`", peer: "ours by wrk",
                    theirs: found.ours[\.perSecondByWrk], ours: found.ours[\.perSecond],
                    unit: "a second", goal: .ratio(atLeast: 0.85, atMost: 1.15),
                    note: Wrk.isThere ? nil : Wrk.lack)
            ]
    }
}

/// The same with many requests on the way.
struct PipelineRow {
    private static let depth = 16
    private let bench: Bench

    init(_ bench: Bench) { self.bench = bench }

    func rows() throws -> [Row] {
        let load = Validations(bench: bench, pipeline: Self.depth)
        return try Turns(
            work: "validation, \(Validations.connections) connections, \(Self.depth) requests deep",
            ours: load.ours, peers: [(.nginx, load.nginx), (.redis, load.redis)]
        ).run(bench).rows(
            \.perSecond, unit: "a second",
            against: [.nginx: "nginx `return 200`", .redis: "Redis GET"],
            goals: [.redis: .ratio(atLeast: 1)])
    }
}
