import Basics
import Keyring

/// The model once more, slow and obvious: plain arrays, linear scans, nothing cached or counted.
/// It shares no decision with the real state machine; only the names of what comes in and out.
struct ReferenceStore {
    struct Account {
        var detail: AccountDetail
        var createdAt: LogIndex
        var deletedAt: LogIndex?
        var pools: [API: Limit] = [:]
    }

    struct User {
        var detail: UserDetail
        var createdAt: LogIndex
        var removedAt: LogIndex?
        var limits: [API: Limit] = [:]
    }

    struct Limit {
        var credits: Credits
        var period: Period
        var isSet: Bool
        var changedAt: LogIndex
    }

    struct Key {
        var detail: KeyDetail
        var digest: Digest
        /// Revoked or expired.
        var endedAt: LogIndex?
        /// Its end has come, and it may have been dead already with its user or account.
        var wasDue = false
        /// Somebody revoked it, be it after its end: nobody must accept it once that has returned.
        var wasRevoked = false
    }

    struct Token {
        var detail: TokenDetail
        var digest: Digest
        var revokedAt: LogIndex?
    }

    /// A charge that was accepted, for ever.
    struct Spent {
        var account: AccountID
        var user: UserID
        var key: KeyID
        var api: API
        var credits: UInt64
        var date: (year: Int, month: Int, day: Int)
    }

    var settings: ClusterSettings
    var settingsChangedAt = LogIndex.zero
    var index = LogIndex.zero
    var time: Timestamp
    var accounts: [Account] = []
    var users: [User] = []
    var keys: [Key] = []
    var tokens: [Token] = []
    var spent: [Spent] = []
    var holds: [Hold] = []
    var lapses = 0
    var audit: [AuditItem] = []
    var horizon = LogIndex.zero
    /// What died at or before this is gone; the rest needn't be looked through.
    private var forgottenThrough = LogIndex.zero
    var ledger = ReferenceLedger()

    /// The last entry at which time ended a key.
    var lapsedAt = LogIndex.zero
    var apis = [API.batch, API.rest]
    var apisMade = 2

    init(genesis: Genesis) {
        settings = genesis.settings
        time = genesis.time
        tokens.append(
            Token(
                detail: TokenDetail(
                    id: genesis.operatorToken, role: .operator, account: nil, user: nil,
                    name: Name("operator")!, createdAt: genesis.time, createdBy: nil,
                    suffix: genesis.operatorSuffix, active: true, changedAt: .zero),
                digest: genesis.operatorDigest))
    }

    mutating func apply(_ envelope: Envelope, at index: LogIndex, time: Timestamp) -> Outcome {
        begin(at: index, time: time)
        endDueKeys(namedBy: envelope.command)
        switch envelope.command {
        case .charge(let charges):
            return .charged(
                charges.enumerated().map { charge($1, position: $0, envelope.requestID) })
        case .hold(let command): return decide(command, envelope.requestID)
        case .tick: return envelope.actor == .cluster ? .noted : .refused(.forbidden)
        case .reportLastUsed(let stamps):
            guard envelope.actor == .cluster else { return .refused(.forbidden) }
            for stamp in stamps { noteUse(stamp) }
            return .noted
        default: return administer(envelope)
        }
    }

    /// What time does by itself, before anything else of the entry.
    mutating func begin(at index: LogIndex, time: Timestamp) {
        self.index = index
        self.time = max(self.time, time)
        endDueKeys()
        while let first = audit.first,
            audit.count > Int(settings.auditRecords)
                || self.time.milliseconds - first.at.milliseconds
                    >= Int64(settings.auditSeconds) * 1000
        {
            horizon = first.index
            audit.removeFirst()
        }
        if horizon > forgottenThrough { forgetTheGone() }
        ledger.pass(self.time, settings)
        passHolds()
    }

    /// Whatever went away at or before the horizon of the audit trail.
    private mutating func forgetTheGone() {
        let horizon = horizon
        forgottenThrough = horizon
        func isGone(_ death: LogIndex?) -> Bool { death.map { $0 <= horizon } ?? false }
        let goneAccounts = accounts.filter { isGone($0.deletedAt) }.map(\.detail.id)
        accounts.removeAll { goneAccounts.contains($0.detail.id) }
        let goneUsers = users.filter {
            isGone($0.removedAt) || goneAccounts.contains($0.detail.account)
        }.map(\.detail.id)
        users.removeAll { goneUsers.contains($0.detail.id) }
        holds.removeAll { goneUsers.contains($0.user) }
        spent.removeAll { goneAccounts.contains($0.account) }
        keys.removeAll { isGone($0.endedAt) || goneUsers.contains($0.detail.user) }
        tokens.removeAll { token in
            isGone(token.revokedAt)
                || token.detail.user.map { goneUsers.contains($0) } ?? false
                || token.detail.account.map { goneAccounts.contains($0) } ?? false
        }
    }

    mutating func noteUse(_ stamp: LastUsed) {
        guard let at = keys.firstIndex(where: { $0.detail.id == stamp.key }) else { return }
        let minute = min(Int64(stamp.minute), time.milliseconds / 60_000)
        let known = keys[at].detail.lastUsedAt?.milliseconds ?? 0
        if minute * 60_000 > known {
            keys[at].detail.lastUsedAt = Timestamp(milliseconds: minute * 60_000)
        }
    }

