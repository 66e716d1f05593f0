import Basics
import Keyring
import Linux
import Replica

/// What monitors ask of the process itself, as against the cluster.
public enum MonitoringPage: Sendable {
    /// `/livez`: the process makes progress.
    case live
    /// `/readyz`: the node validates.
    case ready
    /// `/metrics`: everything that is counted.
    case metrics
}

/// What stands on these pages: told by the front thread itself, so that it can be told when
/// nothing else can.
struct MonitoringPages: Sendable {
    let metrics: ServerMetrics
    /// A replica thread that hasn't come round for so long makes no progress. Its longest wait is
    /// an election time-out.
    static let stall = Duration.seconds(10)

    /// The page; nil if what it stands for isn't so. `leases` are the key table's, nil where the
    /// leader confirms each answer; `now` must have been read after them.
    func text(of page: MonitoringPage, leases: LeaseStanding?, now: SteadyInstant) -> [UInt8]? {
        let state = LeaseState(leases, at: now)
        let isFine =
            switch page {
            case .live: metrics.pulse.age(at: now.running) < MonitoringPages.stall
            case .ready: metrics.board.isReady && (state == .held || state == .confirming)
            case .metrics: true
            }
        guard isFine else { return nil }
        guard page == .metrics else { return Array("ok\n".utf8) }
        // Where the leader confirms each answer, a node can do nothing alone.
        let remaining = leases.map { max(.zero, now.remaining(until: $0.usable)) } ?? .zero
        return Array(metrics.page(lease: state, remaining: remaining).utf8)
    }
}
