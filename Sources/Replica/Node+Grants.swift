import Basics
import Keyring

/// What a leader has granted, for a checker.
public struct LeaseGrants: Hashable, Sendable {
    /// When the request came that was granted last, and its own that was, by the leader's clock.
    public var newest: Instant
    public var own: Instant?
    /// The state that the leader's own newest lease is for.
    public var ownMinIndex: LogIndex?
    /// The newest key-state entry in the leader's log, committed or not.
    public var newestKeyState: LogIndex
}

extension Node {
    /// Nil unless the node leads and has granted a lease.
    public var grants: LeaseGrants? {
        guard let ledger, let newest = ledger.newestGranted else { return nil }
        return LeaseGrants(
            newest: newest, own: ledger.granted(to: id), ownMinIndex: holder.leases.last?.minIndex,
            newestKeyState: keyChanges.newest ?? state.keyStateIndex)
    }
}
