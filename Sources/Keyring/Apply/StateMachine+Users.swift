import Basics

extension StateMachine {
    mutating func createUser(
        _ id: UserID, in account: AccountID, _ email: EmailAddress, _ name: Name,
        _ role: UserRole, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(account)
        guard id.rawValue != 0, slot(of: id) == nil else { throw .identifierTaken }
        guard user(with: email, in: account) == nil else { throw .duplicateEmail }
        guard !state.users.isFull else { throw .capacity }
        let slot = state.users.insert(
            UserRecord(
                id: id, account: account, email: email, name: name, role: role,
                since: step.time, createdAt: step.index, changedAt: step.index))
        state.users.append(slot, to: &state.accounts[account].users)
        let accountID = state.accounts[account].id
        index.users.insert(SlotIndex.spread(id.rawValue), slot.number)
        index.addEmail(email, accountID, slot)
        audit(.userCreated, .user(id), in: account, author, &step)
        step.changes.append(.userAdded(id, account: accountID, role: role))
        return Change(.user(detail(slot)), index: step.index)
    }

    mutating func updateUser(
        _ id: UserID, in account: AccountID, _ email: EmailAddress?, _ name: Name?,
        _ role: UserRole?, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(account)
        let slot = try presentUser(id, in: account)
        let before = state.users[slot]
        if let email, let other = user(with: email, in: account), other != slot {
            throw .duplicateEmail
        }
        var after = before
        after.email = email ?? before.email
        after.name = name ?? before.name
        after.role = role ?? before.role
        if after != before {
            after.changedAt = step.index
            state.users[slot] = after
            let accountID = state.accounts[account].id
            index.removeEmail(before.email, accountID, slot)
            index.addEmail(after.email, accountID, slot)
            audit(.userUpdated, .user(id), in: account, author, &step)
            if after.role != before.role { step.changes.append(.userRole(id, after.role)) }
        }
        return Change(.user(detail(slot)), index: after.changedAt)
    }

    /// Sets one state: every key and token of the user is dead by it, and their holds are void. The
    /// keys are visited only for the APIs that they don't use any more.
    mutating func removeUser(
        _ id: UserID, in account: AccountID, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(account)
        let slot = try anyUser(id, in: account)
        if !state.users[slot].isRemoved {
            state.users[slot].isRemoved = true
            state.dropUses(of: slot)
            state.users[slot].changedAt = step.index
            state.accounts[account].liveTokens -= state.users[slot].liveTokens
            count(state.users[slot].credits, by: -1)
            voidHolds(ofRemoved: slot, &step)
            index.removeEmail(state.users[slot].email, state.accounts[account].id, slot)
            state.graves.append(Grave(index: step.index, body: .user(slot)))
            audit(.userRemoved, .user(id), in: account, author, &step)
            step.changes.append(.userRemoved(id))
        }
        return Change(.userRemoved(id), index: state.users[slot].changedAt)
    }

    func detail(_ slot: Slot<UserRecord>) -> UserDetail {
        let user = state.users[slot]
        return UserDetail(
            id: user.id, account: state.accounts[user.account].id, email: user.email,
            name: user.name, role: user.role, createdAt: user.since, changedAt: user.changedAt)
    }
}

// Limits are a user's, for one API; never a key's.
extension StateMachine {
    mutating func setLimit(
        of user: UserID, in account: AccountID, _ api: API, _ allowance: Allowance,
        _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(account)
        let slot = try presentUser(user, in: account)
        guard state.knows(api) else { throw .apiNotFound }
        let line = state.users[slot].lineIndex(for: api)
        let before = state.users[slot].credits[line].allowance
        if before != allowance {
            if let before {
                count(before.period, by: -1)
            } else {
                state.countUse(of: api, in: account, by: 1)
            }
            count(allowance.period, by: 1)
            state.users[slot].credits[line].allowance = allowance
            state.users[slot].credits[line].changedAt = step.index
            audit(.limitSet, .limit(user, api), in: account, author, &step)
        }
        let after = state.users[slot].credits[line]
        if before != allowance, let change = creditChange(after, of: slot, on: step.date) {
            step.changes.append(change)
        }
        return Change(
            .limit(detail(after, allowance, of: user, on: step.date)), index: after.changedAt)
    }

    mutating func removeLimit(
        of user: UserID, in account: AccountID, _ api: API, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(account)
        let slot = try presentUser(user, in: account)
        guard state.knows(api) else { throw .apiNotFound }
        let before = state.users[slot].line(for: api)
        guard let allowance = before?.allowance else {
            return Change(
                .limitRemoved(user, api),
                index: before?.changedAt ?? state.users[slot].createdAt)
        }
        let line = state.users[slot].lineIndex(for: api)
        count(allowance.period, by: -1)
        state.countUse(of: api, in: account, by: -1)
        state.users[slot].credits[line].allowance = nil
        state.users[slot].credits[line].changedAt = step.index
        audit(.limitRemoved, .limit(user, api), in: account, author, &step)
        step.changes.append(.creditsUnlimited(user, api))
        return Change(.limitRemoved(user, api), index: step.index)
    }

    func detail(
        _ line: CreditLine, _ allowance: Allowance, of user: UserID, on date: CalendarDate
    ) -> LimitDetail {
        LimitDetail(
            user: user, api: line.api, credits: allowance.credits, period: allowance.period,
            spent: line.spent(on: date), held: line.held(on: date),
            remaining: line.remaining(on: date) ?? .zero,
            resetsAt: date.end(of: allowance.period), changedAt: line.changedAt)
    }

    /// What the read side needs to know of a line; nil where no limit is set.
    func creditChange(
        _ line: CreditLine, of slot: Slot<UserRecord>, on date: CalendarDate
    ) -> TableChange? {
        line.published(on: date).map { .credits(state.users[slot].id, line.api, $0) }
    }
}
