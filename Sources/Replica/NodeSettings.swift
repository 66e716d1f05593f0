import Basics
import Consensus

/// The time-outs and sizes of one node that no replicated decision depends on.
public struct NodeSettings: Sendable {
    public var raft = RaftSettings()
    /// How long a change or charge may take before its outcome is reported as unknown.
    public var changeDeadline = Duration.seconds(10)
    /// How long a read may wait for a leader.
    public var readDeadline = Duration.seconds(5)
    /// How long a validation may wait for the leader to confirm it, where there are no leases.
    public var validationDeadline = Duration.seconds(1)
    /// How long an operator's wish for a snapshot may wait while none gets on. A large state takes
    /// longer than that, and one that is being written already has to end first.
    public var snapshotDeadline = Duration.seconds(10)
    /// A request handed to a leader that neither applied nor declined it is handed over again
    /// after this.
    public var resendInterval = Duration.seconds(1)
    /// How long a request to change the members may wait for another such change. Less than
    /// `resendInterval`: only what was handed over once can be declined.
    public var memberChangePatience = Duration.milliseconds(500)
    /// Pauses between attempts to connect to a peer: doubled from the first to the last.
    public var dialBackoff = (first: Duration.milliseconds(50), last: Duration.seconds(1))
    /// A link must have proved its membership within this.
    public var handshakeDeadline = Duration.seconds(2)
    /// How often a node tells when the keys that were presented to it were last used.
    public var lastUsedInterval = Duration.seconds(60)
    /// How often a node without room looks for some.
    public var roomCheckInterval = Duration.seconds(1)
    /// A snapshot is written when the log since the last one is this large.
    public var snapshotLogBytes = 64 << 20
    /// A snapshot is also written when the log's files are this large: a trickle of small batches
    /// takes many times the room of its entries, because each batch begins on a page of its own.
    public var journalFileBytes = 256 << 20
    /// A snapshot that is due waits for a member that is catching up, up to a bound on the log;
    /// one that hasn't got on for this long is waited for no more.
    public var snapshotPatience = Duration.seconds(10)

    /// With a longer `raft.heartbeatInterval` a node would be without a lease at times.
    public static var longestHeartbeat: Duration { LeaseTimes.longestHeartbeat }

    public init() {}

    /// Throws if the settings contradict each other.
    public func validate() throws(InvalidNodeSettings) {
        do {
            try raft.validate()
        } catch {
            throw InvalidNodeSettings(field: error.field, reason: error.reason)
        }
        guard raft.heartbeatInterval <= NodeSettings.longestHeartbeat else {
            throw InvalidNodeSettings(
                field: "heartbeatInterval", reason: "is too long to renew the shortest lease")
        }
        let positive: [(String, Duration)] = [
            ("changeDeadline", changeDeadline),
            ("readDeadline", readDeadline), ("validationDeadline", validationDeadline),
            ("resendInterval", resendInterval),
            ("handshakeDeadline", handshakeDeadline),
            ("dialBackoff.first", dialBackoff.first), ("roomCheckInterval", roomCheckInterval),
            ("lastUsedInterval", lastUsedInterval), ("snapshotDeadline", snapshotDeadline),
            ("snapshotPatience", snapshotPatience),
            ("memberChangePatience", memberChangePatience),
        ]
        for (name, value) in positive where value <= .zero {
            throw InvalidNodeSettings(field: name, reason: "must be above zero")
        }
        guard dialBackoff.first <= dialBackoff.last else {
            throw InvalidNodeSettings(field: "dialBackoff", reason: "the last is below the first")
        }
        guard memberChangePatience < resendInterval else {
            throw InvalidNodeSettings(
                field: "memberChangePatience", reason: "must be below resendInterval")
        }
        guard snapshotLogBytes >= 1 << 12 else {
            throw InvalidNodeSettings(field: "snapshotLogBytes", reason: "must be 4096 or more")
        }
    }
}

/// A setting that can't be, or that contradicts another.
public struct InvalidNodeSettings: Error, Hashable, Sendable, CustomStringConvertible {
    /// As the setting is called in `NodeSettings` or `RaftSettings`.
    public var field: String
    public var reason: String

    public var description: String { "\(field): \(reason)" }
}
