import Linux
import Replica

/// The thread that owns the node.
///
/// `@unchecked`: made on one thread, handed to the one that runs it, and touched by no other.
final class ReplicaThread: @unchecked Sendable {
    private var loop: ReplicaLoop

    init(node: consuming Node, network: PeerNetwork, wiring: Wiring) {
        loop = ReplicaLoop(node: node, network: network, wiring: wiring)
    }

    /// Where everything goes that the node asks for.
    struct Wiring: Sendable {
        var resolver: PeerResolver
        var mailbox: Mailbox<ReplicaLetter>
        var disk: Mailbox<DiskThread.Order>
        var snapshots: Mailbox<SnapshotThread.Order>
        var fronts: [Mailbox<FrontLetter>]
        var events: NodeEventLog
        var pulse: Pulse
        var board: StatusBoard
        /// Called on the replica thread when a graceful stop has come to its end.
        var onStopped: @Sendable () -> Void
    }

    func start() throws(SystemError) -> Thread {
        // Replication and recovery recurse nowhere, but snapshots decode deep values.
        try Thread(name: "replica", stackSize: 8 << 20) { self.loop.run() }
    }
}
