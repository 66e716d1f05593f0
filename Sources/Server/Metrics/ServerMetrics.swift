import Basics
import HTTP
import Linux
import Replica

/// Everything the process counts, gathered for `/metrics`.
final class ServerMetrics: Sendable {
    let fronts: [FrontMetrics]
    let disk = DiskMetrics()
    let events: NodeEventLog
    let board = StatusBoard()
    let pulse = Pulse()
    private let started = Clocks.now()

    init(fronts: Int, log: Log) {
        self.fronts = (0..<fronts).map { _ in FrontMetrics() }
        events = NodeEventLog(log: log)
    }

    /// The page in the Prometheus text format.
    func page(lease: LeaseState, remaining: Duration) -> String {
        var page = Exposition()
        writeFronts(to: &page)
        writeDisk(to: &page)
        writeEvents(to: &page)
        if let status = board.status { write(status, to: &page) }
        page.gauge("ready", "Whether this node validates.", board.isReady ? 1 : 0)
        page.gauges(
            "lease", "By what right this node validates: 1 for the state that it is in.",
            label: "state", LeaseState.allCases.map { ($0.code, $0 == lease ? 1 : 0) })
        page.duration(
            "lease_remaining_seconds", "How much longer this node may validate by itself.",
            remaining)
        let uptime = Clocks.now() - started
        page.gauge(
            "uptime_seconds", "Since the process started.", UInt64(uptime.milliseconds / 1000))
        return page.text
    }

    private func sum(_ counter: KeyPath<FrontMetrics, Counter>) -> UInt64 {
        fronts.reduce(0) { $0 &+ $1[keyPath: counter].value }
    }

    private func writeFronts(to page: inout Exposition) {
        page.counters(
            "validations_total", "Keys judged, by what was said of them.", label: "verdict",
            Validation.Verdict.allCases.enumerated().map { position, verdict in
                (verdict.code, fronts.reduce(0) { $0 &+ $1.verdicts[position].value })
            })
        page.counter(
            "held_validations_total",
            "Validations that waited for a change of the key to be applied.", sum(\.held))
        page.counters(
            "responses_total", "Answers to clients by status.", label: "status",
            Status.allCases.enumerated().map { position, status in
                ("\(status.rawValue)", fronts.reduce(0) { $0 &+ $1.statuses[position].value })
            })
        page.counter(
            "answered_requests_total", "Requests answered from memory, without the node.",
            sum(\.answered))
        page.counter(
            "submitted_requests_total", "Requests handed to the node.", sum(\.submitted))
        page.counter(
            "malformed_requests_total", "Requests that broke HTTP's rules.", sum(\.malformed))
        page.counter("connections_accepted_total", "Client connections.", sum(\.accepted))
        page.counter(
            "connections_refused_total", "Client connections beyond the limit.", sum(\.refused))
        page.gauge("connections", "Client connections open now.", sum(\.open))
        page.histogram(
            "answer_duration_seconds", "From the arrival of a request to its answer from memory.",
            fronts.map(\.answerTime))
        page.histogram(
            "reply_duration_seconds", "From the arrival of a request to the node's reply.",
            fronts.map(\.replyTime))
    }

    private func writeDisk(to page: inout Exposition) {
        page.histogram(
            "journal_batch_duration_seconds", "From the first write of a batch to its sync.",
            [disk.batch])
        page.counter(
            "snapshot_batches_total", "Batches written to snapshot files.",
            disk.snapshotBatches.value)
    }

    private func writeEvents(to page: inout Exposition) {
        page.counter(
            "elections_total", "Times this node stood for election.", events.elections.value)
        page.counter("leader_changes_total", "Leaders seen.", events.leaderChanges.value)
        page.counter("snapshots_written_total", "Own snapshots.", events.snapshotsWritten.value)
        page.counter(
            "snapshots_installed_total", "Snapshots from a leader.",
            events.snapshotsInstalled.value)
        let causes = zip(PeerLinkFailure.allCases, events.linkFailures)
        page.counters(
            "peer_link_failures_total", "Peer links closed for cause.", label: "cause",
            causes.map { ($0.rawValue, $1.value) })
    }

    private func write(_ status: ClusterStatus, to page: inout Exposition) {
        page.gauge("raft_term", "Current term.", status.term.rawValue)
        page.gauge("raft_is_leader", "Whether this node leads.", status.role == .leader ? 1 : 0)
        page.gauge("raft_has_leader", "Whether a leader is known.", status.leader == nil ? 0 : 1)
        page.gauge("raft_commit_index", "Committed.", status.commitIndex.rawValue)
        page.gauge("raft_applied_index", "Applied.", status.appliedIndex.rawValue)
        page.gauge("raft_last_index", "Last in the log.", status.lastIndex.rawValue)
        page.gauge("raft_durable_index", "Durable on this node.", status.durableIndex.rawValue)
        page.gauge("disk_full", "Whether writes wait for room.", status.isDiskFull ? 1 : 0)
        page.gauge(
            "clock_disagreement", "Whether a majority's wall clocks disagree.",
            status.clocksDisagree ? 1 : 0)
    }
}
