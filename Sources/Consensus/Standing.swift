import Basics

/// How far a node can trust its own log after recovery.
public enum Standing: Hashable, Sendable {
    /// All that it ever acknowledged is there.
    case whole
    /// The last batch, which ended with this entry, is unreadable: torn before it was
    /// acknowledged, or rotten since. Until that is settled the node doesn't campaign and votes
    /// only for logs that reach at least this position.
    /// A leader's append or a majority's denial settles it; a lone voter has nobody to ask, so
    /// whoever runs it should refuse to start.
    case inDoubt(term: Term, index: LogIndex)
    /// Something it acknowledged is lost. It neither votes nor campaigns nor counts until the
    /// leader has repaired it.
    case damaged

    public var isWhole: Bool { self == .whole }
}
