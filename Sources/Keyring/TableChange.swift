import Basics

/// What an applied entry changed for the read side, in the order in which it is to be done.
///
/// A key gives access if it, its user and its account are all active: removing a user or deleting
/// an account sets one state and never visits the keys one by one.
public enum TableChange: Hashable, Sendable {
    case accountAdded(AccountID)
    /// Deleted for good.
    case accountDeleted(AccountID)
    /// The last trace is gone; nothing of the account is left in the tables.
    case accountForgotten(AccountID)

    case userAdded(UserID, account: AccountID, role: UserRole)
    case userRole(UserID, UserRole)
    /// Removed for good: every key and token of theirs is dead from here on.
    case userRemoved(UserID)
    /// The last trace is gone, and so are the keys' and tokens' (each was forgotten before).
    case userForgotten(UserID)

    /// Its row is in the state.
    case keyAdded(
        KeyPlace, digest: Digest, api: API, user: UserID, account: AccountID, state: KeyState)
    case keyState(KeyPlace, KeyState)
    /// It has been replaced, and stays good until its successor or time ends it. Both are there.
    case keyRetiring(KeyPlace, successor: KeyPlace)
    case keyForgotten(KeyPlace)

    case tokenAdded(TokenID, digest: Digest, role: Role, account: AccountID?, user: UserID?)
    case tokenRevoked(TokenID)
    case tokenForgotten(TokenID)

    /// A limit was set, or something was spent or held.
    case credits(UserID, API, CreditState)
    /// The limit was removed: nothing is counted against anything.
    case creditsUnlimited(UserID, API)
    /// A pool was set, or something was spent or held of it.
    case pool(AccountID, API, CreditState)
    /// The pool was removed.
    case poolUnlimited(AccountID, API)
    /// Another day or month began. `CreditState`s of an earlier period count as unspent from
    /// here on; none of them is reported again.
    case calendar(day: Int32, month: Int32)
    /// Which texts may be keys that were made elsewhere.
    case foreignKeys(ForeignKeyForm)
}

/// A key, and where it and its user are in the state. Another's places once they are forgotten.
public struct KeyPlace: Hashable, Sendable {
    public let id: KeyID
    let slot: UInt32
    let user: UInt32

    init(_ id: KeyID, _ slot: Slot<KeyRecord>, of user: Slot<UserRecord>) {
        self.id = id
        self.slot = slot.number
        self.user = user.number
    }
}

/// What is left of a user's allowance or an account's pool for an API.
public struct CreditState: Hashable, Sendable {
    public var allowance: Credits
    public var remaining: Credits
    public var period: Period
    /// The number of the day or month for which `remaining` holds (zero if it never ends). When
    /// the calendar shows another, the whole allowance remains.
    public var periodNumber: Int32
    /// When that period ends; nil if it never does.
    public var periodEnd: Timestamp?
}
