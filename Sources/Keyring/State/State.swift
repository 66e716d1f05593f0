import Basics

/// Everything that is replicated and goes into a snapshot: what `apply` depends on and nothing
/// else. A copy shares all storage and costs the same at any size.
@usableFromInline
struct State: Sendable {
    /// Never read: it is what the type does to the struct.
    let passing = PassedByAddress()
    var settings: ClusterSettings
    var settingsChangedAt = LogIndex.zero
    /// The newest entry applied, and the log's time there.
    @usableFromInline var index = LogIndex.zero
    var time: Timestamp
    /// The newest entry applied that holds a key-state command, whatever came of it.
    var keyStateIndex = LogIndex.zero
    /// The newest entry applied at which the expiry or grace of a key ended.
    var lapseIndex = LogIndex.zero
    /// What keys may open, ascending.
    var catalogue = APIRecord.initial
    /// How often an API was made, those that exist from the start included.
    var apisEver = UInt32(APIRecord.initial.count)

    var accounts = SlotTable<AccountRecord>()
    var accountChain = Chain<AccountRecord>()
    var users = SlotTable<UserRecord>()
    var keys = SlotTable<KeyRecord>()
    var holds = SlotTable<HoldRecord>()
    var tokens = SlotTable<TokenRecord>()
    /// The operators' tokens; an account's are in its own chain.
    var operatorTokens = Chain<TokenRecord>()
    var liveOperatorTokens: UInt32 = 0
    /// Users' limits and accounts' pools by period: whether time alone will change an answer.
    var dailyLimits: UInt32 = 0
    var monthlyLimits: UInt32 = 0

    var ledger = Ledger()
    var audit = AuditTrail()
    /// In the order of their log indices.
    var graves = ChunkedQueue<Grave>()

    var date: CalendarDate { CalendarDate(time) }
}
