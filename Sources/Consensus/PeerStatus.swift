import Basics

/// What a leader knows of another member, for status and for decisions that wait for followers.
public struct PeerStatus: Hashable, Sendable {
    /// How entries are sent to it.
    public enum Pace: String, Hashable, Sendable {
        /// One message at a time, until it is known where the logs meet.
        case probe
        /// As many as the window allows.
        case replicate
        /// It needs a snapshot first.
        case snapshot
    }

    public var id: NodeID
    public var isVoter: Bool
    /// Its log is durably the leader's up to here.
    public var match: LogIndex
    /// The last index it has applied, as far as it told.
    public var applied: LogIndex
    /// Whether it was heard within the maximum election time-out.
    public var isActive: Bool
    public var pace: Pace
    public var standing: StandingReport
}
