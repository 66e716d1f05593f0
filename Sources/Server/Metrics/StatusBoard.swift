import Basics
import Linux
import Replica
import Synchronization

/// What the replica thread shows the others of the node.
final class StatusBoard: Sendable {
    private let ready = Atomic<Bool>(false)
    private let shown = Locked<ClusterStatus?>(nil)
    /// When the status is due again.
    static let interval = Duration.milliseconds(500)

    /// Whether the node passed for ready at the end of its last turn.
    var isReady: Bool { ready.load(ordering: .relaxed) }

    func setReady(_ isReady: Bool) { ready.store(isReady, ordering: .relaxed) }

    /// As of at most an interval ago; nil before the first turn. For metrics.
    var status: ClusterStatus? { shown.withLock { $0 } }

    func show(_ status: ClusterStatus) { shown.withLock { $0 = status } }
}
