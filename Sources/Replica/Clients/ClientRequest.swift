import Basics
import Keyring

/// The performer's own mark on a request, given back with the reply; the node doesn't look at it.
public struct RequestTicket: Hashable, Sendable {
    public var rawValue: UInt64

    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// Something that a client asks of this node and that its front can't answer from memory.
public struct ClientRequest: Sendable {
    public enum Consistency: Hashable, Sendable {
        /// Reflects everything that had returned before the request was sent.
        case linearizable
        /// This node's memory as it is.
        case local
    }

    /// What is large lies apart: requests are moved about, and most are charges.
    public enum Body: Sendable {
        /// A change by the holder of a management token.
        indirect case change(token: Digest, Submission)
        /// Charges, in one log entry, each with its key and id.
        case charge([Charge])
        /// What is to be done to a hold, with a key.
        indirect case hold(HoldCommand)
        /// A question, asked with the digest of a management token, or of an API key about itself.
        indirect case query(Digest, Query, Consistency)
        /// Is this key good? Asked of the node where a front thread can't say: every answer is to
        /// be confirmed by the leader.
        indirect case validation(ValidationQuestion)
        /// What this node knows of the cluster: operators only.
        case status(token: Digest)
        /// Hand leadership to the member named, or to the one most up to date.
        indirect case transferLeadership(token: Digest, to: NodeID?)
        /// Write a snapshot now.
        case takeSnapshot(token: Digest)

        /// Whether an entry is to be appended for it.
        var changesState: Bool {
            switch self {
            case .change, .charge, .hold: true
            case .query, .validation, .status, .transferLeadership, .takeSnapshot: false
            }
        }
    }

    /// A command on its way to the log.
    public struct Submission: Sendable {
        public var command: Command
        /// The client's own id for the change, if it gave one.
        public var idempotency: IdempotencyKey?
        /// The digest of the canonical request, without generated fields.
        public var content: Digest

        public init(command: Command, idempotency: IdempotencyKey?, content: Digest) {
            self.command = command
            self.idempotency = idempotency
            self.content = content
        }
    }

    public var ticket: RequestTicket
    public var body: Body

    public init(ticket: RequestTicket, body: Body) {
        self.ticket = ticket
        self.body = body
    }
}

extension ClientRequest {
    /// What the request takes while it waits, in bytes, roughly: each charge with the longest id,
    /// each key of an import with the usual name, everything else like the longest command of
    /// names and addresses.
    public var cost: Int {
        switch body {
        case .charge(let charges): 256 + charges.count * NodeLimits.chargeBytes
        case .query(_, .importFaults(let batch), _): 2_048 + batch.keys.count * 256
        case .change(_, let submission): 2_048 + submission.command.importedKeyCount * 256
        case .validation: 256
        case .hold, .query, .status, .transferLeadership, .takeSnapshot: 2_048
        }
    }
}

extension Command {
    fileprivate var importedKeyCount: Int {
        if case .importKeys(let batch) = self { batch.keys.count } else { 0 }
    }
}

/// The answer to a `ClientRequest`; as there, what is large lies apart.
public enum ClientReply: Sendable {
    /// The command was applied; its outcome, which may be a refusal, is final.
    case outcome(Outcome, at: LogIndex)
    /// The answer to a query, and the index of the state it was read from.
    indirect case answer(QueryAnswer, at: LogIndex)
    indirect case validation(Validation)
    indirect case status(ClusterStatus)
    /// Leadership moved, or a snapshot is durable.
    case done(at: LogIndex)
    case failed(ClientFailure)

    public var isOutcome: Bool { if case .outcome = self { true } else { false } }
}

/// Why a request got no answer from the replicated state.
public enum ClientFailure: Hashable, Sendable {
    /// The management token is unknown or revoked; decided on a linearizable state.
    case unauthenticated
    /// The token's role doesn't allow this.
    case forbidden
    /// No leader was found in time, and the request never left this node: nothing was changed.
    case noLeader
    /// Too much is waiting already; nothing was changed.
    case overloaded
    /// The disk has no room; nothing was changed.
    case diskFull
    /// The node is starting, stopping or not whole, or the snapshot asked for isn't durable in
    /// time; nothing was changed.
    case unavailable
    /// The request was handed to a leader and no outcome was learned in time: it may or may not
    /// have been done. The same idempotency key finds out.
    case outcomeUnknown
    /// Another change of the members isn't committed yet; this one was not begun.
    case changeUnderWay
    /// This node is no member of the cluster, yet or any more; nothing was changed.
    case notMember
    /// The member named can't lead: it is none, or has no vote.
    case cannotLead
    /// The leadership could not be handed over in time.
    case transferFailed
}
