import Basics

/// Every limit and time-out of the consensus, their defaults and how they relate.
public struct RaftSettings: Hashable, Sendable {
    /// How often a leader sends to each peer if there is nothing else to send.
    public var heartbeatInterval: Duration = .milliseconds(50)
    /// Election time-outs are drawn from this …
    public var electionTimeoutMinimum: Duration = .milliseconds(300)
    /// … to this, both included.
    public var electionTimeoutMaximum: Duration = .milliseconds(600)
    /// How long a write may hang before it costs a leader its leadership.
    public var storageStallTimeout: Duration = .milliseconds(600)
    /// How long a leadership transfer may take before the leader goes on itself.
    public var transferDeadline: Duration = .milliseconds(600)
    /// After which a follower's unanswered read is sent again, and a leader's snapshot chunk.
    public var retryInterval: Duration = .milliseconds(150)

    /// Messages with entries under way to one follower.
    public var maxInflightMessages = 64
    /// Bytes of entries under way to one follower.
    public var maxInflightBytes = 4 << 20
    /// Bytes of entries in one message; one entry always fits.
    public var maxBytesPerAppend = 256 << 10
    /// Bytes of entries that wait for commit before proposals are refused.
    public var maxUncommittedBytes = 16 << 20
    /// Bytes of one entry's payload, proposed here or received from a leader. The same on every
    /// member: a follower that allows less takes no message with a larger one.
    public var maxEntryBytes = Entry.payloadLimit
    public var snapshotChunkBytes = 256 << 10
    /// Bytes of entries kept in memory behind a snapshot, so that a follower a little behind
    /// needs no snapshot.
    public var retainedLogBytes = 4 << 20
    /// Reads waiting for confirmation; more are refused.
    public var maxPendingReads = 65_536

    /// How far wall clocks may lie apart and still agree.
    public var clockTolerance: Duration = .milliseconds(500)
    /// How old a peer's clock reading may be and still count.
    public var clockFreshness: Duration = .seconds(2)

    public init() {}

    /// A setting that contradicts another, in words.
    public struct Contradiction: Error, Hashable, Sendable, CustomStringConvertible {
        public var field: String
        public var reason: String
        public var description: String { "\(field): \(reason)" }
    }

    /// Throws the first contradiction found.
    public func validate() throws(Contradiction) {
        func check(
            _ field: String, _ holds: Bool, _ reason: String
        ) throws(Contradiction) {
            guard holds else { throw Contradiction(field: field, reason: reason) }
        }
        try check("heartbeatInterval", heartbeatInterval > .zero, "must be above 0")
        try check(
            "electionTimeoutMinimum", electionTimeoutMinimum >= heartbeatInterval * 3,
            "must be at least three heartbeat intervals")
        try check(
            "electionTimeoutMaximum", electionTimeoutMaximum > electionTimeoutMinimum,
            "must be above the minimum, or candidates collide for ever")
        try check(
            "storageStallTimeout", storageStallTimeout >= electionTimeoutMinimum,
            "must be at least the minimum election time-out")
        try check(
            "transferDeadline", transferDeadline > heartbeatInterval, "must exceed a heartbeat")
        try check(
            "retryInterval", retryInterval >= heartbeatInterval, "must be at least a heartbeat")
        try check("maxInflightMessages", maxInflightMessages > 0, "must be above 0")
        try check(
            "maxBytesPerAppend",
            maxBytesPerAppend > 0 && maxBytesPerAppend / Entry.overhead <= Message.entryLimit,
            "must be above 0 and fit the entries that a message can carry")
        try check(
            "maxInflightBytes", maxInflightBytes >= maxBytesPerAppend,
            "must hold at least one message")
        try check(
            "maxUncommittedBytes", maxUncommittedBytes >= maxEntryBytes + Entry.overhead,
            "must hold at least one entry")
        try check(
            "maxEntryBytes", maxEntryBytes > 0 && maxEntryBytes <= Entry.payloadLimit,
            "must be above 0 and within what an entry can have")
        try check(
            "snapshotChunkBytes",
            snapshotChunkBytes > 0 && snapshotChunkBytes <= Message.chunkLimit,
            "must be above 0 and within what a message can carry")
        try check("retainedLogBytes", retainedLogBytes >= 0, "must not be negative")
        try check("maxPendingReads", maxPendingReads > 0, "must be above 0")
        try check("clockTolerance", clockTolerance > .zero, "must be above 0")
        try check(
            "clockFreshness", clockFreshness >= heartbeatInterval * 2,
            "must be at least two heartbeat intervals")
    }
}
