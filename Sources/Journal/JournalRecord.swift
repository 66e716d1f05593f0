import Basics

/// An entry of the replicated log as the journal keeps it. The payload is opaque here.
public struct JournalRecord: Hashable, Sendable {
    public var term: Term
    public var index: LogIndex
    /// Log time as the leader stamped it.
    public var time: Timestamp
    /// The writer's code for what the payload is; opaque here.
    public var kind: UInt8
    public var payload: [UInt8]

    public init(term: Term, index: LogIndex, time: Timestamp, kind: UInt8, payload: [UInt8]) {
        self.term = term
        self.index = index
        self.time = time
        self.kind = kind
        self.payload = payload
    }

    public var position: JournalPosition { JournalPosition(term: term, index: index) }
}

/// A place in the log: the term of the entry there and its index. Ordered as Raft compares logs:
/// by term, then by index (Ongaro 2014, §3.6.1). If a log reaches a position in this order, then
/// it holds the entry there or proves that the entry was never committed.
public struct JournalPosition: Comparable, Hashable, Sendable, CustomStringConvertible {
    public var term: Term
    public var index: LogIndex

    public init(term: Term, index: LogIndex) {
        self.term = term
        self.index = index
    }

    /// Before the first entry.
    public static let start = JournalPosition(term: .zero, index: .zero)

    public static func < (left: JournalPosition, right: JournalPosition) -> Bool {
        (left.term, left.index) < (right.term, right.index)
    }

    public var description: String { "\(term)/\(index)" }
}

/// The incarnation under which a peer proved itself first. Another one under the same id has lost
/// the memory of its votes.
public struct PeerIncarnation: Hashable, Sendable {
    public var node: NodeID
    public var incarnation: UInt64

    public init(node: NodeID, incarnation: UInt64) {
        self.node = node
        self.incarnation = incarnation
    }
}

/// What a node must remember through every crash: term and vote (Ongaro 2014, §3.8), and which
/// incarnations its peers have.
public struct JournalHardState: Hashable, Sendable {
    public var term: Term
    /// The candidate that got this node's vote in `term`; nil if none did.
    public var votedFor: NodeID?
    /// In ascending order of their ids, at most `peerLimit`.
    public var peers: [PeerIncarnation]

    public static let peerLimit = 64

    public init(term: Term, votedFor: NodeID?, peers: [PeerIncarnation] = []) {
        self.term = term
        self.votedFor = votedFor
        self.peers = peers
    }

    /// What a freshly formatted node remembers.
    public static let initial = JournalHardState(term: .zero, votedFor: nil)
}
