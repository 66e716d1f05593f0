/// What can be measured: each is one or some lines of the table.
enum RowName: String, CaseIterable, Sendable {
    case validate, pipeline, charge, batch, failover, keys, growth, fairness, overload

    static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }

    var meaning: String {
        switch self {
        case .validate:
            "validations on 32 connections, against nginx, Redis and etcd, and as wrk sees it"
        case .pipeline: "the same 16 requests deep, against Redis and nginx"
        case .charge: "durable charges, against etcd and a Redis that syncs"
        case .batch: "durable charges in batches"
        case .failover: "how long nobody can write when the leader is killed, against etcd"
        case .keys:
            "memory for a key against Redis; validations, charges, snapshots and starts with many"
        case .growth: "durable charges of three nodes and of five, as clients become more"
        case .fairness: "one client beside others that send 10,000 requests ahead or charge"
        case .overload: "durable charges at two and four times the rate that is possible"
        }
    }

    func measure(_ bench: Bench) throws -> [Row] {
        switch self {
        case .validate: try ValidateRow(bench).rows()
        case .pipeline: try PipelineRow(bench).rows()
        case .charge: try ChargeRow(bench).rows()
        case .batch: try BatchRow(bench).rows()
        case .failover: try FailoverRow(bench).rows()
        case .keys: try KeysRow(bench).rows()
        case .growth: try GrowthRow(bench).rows()
        case .fairness: try FairnessRow(bench).rows()
        case .overload: try OverloadRow(bench).rows()
        }
    }
}
