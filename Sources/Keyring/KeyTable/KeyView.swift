import Basics

/// Whether a user or an account lets their keys and tokens through.
public enum PartyState: UInt8, Hashable, Sendable {
    /// Nothing is known under the number.
    case absent = 0
    case active = 1
    /// For good.
    case removed = 2
}

/// What stands behind a key's digest.
public enum KeyLookUp: Hashable, Sendable {
    case unknown
    /// A key that may be born: the entry is in the log and not yet applied.
    case announced
    case known(KeyView)
}

/// What the table knows of one key: a copy, with nothing behind it to keep alive.
///
/// The three states are three loads, one word each, and the key gives access only if all three
/// do (``isAccepted``); so ending a user or an account is one store.
public struct KeyView: Hashable, Sendable {
    public let id: KeyID
    public let user: UserID
    public let account: AccountID
    public let api: API
    /// The key's own state.
    public let state: KeyState
    public let userState: PartyState
    public let accountState: PartyState
    /// Whether an entry that touches the key, its user or its account is in the log and not yet
    /// applied.
    public let isBlocked: Bool
    /// What the user has left for the key's API; nil if unlimited. The node's own knowledge: a
    /// charge is decided in the log.
    public let credits: CreditView?
    /// What the account's users together have left for the key's API, by the same knowledge; nil
    /// where no pool is set.
    public let poolRemaining: Credits?
    /// Where the key's last-used stamp is, and in which generation of the table.
    let slot: UInt32
    let generation: UInt32

    /// What a charge could spend by this node's knowledge; nil if there is no bound.
    @inlinable
    public var spendable: Credits? {
        guard let credits else { return poolRemaining }
        return min(credits.remaining, poolRemaining ?? credits.remaining)
    }

    /// Whether the key is active or retiring, and its user and its account are active.
    @inlinable
    public var isAccepted: Bool {
        state.isAccepted && userState == .active && accountState == .active
    }
}

/// A user's allowance for one API and what remains of it in the current period.
public struct CreditView: Hashable, Sendable {
    public let allowance: Credits
    public let remaining: Credits
    public let period: Period
    /// The number of the current day or month, by the log's calendar; zero for no period.
    public let periodNumber: Int32

    /// When the period ends; nil if it never does.
    public var periodEnd: Timestamp? {
        switch period {
        case .none: nil
        case .day:
            Timestamp(milliseconds: (Int64(periodNumber) + 1) * CalendarDate.millisecondsPerDay)
        case .month:
            Timestamp(
                milliseconds: CalendarDate.firstDay(ofMonth: Int64(periodNumber) + 1)
                    * CalendarDate.millisecondsPerDay)
        }
    }
}

/// What the table knows of one management token.
public struct TokenView: Hashable, Sendable {
    public let id: TokenID
    /// As written on the token. What its user may do bounds it: ``effectiveRole``.
    public let role: Role
    /// Nil for an operator's.
    public let account: AccountID?
    /// Nil if it belongs to nobody in particular.
    public let user: UserID?
    public let isRevoked: Bool
    /// `active` for a token without a user.
    public let userState: PartyState
    /// What the user is; nil without one.
    public let userRole: UserRole?
    /// `active` for a token without an account.
    public let accountState: PartyState

    /// Whether the token may be used at all.
    @inlinable
    public var isAccepted: Bool {
        !isRevoked && userState == .active && accountState == .active
    }

    /// What the token may do now: never more than its user.
    public var effectiveRole: Role { userRole.map { min(role, $0.ceiling) } ?? role }
}
