import Basics
import HTTP

/// One second of a cluster, from what the leader says of all and each node says of itself.
struct TopReport {
    /// A member, and what it counted a second ago and now; nil where it gave no answer.
    struct Node {
        var id: String
        /// Of `/v1/cluster`.
        var member: JSONValue
        var before: NodeSample?
        var now: NodeSample?
    }

    /// Of `/v1/cluster`.
    var status: JSONValue
    /// Since that was answered.
    var statusAge = Duration.zero
    /// Why there is no newer one; nil if it is of this second.
    var trouble: String?
    var nodes: [Node]

    var value: JSONValue {
        let names = ["cluster_id", "leader", "term", "commit_index", "log_time"]
        return .object(
            names.map { .init($0, status[$0] ?? .null) } + [
                .init("status_age_s", .number(UInt64(max(0, statusAge.milliseconds) / 1_000))),
                .init("trouble", trouble.map { .string($0) } ?? .null),
            ]
                + [.init("members", .array(nodes.map(row)))])
    }

    /// Committed in the cluster, as far as anybody knows.
    private var committed: UInt64 {
        let known = nodes.compactMap { $0.now?.value("raft_commit_index") }
        return max(status["commit_index"]?.number ?? 0, known.max() ?? 0)
    }

    private func row(_ node: Node) -> JSONValue {
        let isLeader = status["leader"] == .string(node.id)
        let role: JSONValue = isLeader ? .string("leader") : node.member["role"] ?? .null
        var members: [JSONValue.Member] = [.init("node", .string(node.id)), .init("role", role)]
        // Where it was asked: what an operator needs who gets no answer.
        members.append(.init("http", node.member["http"] ?? .null))
        guard let now = node.now else {
            return .object(members + [.init("state", .string("no answer"))] + missing)
        }
        let state = now.value("ready") == 1 ? "ready" : "not ready"
        members.append(.init("state", .string(state)))
        members.append(.init("lease", now.state(of: "lease").map { .string($0) } ?? .null))
        let applied = now.value("raft_applied_index")
        members.append(
            .init("lag", applied.map { .number(committed - min($0, committed)) } ?? .null))
        return .object(
            members + rates(now, since: node.before) + [
                .init("connections", .some(now.value("connections"))),
                .init("uptime_s", .some(now.value("uptime_seconds"))),
            ])
    }

    private static let measured = [
        "validations_s", "changes_s", "failures_s", "p50_us", "p99_us", "agreed_p99_us",
        "disk_p99_us",
    ]

    private var missing: [JSONValue.Member] {
        (["lease", "lag"] + TopReport.measured + ["connections", "uptime_s"])
            .map { .init($0, .null) }
    }

    /// What happened between two samples; nothing is known with one, or over a restart.
    private func rates(_ now: NodeSample, since before: NodeSample?) -> [JSONValue.Member] {
        guard let before, let past = before.value("uptime_seconds"),
            let present = now.value("uptime_seconds"), present >= past
        else { return TopReport.measured.map { .init($0, .null) } }
        let milliseconds = UInt64(max(1, (now.takenAt - before.takenAt).milliseconds))
        func rate(_ name: String, where isWanted: (String) -> Bool = { _ in true }) -> JSONValue {
            let (old, new) = (before.sum(name, where: isWanted), now.sum(name, where: isWanted))
            return .number((new - min(old, new)) * 1_000 / milliseconds)
        }
        func time(_ hundredths: UInt64, _ name: String) -> JSONValue {
            .some(now.percentile(hundredths, of: name, since: before))
        }
        let values = [
            rate("validations_total"), rate("submitted_requests_total"),
            rate("responses_total") { $0.contains("status=\"5") },
            time(50, "answer_duration_seconds"), time(99, "answer_duration_seconds"),
            time(99, "reply_duration_seconds"), time(99, "journal_batch_duration_seconds"),
        ]
        return zip(TopReport.measured, values).map { .init($0, $1) }
    }
}

extension JSONValue {
    /// A number, or null for none.
    fileprivate static func some(_ number: UInt64?) -> JSONValue {
        number.map { .number($0) } ?? .null
    }
}
