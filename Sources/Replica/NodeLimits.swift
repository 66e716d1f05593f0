import Basics

/// Every fixed bound of a node that isn't a setting of the cluster or of a module below.
enum NodeLimits {
    /// An encoded envelope: the largest is an entry of 10,000 charges.
    static let envelopeBytes = 2 << 20
    /// Envelopes forwarded in one frame.
    static let forwardedBytes = 1 << 20
    /// The payload of a peer frame: an append of the largest entry, or a snapshot chunk.
    static let framePayloadBytes = 8 << 20
    /// Requests that may wait for an outcome or a read.
    static let waitingRequests = 100_000
    /// Accepted connections that haven't said who they are.
    static let unauthenticatedLinks = 16
}
