import Basics
import Consensus

/// What a node tells its log and its counters; decides nothing.
public enum NodeEvent: Sendable {
    case roleChanged(RoleName, term: Term)
    case leaderChanged(NodeID?, term: Term)
    case standingChanged(Standing)
    /// Whether a majority's wall clocks have ceased to agree.
    case clockDisagreement(Bool)
    /// A link to or from a peer was closed for cause.
    case peerLinkFailed(PeerLinkFailure)
    case diskFull(Bool)
    /// The members, as the log has them, are others.
    case membersChanged(Configuration)
    /// This node isn't a member any more, and that is committed: it answers nothing.
    case removed
    case snapshotWritten(LogIndex)
    case snapshotInstalled(LogIndex, from: NodeID)
    /// The received snapshot was refused, with the reason.
    case snapshotRefused(String, from: NodeID)
    /// Other cluster secrets are in use, the one to dial with first.
    case secretsChanged([SecretFingerprint])
}
