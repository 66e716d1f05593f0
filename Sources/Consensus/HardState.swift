import Basics

/// What a node must remember of elections through every crash: one atomic record, durable before
/// a vote leaves (Ongaro 2014, §3.8).
public struct HardState: Hashable, Sendable {
    public var term: Term
    /// The candidate that got this node's vote in `term`; nil if none did.
    public var votedFor: NodeID?

    public init(term: Term, votedFor: NodeID? = nil) {
        self.term = term
        self.votedFor = votedFor
    }
}
