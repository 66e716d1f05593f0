import Basics

// An account's pool bounds what all of its users spend and hold together for one API.
extension StateMachine {
    mutating func setPool(
        of account: AccountID, for api: API, _ allowance: Allowance, _ author: Author,
        _ step: inout Step
    ) throws(Refusal) -> Change {
        let slot = try openAccount(account)
        guard state.knows(api) else { throw .apiNotFound }
        let pool = state.accounts[slot].poolIndex(for: api)
        let before = state.accounts[slot].pools[pool].allowance
        if before != allowance {
            if let before {
                count(before.period, by: -1)
            } else {
                state.countUse(of: api, in: slot, by: 1)
            }
            count(allowance.period, by: 1)
            state.accounts[slot].pools[pool].allowance = allowance
            state.accounts[slot].pools[pool].changedAt = step.index
            audit(.poolSet, .pool(account, api), in: slot, author, &step)
            publishPool(state.accounts[slot].pools[pool], of: slot, &step)
        }
        let after = state.accounts[slot].pools[pool]
        return Change(
            .pool(detail(after, allowance, of: account, on: step.date)), index: after.changedAt)
    }

    mutating func removePool(
        of account: AccountID, for api: API, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let slot = try openAccount(account)
        guard state.knows(api) else { throw .apiNotFound }
        let before = state.accounts[slot].pool(for: api)
        guard let allowance = before?.allowance else {
            return Change(
                .poolRemoved(account, api),
                index: before?.changedAt ?? state.accounts[slot].createdAt)
        }
        let pool = state.accounts[slot].poolIndex(for: api)
        count(allowance.period, by: -1)
        state.countUse(of: api, in: slot, by: -1)
        state.accounts[slot].pools[pool].allowance = nil
        state.accounts[slot].pools[pool].changedAt = step.index
        audit(.poolRemoved, .pool(account, api), in: slot, author, &step)
        step.changes.append(.poolUnlimited(account, api))
        return Change(.poolRemoved(account, api), index: step.index)
    }

    func detail(
        _ line: CreditLine, _ allowance: Allowance, of account: AccountID, on date: CalendarDate
    ) -> PoolDetail {
        PoolDetail(
            account: account, api: line.api, credits: allowance.credits, period: allowance.period,
            spent: line.spent(on: date), held: line.held(on: date),
            remaining: line.remaining(on: date) ?? .zero,
            resetsAt: date.end(of: allowance.period), changedAt: line.changedAt)
    }

    /// An account's pool: for its admins and auditors, and for operators, who set it.
    public func pool(
        for api: API, in account: AccountID, as token: TokenID
    ) throws(Refusal) -> PoolDetail {
        try permit(try whoami(token), in: account, from: .auditor)
        let slot = try openAccount(account)
        guard state.knows(api) else { throw .apiNotFound }
        guard let line = state.accounts[slot].pool(for: api), let allowance = line.allowance else {
            throw .poolNotFound
        }
        return detail(line, allowance, of: account, on: state.date)
    }
}

/// Where what a user spends and holds for an API is counted: the positions of the two lines.
struct CreditLines {
    var owner: Slot<UserRecord>
    var account: Slot<AccountRecord>
    /// In the user's.
    var user: Int
    /// In the account's.
    var pool: Int
}

// What a charge and a hold must fit.
extension StateMachine {
    /// Makes the lines if need be.
    mutating func creditLines(of user: Slot<UserRecord>, for api: API) -> CreditLines {
        let account = state.users[user].account
        return CreditLines(
            owner: user, account: account, user: state.users[user].lineIndex(for: api),
            pool: state.accounts[account].poolIndex(for: api))
    }

    /// Throws if so much isn't left of the user's limit and of the account's pool, each in its own
    /// period, or couldn't be counted. Of two that don't suffice the lesser is told.
    func cover(
        _ credits: UInt64, by lines: CreditLines, on date: CalendarDate
    ) throws(Refusal) {
        let user = state.users[lines.owner].credits[lines.user]
        let pool = state.accounts[lines.account].pools[lines.pool]
        let (ofUser, ofPool) = (headroom(of: user, on: date), headroom(ofPool: pool, on: date))
        guard credits > min(ofUser, ofPool).rawValue else { return }
        let line = ofPool < ofUser ? pool : user
        throw .creditsExhausted(
            remaining: min(ofUser, ofPool), allowance: line.allowance?.credits ?? .maximum)
    }

    private func headroom(of line: CreditLine, on date: CalendarDate) -> Credits {
        #if MUTANTS
        if PlantedBug.isOn(.limitAtDoor) { return line.room }
        #endif
        return min(line.remaining(on: date) ?? .maximum, line.room)
    }

    private func headroom(ofPool line: CreditLine, on date: CalendarDate) -> Credits {
        #if MUTANTS
        if PlantedBug.isOn(.poolIgnored) { return line.room }
        #endif
        return headroom(of: line, on: date)
    }

    /// Tells the read side what is left, where there is something to count against.
    func publish(_ lines: CreditLines, _ step: inout Step) {
        let line = state.users[lines.owner].credits[lines.user]
        if let change = creditChange(line, of: lines.owner, on: step.date) {
            step.changes.append(change)
        }
        publishPool(state.accounts[lines.account].pools[lines.pool], of: lines.account, &step)
    }

    func publishPool(
        _ line: CreditLine, of account: Slot<AccountRecord>, _ step: inout Step
    ) {
        guard let credits = line.published(on: step.date) else { return }
        step.changes.append(.pool(state.accounts[account].id, line.api, credits))
    }
}

extension CreditLine {
    /// As the read side has it; nil where nothing is to be counted against.
    func published(on date: CalendarDate) -> CreditState? {
        guard let allowance else { return nil }
        return CreditState(
            allowance: allowance.credits, remaining: remaining(on: date) ?? .zero,
            period: allowance.period, periodNumber: date.number(of: allowance.period),
            periodEnd: date.end(of: allowance.period))
    }
}
