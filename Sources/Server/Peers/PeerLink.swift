import Basics
import Linux
import Replica

/// One connection to or from a peer, as the kernel has it. What its bytes mean is the node's
/// business.
final class PeerLink {
    enum Stage {
        /// Being made; it stands when first writable, and is given up at the deadline.
        case connecting(to: NodeID, deadline: Instant)
        case standing
    }

    let id: LinkID
    let socket: StreamSocket
    var stage: Stage
    var output = OutputQueue()
    /// What the poller was last told.
    var interest: Interest

    init(id: LinkID, socket: consuming StreamSocket, stage: Stage) {
        self.id = id
        self.socket = socket
        self.stage = stage
        switch stage {
        case .connecting: interest = .write
        case .standing: interest = .read
        }
    }
}