    mutating func record(
        _ action: AuditAction, _ subject: AuditSubject, _ account: AccountID?, _ author: Author
    ) {
        audit.append(
            AuditItem(
                index: index, at: time, actor: author, account: account, action: action,
                subject: subject))
        while audit.count > Int(settings.auditRecords) {
            horizon = audit[0].index
            audit.removeFirst()
        }
    }
}

// Charges.
extension ReferenceStore {
    mutating func charge(_ charge: Charge, position: Int, _ request: RequestID) -> ChargeOutcome {
        guard charge.credits >= 1, charge.credits <= 1_000_000_000 else {
            return .refused(.chargeOutOfRange)
        }
        let key = key(charge.key)
        if let refusal = ledger.ownRefusal(request, position, time) { return .refused(refusal) }
        guard let key else { return .refused(.invalidKey) }
        let scope = key.detail.account
        let content = ReferenceLedger.Content.charge(key.detail.id, charge.credits)
        let known = ledger.find(scope, charge.id, time)
        if let known, known.content == content, case .charge(var outcome) = known.answer {
            if known.request != request || known.position != position,
                case .charged(var receipt) = outcome
            {
                receipt.replayed = true
                outcome = .charged(receipt)
            }
            return outcome
        }
        if let refusal = ledger.refusal(
            scope, charge.id, isKnown: known != nil, time, settings)
        {
            ledger.keepRequest(request, position, .refused(refusal), time, settings)
            return .refused(refusal)
        }
        let outcome = spend(charge.credits, key)
        ledger.keep(
            scope, charge.id, request, position, content, .charge(outcome), time, settings)
        return outcome
    }

    private mutating func spend(_ credits: UInt64, _ key: Key) -> ChargeOutcome {
        guard isAccepted(key) else { return .refused(.invalidKey) }
        let user = key.detail.user
        let limit = limit(user, key.detail.api)
        if let refusal = lack(credits, key) { return .refused(refusal) }
        spent.append(
            Spent(
                account: key.detail.account, user: user, key: key.detail.id, api: key.detail.api,
                credits: credits,
                date: ReferenceCalendar.date(time)))
        let period = limit?.period ?? .none
        let after = sum(user, key.detail.api, period, key: nil)
        let held = held(period) { $0.user == user && $0.api == key.detail.api }
        return .charged(
            ChargeReceipt(
                charged: Credits(credits)!, spent: Credits(after)!,
                remaining: limit.map { left($0, after + held) }, index: index))
    }

    func isAccepted(_ key: Key) -> Bool {
        [.active, .retiring].contains(key.detail.state) && isPresent(key.detail.user)
            && isOpen(key.detail.account)
    }

    func access(by key: Key) -> Access {
        if isAccepted(key) { return .api }
        let isOwned = isPresent(key.detail.user) && isOpen(key.detail.account)
        return key.wasDue && !key.wasRevoked && isOwned ? .lapsed : .nothing
    }

    func limit(_ user: UserID, _ api: API) -> Limit? {
        users.first { $0.detail.id == user }?.limits[api].flatMap { $0.isSet ? $0 : nil }
    }

    /// What was spent in the current period, by all keys of the user or by one.
    func sum(_ user: UserID, _ api: API, _ period: Period, key: KeyID?) -> UInt64 {
        sum(period) { $0.user == user && $0.api == api && (key == nil || $0.key == key) }
    }

    func sum(_ period: Period, _ isMeant: (Spent) -> Bool) -> UInt64 {
        let today = ReferenceCalendar.date(time)
        var sum: UInt64 = 0
        for item in spent where isMeant(item) {
            let isOfMonth = item.date.year == today.year && item.date.month == today.month
            switch period {
            case .none: sum += item.credits
            case .month: if isOfMonth { sum += item.credits }
            case .day: if isOfMonth && item.date.day == today.day { sum += item.credits }
            }
        }
        return sum
    }

    func isOpen(_ account: AccountID) -> Bool {
        accounts.contains { $0.detail.id == account && $0.deletedAt == nil }
    }

    func isPresent(_ user: UserID) -> Bool {
        users.contains { $0.detail.id == user && $0.removedAt == nil }
    }
}

/// Dates by counting years and months one by one.
enum ReferenceCalendar {
    static func date(_ time: Timestamp) -> (year: Int, month: Int, day: Int) {
        var days = Int(time.milliseconds / 86_400_000)
        var year = 1970
        while days >= (isLeap(year) ? 366 : 365) {
            days -= isLeap(year) ? 366 : 365
            year += 1
        }
        var month = 1
        while days >= length(of: month, in: year) {
            days -= length(of: month, in: year)
            month += 1
        }
        return (year, month, days + 1)
    }

    /// When the current period ends.
    static func end(of period: Period, _ time: Timestamp) -> Timestamp? {
        let day = time.milliseconds / 86_400_000
        let today = date(time)
        switch period {
        case .none: return nil
        case .day: return Timestamp(milliseconds: (day + 1) * 86_400_000)
        case .month:
            let left = length(of: today.month, in: today.year) - today.day + 1
            return Timestamp(milliseconds: (day + Int64(left)) * 86_400_000)
        }
    }

    private static func isLeap(_ year: Int) -> Bool {
        year % 400 == 0 || year % 4 == 0 && year % 100 != 0
    }

    private static func length(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
