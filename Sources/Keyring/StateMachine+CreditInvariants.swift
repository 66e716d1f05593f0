import Basics

// The laws of what is spent and held together: a hold is in its user's chain, and what is counted
// for an account is the sum of what is counted for its users.
extension State {
    /// A user's holds, and what they sum up to.
    func holdsViolation(_ user: UserRecord, _ slot: Slot<UserRecord>) -> String? {
        var sums = user.credits.map { HeldSum(like: $0.held) }
        var open: UInt32 = 0
        let isSound = holds.isChainSound(user.holds) { _, hold in
            guard hold.user == slot, hold.isSound(at: time) else {
                return false
            }
            guard hold.end == nil else { return true }
            open += 1
            if user.isRemoved { return true }
            guard let line = user.credits.firstIndex(where: { $0.api == hold.api }) else {
                return false
            }
            return sums[line].add(UInt64(hold.credits), on: hold.date)
        }
        guard isSound else { return "a chain of holds is broken" }
        guard open == user.openHolds else { return "a user's holds are counted wrongly" }
        for (line, sum) in zip(user.credits, sums) where !sum.agrees(with: line.held) {
            return "what a user holds isn't the sum of the open holds"
        }
        return nil
    }

    /// What is counted for an account, given that the chain of its users is sound.
    func poolsViolation(_ account: AccountRecord) -> String? {
        var spent = account.pools.map { _ in SpentSum() }
        var held = account.pools.map { HeldSum(like: $0.held) }
        var open: UInt32 = 0
        var isCounted = true
        _ = users.isChainSound(account.users) { _, user in
            open += user.openHolds
            for line in user.credits {
                guard let pool = account.pools.firstIndex(where: { $0.api == line.api }) else {
                    isCounted = isCounted && line.spent.lifetime == 0 && line.held.lifetime == 0
                    continue
                }
                spent[pool].add(line.spent, on: date)
                isCounted = held[pool].add(line.held) && isCounted
            }
            return true
        }
        guard isCounted, open == account.openHolds else {
            return "an account's holds are counted wrongly"
        }
        if zip(account.pools, account.pools.dropFirst()).contains(where: { $0.api >= $1.api }) {
            return "an account's credit lines don't ascend"
        }
        for (position, line) in account.pools.enumerated() {
            // What was spent stays counted when an API goes.
            guard line.allowance == nil || account.isDeleted || knows(line.api) else {
                return "a pool of an unknown API"
            }
            let isExact = !account.forgotSpending
            if !spent[position].agrees(with: line.spent, on: date, exactly: isExact) {
                return "an account's spending isn't the sum of the users'"
            }
            if !held[position].agrees(with: line.held) {
                return "what an account holds isn't the sum of the users'"
            }
        }
        return nil
    }
}

extension HoldRecord {
    fileprivate func isSound(at time: Timestamp) -> Bool {
        (1...Bounds.charge).contains(UInt64(credits)) && placedAt <= time && placedAt < expiry
            && (end.map { $0.charged <= credits } ?? true)
    }
}

/// What parts of a counter sum up to, in the month and the day of that counter.
private struct HeldSum {
    private let month: Int32
    private let day: Int32
    private var lifetime: UInt64 = 0
    private var inMonth: UInt64 = 0
    private var inDay: UInt64 = 0

    init(like held: HeldCounters) { (month, day) = (held.month, held.day) }

    /// False if the part is later than the whole.
    mutating func add(_ credits: UInt64, on date: CalendarDate) -> Bool {
        lifetime &+= credits
        if date.month == month { inMonth &+= credits }
        if date.day == day { inDay &+= credits }
        return date.month <= month && date.day <= day
    }

    mutating func add(_ held: HeldCounters) -> Bool {
        lifetime &+= held.lifetime
        if held.month == month { inMonth &+= held.inMonth }
        if held.day == day { inDay &+= held.inDay }
        return held.lifetime == 0 || held.month <= month && held.day <= day
    }

    func agrees(with held: HeldCounters) -> Bool {
        (lifetime, inMonth, inDay) == (held.lifetime, held.inMonth, held.inDay)
    }
}

/// The sums of parts' counters, for comparison with the whole's.
struct SpentSum {
    private var lifetime: UInt64 = 0
    private var inMonth: UInt64 = 0
    private var inDay: UInt64 = 0

    mutating func add(_ spent: SpentCounters, on date: CalendarDate) {
        lifetime &+= spent.lifetime
        inMonth &+= spent.spent(in: .month, on: date)
        inDay &+= spent.spent(in: .day, on: date)
    }

    func agrees(with spent: SpentCounters, on date: CalendarDate, exactly: Bool) -> Bool {
        let (month, day) = (spent.spent(in: .month, on: date), spent.spent(in: .day, on: date))
        if exactly { return (lifetime, inMonth, inDay) == (spent.lifetime, month, day) }
        return lifetime <= spent.lifetime && inMonth <= month && inDay <= day
    }
}
