import Basics
import Consensus
import Journal

/// Every fixed bound of a node that isn't a setting of the cluster or of a module below.
enum NodeLimits {
    /// An encoded envelope: it becomes the payload of one entry. The largest is one of 10,000
    /// charges.
    static let envelopeBytes = Entry.payloadLimit
    /// Envelopes forwarded in one frame.
    static let forwardedBytes = 1 << 20
    /// The payload of a peer frame: an append of the largest entry, or a snapshot chunk.
    static let framePayloadBytes = 8 << 20
    /// Requests that may wait for an outcome or a read: half a second's work, if each is one
    /// charge. Who comes behind so many is refused at once and can ask another node, instead of
    /// waiting for a refusal.
    static let waitingRequests = 16_384
    /// Charges of single requests that share an entry: with the longest ids it is a small one yet,
    /// that no other has to wait for, and within the bound of an entry.
    static func gatheredCharges(_ settings: RaftSettings) -> Int {
        min(512, (settings.maxEntryBytes - 256) / chargeBytes)
    }
    /// A charge in an entry takes less, whatever its id and however its key is named.
    static let chargeBytes = 128
    /// Bytes that these requests may take, by `ClientRequest.cost` and as envelopes.
    static let waitingBytes = 64 << 20
    /// Accepted connections that haven't said who they are.
    static let unauthenticatedLinks = 16
    /// Nodes that hold the secret, are no member as far as this node knows, and are listened to.
    static let guests = 8
    /// Requests to change the members that wait for each other.
    static let waitingMemberChanges = 16

    /// How many times longer than usual the log may become while a snapshot waits for a member
    /// that is catching up.
    static let deferredLogFactor = 8

    /// Holds the relations between these limits and those of the modules below. Called once when
    /// a node is made.
    static func proveRelations(_ settings: RaftSettings, _ journal: JournalSettings) {
        precondition(
            settings.maxEntryBytes <= journal.maximumPayloadBytes,
            "the journal takes every entry that Raft accepts")
        precondition(settings.maxEntryBytes <= Entry.payloadLimit, "a message takes every entry")
        precondition(gatheredCharges(settings) > 0, "a charge has room in an entry")
        precondition(
            settings.heartbeatInterval <= LeaseTimes.longestHeartbeat,
            "a round begins for every renewal of the shortest lease")
        // Beside its payload an entry takes less in a message than `Entry.overhead`.
        let append = max(settings.maxEntryBytes + Entry.overhead, settings.maxBytesPerAppend)
        precondition(append + 1_024 <= framePayloadBytes, "a frame takes every append")
        precondition(Message.chunkLimit + 1_024 <= framePayloadBytes, "a frame takes every chunk")
        precondition(2 * envelopeBytes <= waitingBytes, "the largest request may wait")
        // An envelope's length takes less in a frame than the shortest envelope.
        precondition(
            2 * max(forwardedBytes, envelopeBytes) <= framePayloadBytes,
            "a frame takes every group of envelopes that is forwarded")
    }
}
