import Basics
import Linux
import Replica

/// What other threads tell the replica thread.
enum ReplicaLetter: Sendable {
    /// For the node.
    case input(NodeInput)
    /// The addresses behind a peer's name; none if it couldn't be resolved.
    case resolved(NodeID, [SocketAddress])
    /// Stop at once; whoever sends it has waited for the node to stop.
    case end
}
