import Basics
import Journal

/// What a node wants done, in this order: the order is the contract.
///
/// Nothing here needs an answer at once. Whatever must not happen before something else is
/// durable is only asked for after the durability was reported.
public enum NodeEffect: Sendable {
    /// Connect to the peer at this address, unless its performer knows a better one, then give
    /// `linkDialed` or `dialFailed`.
    case dial(NodeID, at: String)
    /// Send the bytes, behind all that was sent on the link before.
    case send(LinkID, [UInt8])
    /// End the connection; what was sent may be lost.
    case close(LinkID)
    /// Perform the operations in order, behind those of earlier batches of the same lane; then give
    /// `diskDone` or `diskFailed`.
    case disk(DiskBatch)
    /// Read a range of a file, then give `diskRead`.
    case read(DiskRead)
    /// Call `SnapshotEncoding.advance` beside the loop, then give `snapshotEncoded`.
    ///
    /// Apart, as in `NodeInput.snapshotEncoded`: it is five times as large as any other case, and
    /// effects are moved about.
    indirect case encodeSnapshot(SnapshotEncoding)
    /// Answer the client's request.
    case reply(RequestTicket, ClientReply)
    /// For the log and the counters.
    indirect case report(NodeEvent)
    /// The graceful stop has done what it could: the process may end.
    case stopped
    /// The node can't be trusted to go on: end the process with this one line, and don't write or
    /// send anything more.
    case fatal(String)
}
