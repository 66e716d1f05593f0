import Basics

/// What a node knows when its process starts: its identity and what recovery found on disk.
public struct RaftStart: Sendable {
    public var id: NodeID
    /// The members before the first entry of the log; no member at all if this node joins. A
    /// snapshot knows better.
    public var configuration: Configuration
    public var hardState: HardState
    /// The newest valid snapshot; nil if there is none.
    public var snapshot: SnapshotMetadata?
    /// The readable entries in order, without gaps, those that the snapshot covers included if
    /// they are still there: only by its last one can a log that contradicts it be recognised.
    public var entries: [Entry]
    public var standing: Standing
    /// Whether this node never had the state from which the log goes on: it joins, and takes
    /// entries only behind a snapshot.
    public var isBlank: Bool

    public init(
        id: NodeID, configuration: Configuration, hardState: HardState = HardState(term: .zero),
        snapshot: SnapshotMetadata? = nil, entries: [Entry] = [], standing: Standing = .whole,
        isBlank: Bool = false
    ) {
        self.id = id
        self.configuration = configuration
        self.hardState = hardState
        self.snapshot = snapshot
        self.entries = entries
        self.standing = standing
        self.isBlank = isBlank
    }
}
