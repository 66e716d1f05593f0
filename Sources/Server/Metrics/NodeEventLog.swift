import Basics
import Consensus
import Linux
import Replica
import Synchronization

/// What a node reports of itself, as log lines and counters. Belongs to the replica thread; the
/// counters may be read by any.
final class NodeEventLog: Sendable {
    let elections = Counter()
    let leaderChanges = Counter()
    let snapshotsWritten = Counter()
    let snapshotsInstalled = Counter()
    /// Links closed for cause, in the order of `PeerLinkFailure.allCases`.
    let linkFailures = PeerLinkFailure.allCases.map { _ in Counter() }
    private let log: Log
    /// By cause, like the counters.
    private let recurrences = Locked(PeerLinkFailure.allCases.map { _ in Recurrence() })

    init(log: Log) { self.log = log }

    func note(_ event: NodeEvent, at now: Instant) {
        switch event {
        case .roleChanged(let role, let term):
            if role == .candidate { elections.add() }
            log.info("role_changed", ["role": role.rawValue, "term": term])
        case .leaderChanged(let leader, let term):
            leaderChanges.add()
            log.info("leader_changed", ["leader": leader?.description ?? "none", "term": term])
        case .standingChanged(let standing):
            log.warning("standing_changed", ["standing": NodeEventLog.text(standing)])
        case .clockDisagreement(let disagrees):
            log.warning("clock_disagreement", ["disagrees": disagrees])
        case .peerLinkFailed(let failure):
            note(failure, at: now)
        case .diskFull(let isFull):
            log.error("disk_full", ["full": isFull])
        case .membersChanged(let configuration):
            log.info(
                "members_changed",
                [
                    "voters": NodeEventLog.text(configuration.voters),
                    "learners": NodeEventLog.text(configuration.learners),
                ])
        case .removed:
            log.error("removed", ["detail": "this node is no member any more"])
        case .snapshotWritten(let index):
            snapshotsWritten.add()
            log.info("snapshot_written", ["index": index])
        case .snapshotInstalled(let index, let peer):
            snapshotsInstalled.add()
            log.info("snapshot_installed", ["index": index, "from": peer])
        case .snapshotRefused(let reason, let peer):
            log.warning("snapshot_refused", ["from": peer, "reason": reason])
        case .secretsChanged(let secrets):
            log.info(
                "secrets_changed",
                ["secrets": secrets.map(\.description).joined(separator: " ")])
        }
    }

    /// Ends the process: the node can't be trusted to go on.
    func end(_ reason: String) -> Never {
        log.error("fatal", ["reason": reason])
        ProcessControl.exit(ExitCode.nodeFailed)
    }

    private func note(_ failure: PeerLinkFailure, at now: Instant) {
        for (position, cause) in PeerLinkFailure.allCases.enumerated() where cause == failure {
            linkFailures[position].add()
            let count = recurrences.withLock { $0[position].note(at: now) }
            if let count { tell(failure, count) }
        }
    }

    /// Time has passed: tells of the link failures that wait for their line.
    func tellRecurring(at now: Instant) {
        for (position, cause) in PeerLinkFailure.allCases.enumerated() {
            let count = recurrences.withLock { $0[position].takeDue(at: now) }
            if let count { tell(cause, count) }
        }
    }

    private func tell(_ failure: PeerLinkFailure, _ count: Int) {
        log.warning("peer_link_failed", ["reason": failure.rawValue], count: count)
    }

    private static func text(_ nodes: [NodeID]) -> String {
        nodes.isEmpty ? "none" : nodes.map(\.description).joined(separator: " ")
    }

    static func text(_ standing: Standing) -> String {
        switch standing {
        case .whole: "whole"
        case .inDoubt(let term, let index): "in_doubt:\(term):\(index)"
        case .damaged: "damaged"
        }
    }
}

/// How the process ends.
public enum ExitCode {
    public static let done: Int32 = 0
    /// The disk or the node failed: what it holds can't be trusted.
    public static let nodeFailed: Int32 = 3
}
