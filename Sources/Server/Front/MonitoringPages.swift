import Basics
import Linux

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

    /// The page; nil if what it stands for isn't so. `expiry` is the time until which the key
    /// table may answer; `now` must have been read after it.
    func text(of page: MonitoringPage, expiry: SteadyInstant, now: SteadyInstant) -> [UInt8]? {
        let isFine =
            switch page {
            case .live: metrics.pulse.age(at: now.running) < MonitoringPages.stall
            case .ready: metrics.board.isReady && now.precedes(expiry)
            case .metrics: true
            }
        guard isFine else { return nil }
        // Where the leader confirms each answer, a node can do nothing alone.
        let remaining = expiry == .never ? .zero : max(.zero, now.remaining(until: expiry))
        return Array((page == .metrics ? metrics.page(leaseRemaining: remaining) : "ok\n").utf8)
    }
}
