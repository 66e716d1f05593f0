import Basics
import Journal

/// A connection to or from a peer, named by whoever performs the node's effects; never used
/// again for another connection in the same process.
public struct LinkID: Comparable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64

    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    public static func < (left: LinkID, right: LinkID) -> Bool { left.rawValue < right.rawValue }

    public var description: String { "link \(rawValue)" }
}

/// What happens to a node. Each is given to `Node.step` with the clocks read before it.
public enum NodeInput: Sendable {
    /// Nothing but time: due at the latest at `Node.nextDeadline`.
    case timePassed
    /// A connection that `NodeEffect.dial` asked for stands.
    case linkDialed(LinkID, to: NodeID)
    /// The connection asked for could not be made.
    case dialFailed(to: NodeID)
    /// A peer, not yet known by name, has connected.
    case linkAccepted(LinkID)
    /// Bytes arrived, in the order in which they were sent.
    case bytesReceived(LinkID, [UInt8])
    /// The connection ended, for whatever reason. Not given after `NodeEffect.close`.
    case linkClosed(LinkID)
    /// Every operation of the batch was performed.
    case diskDone(DiskBatch.ID)
    /// The batch failed at one of its operations; those behind it were not tried.
    case diskFailed(DiskBatch.ID, DiskFailure)
    /// The bytes asked for by `NodeEffect.read`.
    case diskRead(DiskRead, [UInt8])
    /// A part of the snapshot being made was encoded.
    indirect case snapshotEncoded(SnapshotEncoding)
    /// Requests by clients of this node.
    case requests([ClientRequest])
    /// The cluster secrets are others from here on: one, or two during a rotation, the one to
    /// dial with first.
    case secretsChanged([[UInt8]])
    /// A graceful stop begins: leadership is handed over, new work refused.
    case stopRequested
}
