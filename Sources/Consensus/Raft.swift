import Basics

public struct Raft: Sendable {
    public let id: NodeID
    public let settings: RaftSettings
    public private(set) var configuration: Configuration
    public var applied: LogIndex = .zero

    public init(
        start: RaftStart, settings: RaftSettings, entropy: EntropyStream, clock: ClockReading
    ) {
        id = start.id
        self.settings = settings
        configuration = start.configuration
    }

    // MARK: Inputs
    public mutating func advance(to clock: ClockReading, effects: inout [RaftEffect]) {}
    public mutating func receive(
        _ message: Message, from sender: NodeID, clock: ClockReading,
        effects: inout [RaftEffect]
    ) {}
    public mutating func propose(
        _ payloads: [[UInt8]], kind: EntryKind = .command, clock: ClockReading,
        effects: inout [RaftEffect]
    ) -> ProposalResult { .overloaded }
    public mutating func requestRead(
        _ token: UInt64, clock: ClockReading, effects: inout [RaftEffect]
    ) {}
    public mutating func transferLeadership(
        to target: NodeID? = nil, clock: ClockReading, effects: inout [RaftEffect]
    ) {}
    public mutating func relinquish(clock: ClockReading, effects: inout [RaftEffect]) {}
    public mutating func setDiskFull(
        _ isFull: Bool, clock: ClockReading, effects: inout [RaftEffect]
    ) {}
    public mutating func reportApplied(clock: ClockReading, effects: inout [RaftEffect]) {}
    public mutating func hardStateSaved(
        _ saved: HardState, clock: ClockReading, effects: inout [RaftEffect]
    ) {}
    public mutating func entriesSaved(
        through index: LogIndex, term: Term, clock: ClockReading, effects: inout [RaftEffect]
    ) {}
    public mutating func snapshotSaved(_ metadata: SnapshotMetadata) {}
    public mutating func snapshotInstalled(
        _ metadata: SnapshotMetadata, clock: ClockReading, effects: inout [RaftEffect]
    ) {}
    public mutating func snapshotRejected(
        _ metadata: SnapshotMetadata, clock: ClockReading, effects: inout [RaftEffect]
    ) {}
    public mutating func sendSnapshotChunk(
        _ bytes: [UInt8], of metadata: SnapshotMetadata, offset: UInt64, isLast: Bool,
        to peer: NodeID, clock: ClockReading, effects: inout [RaftEffect]
    ) {}
    public mutating func peerReset(_ peer: NodeID) {}

    // MARK: State
    public var nextDeadline: Instant { .never }
    public var role: RoleName { .follower }
    public var term: Term { .zero }
    public var leader: NodeID? { nil }
    public var standing: Standing { .whole }
    public var commitIndex: LogIndex { .zero }
    public var firstIndex: LogIndex { .zero }
    public var lastIndex: LogIndex { .zero }
    public var durableIndex: LogIndex { .zero }
    public var snapshot: SnapshotMetadata? { nil }
    public func term(at index: LogIndex) -> Term? { nil }
    public func entries(from first: LogIndex, through last: LogIndex) -> [Entry] { [] }
    public var peers: [PeerStatus] { [] }
    public var lastLogTime: Timestamp { .epoch }
    public var logBytesSinceSnapshot: Int { 0 }
    public var lastLeaderContact: Instant? { nil }
    public var clocksDisagree: Bool { false }
    /// Whether an entry of this leader's own term has committed: reads and limits may be decided.
    public var isEstablishedLeader: Bool { false }
    public var hasUncommittedRoom: Bool { false }
}
