import Basics

/// What became of a log entry, the same on every node and for every retry.
///
/// What is large lies apart: outcomes are moved about, and those of charges are small.
public enum Outcome: Hashable, Sendable {
    /// An administrative change that stands, or stood already.
    indirect case changed(Change)
    /// The charges of one entry, in their order.
    case charged([ChargeOutcome])
    /// A hold was placed, settled or voided.
    indirect case held(HoldReceipt)
    /// Time or last-used stamps: nothing to tell.
    case noted
    case refused(Refusal)
    /// The payload was no command of this version.
    case malformed
}

/// An administrative change and what its answer shows.
public struct Change: Hashable, Sendable {
    public var result: Result
    /// The log index of the subject's last change: this entry, or an earlier one if there was
    /// nothing to do. Success is to be reported only when every node acts on that index.
    public var index: LogIndex
    /// Whether this answer was given before, to another request with the same id.
    public var replayed: Bool

    public init(_ result: Result, index: LogIndex, replayed: Bool = false) {
        self.result = result
        self.index = index
        self.replayed = replayed
    }

    /// The subject right after the change.
    public enum Result: Hashable, Sendable {
        case account(AccountDetail)
        case accountDeleted(AccountID)
        case user(UserDetail)
        case userRemoved(UserID)
        case limit(LimitDetail)
        case limitRemoved(UserID, API)
        case key(KeyDetail)
        case keyRevoked(KeyID)
        /// All keys of a user; how many weren't revoked before.
        case keysRevoked(UserID, count: UInt32)
        case token(TokenDetail)
        case tokenRevoked(TokenID)
        case settings(ClusterSettings)
        case member(MemberDetail)

        /// The new key, and the old one right after.
        case keyRotated(KeyDetail, old: KeyDetail)
        case api(APIDetail)
        case apiRemoved(API)
        case pool(PoolDetail)
        case poolRemoved(AccountID, API)
        /// How many keys came into the account.
        case keysImported(AccountID, count: UInt32)
    }
}

/// What became of one charge.
public enum ChargeOutcome: Hashable, Sendable {
    case charged(ChargeReceipt)
    case refused(Refusal)
}

/// A charge that was accepted.
public struct ChargeReceipt: Hashable, Sendable {
    public var charged: Credits
    /// The user's counter for the key's API right after this very charge: of the limit's period,
    /// or of the user's lifetime where no limit is set.
    public var spent: Credits
    /// What was left right after it; nil where no limit is set.
    public var remaining: Credits?
    /// The log index at which it was accepted.
    public var index: LogIndex
    /// Whether it was accepted earlier, under the same id by another request.
    public var replayed: Bool

    public init(
        charged: Credits, spent: Credits, remaining: Credits?, index: LogIndex,
        replayed: Bool = false
    ) {
        self.charged = charged
        self.spent = spent
        self.remaining = remaining
        self.index = index
        self.replayed = replayed
    }
}
