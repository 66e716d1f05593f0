import Basics
import Keyring

/// The lengths of time that the lease protocol goes by.
struct LeaseTimes: Hashable, Sendable {
    /// L: how long a lease lasts, from before it was asked for. Zero: there are none, and every
    /// answer is confirmed by the leader.
    let duration: Duration
    /// W: how long the leader waits for a node that doesn't answer. The same since the cluster was
    /// formed, so that it covers every lease whoever granted it, and whatever L was then.
    let wait: Duration

    /// How often a lease is asked for.
    var renewal: Duration { min(LeaseTimes.longestRenewal, .nanoseconds(duration.nanoseconds / 4)) }

    private static let longestRenewal = Duration.milliseconds(250)
    /// A node that hasn't said for so long that it holds a key-state entry is granted no lease: it
    /// would hold up every change.
    static let patience = Duration.milliseconds(250)
    /// How long a change that is safe waits for the lease holders to have applied it as well, so
    /// that a new key isn't met by a node that can't answer yet.
    static let courtesy = Duration.milliseconds(20)

    /// A lease is granted by a round that begins after its request, and where nobody reads only a
    /// heartbeat begins one: it must come as often as the shortest lease is asked for.
    static let longestHeartbeat = Duration.milliseconds(Int64(ClusterSettings.shortestLease) / 4)

    init(_ settings: ClusterSettings) {
        duration = .milliseconds(Int64(settings.leaseMilliseconds))
        wait = .milliseconds(Int64(settings.leaseWaitMilliseconds))
    }
}

/// Names one request for a lease, for ever: drawn from 64 random bits for every sending, so that
/// no late grant can be taken for the answer to another request.
struct LeaseNonce: Hashable, Sendable {
    var rawValue: UInt64

    init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// Whom the leader deals with.
struct LeaseRoster: Hashable, Sendable {
    /// Who may be granted a lease: their addition is committed, and no removal of them is in the
    /// log.
    var eligible: [NodeID]
    /// Who may hold one: all of those, all members of any configuration in the log, and whoever
    /// was removed and isn't drained.
    var awaited: [NodeID]
}
