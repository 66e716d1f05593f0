import Basics
import Keyring

/// What is spent, held and allowed, added up from the answers in the log: every sum is made anew.
struct CreditBook {
    /// What an allowance is for.
    enum Line: Hashable {
        case user(UserID, API)
        /// All users of an account together.
        case pool(AccountID, API)
    }

    struct Allowance: Hashable {
        var credits: Credits
        var period: Period
    }

    /// Numbered since a day and a month long ago.
    struct Day: Hashable {
        var day: Int64
        var month: Int

        init(_ time: Timestamp) {
            day = time.milliseconds / 86_400_000
            let date = ReferenceCalendar.date(time)
            month = date.year * 12 + date.month
        }
    }

    /// A hold that no settlement, voiding or time-out has ended.
    struct OpenHold {
        var id: IdempotencyKey
        var account: AccountID
        var user: UserID
        var api: API
        var credits: UInt64
        var day: Day
        var expiry: Timestamp
        /// Its user was removed: it takes nothing any more.
        var isVoid = false

        var lines: [Line] { [.user(user, api), .pool(account, api)] }
    }

    private var allowances: [Line: Allowance] = [:]
    private var spent: [Line: [(day: Day, credits: UInt64)]] = [:]
    private var open: [OpenHold] = []
    private var today: Day
    /// Holds whose time-out has come, and that a node may count still: one entry lets only so many
    /// lapse.
    private var overdue = 0

    init(genesis: Genesis) { today = Day(genesis.time) }

    /// Whether a node's sums may be above these.
    var isAhead: Bool { overdue > 0 }

    // MARK: What happened

    mutating func reach(_ time: Timestamp) {
        if time.milliseconds / 86_400_000 != today.day { today = Day(time) }
        let due = open.count { $0.expiry <= time }
        overdue = max(0, overdue + due - Bounds.clearedPerEntry)
        guard due > 0 else { return }
        open.removeAll { $0.expiry <= time }
    }

    /// Nil lifts it.
    mutating func allow(_ allowance: Allowance?, _ line: Line) { allowances[line] = allowance }

    mutating func spend(_ credits: UInt64, _ line: Line) { spend(credits, line, on: today) }

    private mutating func spend(_ credits: UInt64, _ line: Line, on day: Day) {
        let known = spent[line]?.firstIndex { $0.day == day }
        if let known {
            spent[line]![known].credits += credits
        } else {
            spent[line, default: []].append((day, credits))
        }
    }

    mutating func place(_ new: NewHold, with key: KeyBook.Key, until expiry: Timestamp) {
        open.append(
            OpenHold(
                id: new.id, account: key.account, user: key.user, api: key.api,
                credits: new.credits, day: today, expiry: expiry))
    }

    /// The rest of it comes back; what was charged counts where it was held.
    mutating func end(_ hold: OpenHold, charging credits: UInt64) {
        open.removeAll { $0.account == hold.account && $0.id == hold.id }
        for line in hold.lines { spend(credits, line, on: hold.day) }
    }

    mutating func void(allOf user: UserID) {
        for position in open.indices where open[position].user == user {
            open[position].isVoid = true
        }
    }

    // MARK: Sums

    func hold(_ id: IdempotencyKey, of user: UserID, in account: AccountID) -> OpenHold? {
        open.first { $0.account == account && $0.id == id && $0.user == user && !$0.isVoid }
    }

    /// At most so many count as an account's open holds: a void one may until its time-out.
    func mostHolds(of account: AccountID) -> Int { open.count { $0.account == account } }

    /// In the allowance's period, or ever if there is none.
    func spent(_ line: Line) -> UInt64 { spent(line, allowances[line]?.period ?? .none) }

    private func spent(_ line: Line, _ period: Period) -> UInt64 {
        (spent[line] ?? []).reduce(0) { $0 + (isIn(period, $1.day) ? $1.credits : 0) }
    }

    private func held(_ line: Line, _ period: Period) -> UInt64 {
        var sum: UInt64 = 0
        for hold in open where !hold.isVoid && hold.lines.contains(line) {
            if isIn(period, hold.day) { sum += hold.credits }
        }
        return sum
    }

    private func isIn(_ period: Period, _ day: Day) -> Bool {
        switch period {
        case .none: true
        case .month: day.month == today.month
        case .day: day.day == today.day
        }
    }

    func allowance(_ line: Line) -> Allowance? { allowances[line] }

    /// Spent and held in the allowance's period; nil where there is no allowance.
    func taken(_ line: Line) -> UInt64? {
        allowances[line].map { spent(line, $0.period) + held(line, $0.period) }
    }

    /// Of the allowance; nil where there is none.
    func left(_ line: Line) -> Credits? {
        guard let allowance = allowances[line], let taken = taken(line) else { return nil }
        return allowance.credits - Credits(clamping: taken)
    }

    /// What can be taken: no sum goes beyond what JSON holds, whatever is allowed.
    func room(_ line: Line) -> Credits {
        let room = Credits.maximum - Credits(clamping: spent(line, .none) + held(line, .none))
        return min(left(line) ?? room, room)
    }
}
