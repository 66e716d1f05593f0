import Basics

/// What all users of an account may spend together for one API, and what has become of it.
public struct PoolDetail: Hashable, Sendable {
    public var account: AccountID
    public var api: API
    public var credits: Credits
    public var period: Period
    /// In the current period, by all users, those removed since included.
    public var spent: Credits
    public var held: Credits
    public var remaining: Credits
    /// Nil if it never is.
    public var resetsAt: Timestamp?
    public var changedAt: LogIndex

    public init(
        account: AccountID, api: API, credits: Credits, period: Period, spent: Credits,
        held: Credits, remaining: Credits, resetsAt: Timestamp?, changedAt: LogIndex
    ) {
        self.account = account
        self.api = api
        self.credits = credits
        self.period = period
        self.spent = spent
        self.held = held
        self.remaining = remaining
        self.resetsAt = resetsAt
        self.changedAt = changedAt
    }
}
