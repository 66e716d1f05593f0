import Basics
import Consensus
import Journal

/// What a node keeps that could grow without end, for a checker.
public struct NodeFootprint: Hashable, Sendable {
    /// Requests that have no answer yet, with what the node itself asked for.
    public var waitingRequests: Int
    public var waitingBytes: Int
    /// Entries that the newest snapshot doesn't cover, and their bytes.
    public var logEntries: Int
    public var logBytes: Int
    /// The journal's files.
    public var journalBytes: Int
    /// The newest snapshot's file.
    public var snapshotBytes: Int
}

extension Node {
    /// Requests that may wait; further ones are refused.
    public static var waitingLimit: Int { NodeLimits.waitingRequests }
    /// What they may take, by `ClientRequest.cost`.
    public static var waitingByteLimit: Int { NodeLimits.waitingBytes }

    public var footprint: NodeFootprint {
        NodeFootprint(
            waitingRequests: pending.count + reads.count + held.count
                + snapshots.waiting.count,
            waitingBytes: pending.bytes + reads.bytes,
            logEntries: raft.lastIndex - (raft.snapshot?.lastIndex ?? .zero),
            logBytes: raft.logBytesSinceSnapshot,
            journalBytes: journal.retainedBytes, snapshotBytes: store.current?.byteCount ?? 0)
    }
}
