import Basics
import Keyring

/// What a leader has granted, for a checker.
public struct LeaseGrants: Hashable, Sendable {
    public struct Receipt: Hashable, Sendable {
        public var node: NodeID
        /// When the request came that was granted last, by the leader's clock.
        public var requested: Instant
        /// The oldest state that the node may answer by with that lease.
        public var minIndex: LogIndex
    }

    /// One for each node that was granted a lease in this term, the leader itself included.
    public var receipts: [Receipt]
    /// The newest key-state entry in the leader's log, committed or not, or the newest applied at
    /// which an expiry or a grace ended.
    public var newestKeyState: LogIndex
}

extension Node {
    /// Nil unless the node leads and has granted a lease.
    public var grants: LeaseGrants? {
        guard let receipts = ledger?.granted, !receipts.isEmpty else { return nil }
        return LeaseGrants(
            receipts: receipts,
            newestKeyState: max(keyChanges.newest ?? state.keyStateIndex, state.lapseIndex))
    }

    /// How far this node, as leader, believes that another has taken in its log. For a checker.
    public func seen(by node: NodeID) -> LogIndex { ledger?.seen(by: node) ?? .zero }

    /// Whom the node, as leader, waits for before a change is done; nil unless it leads. For a
    /// checker.
    public var awaitedHolders: [NodeID]? { ledger == nil ? nil : leaseRoster.awaited }
}
