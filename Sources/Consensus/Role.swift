/// A role without what belongs to it, for traces and status.
public enum RoleName: String, Hashable, Sendable {
    case follower
    case preCandidate
    case candidate
    case leader
}
