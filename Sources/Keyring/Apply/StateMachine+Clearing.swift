import Basics

// What time and the log itself take away: a bounded number of records at each entry.
extension StateMachine {
    mutating func clear(_ step: inout Step) {
        clearAudit()
        clearGraves(&step)
        clearLedger()
        clearHolds(&step)
    }

    private mutating func clearAudit() {
        for _ in 0..<Bounds.clearedPerEntry {
            guard state.audit.isFirstDue(at: state.time, state.settings) else { return }
            state.audit.dropFirst()
        }
    }

    private mutating func clearLedger() {
        let window = Duration.seconds(Int64(state.settings.idempotencySeconds))
        state.ledger.raiseFloor(at: state.time, window: window)
        trimTimed(atMost: Bounds.clearedPerEntry)
        for _ in 0..<Bounds.clearedPerEntry {
            guard state.ledger.freeForm.isFirstDue(at: state.time) else { break }
            dropFirstFreeForm()
        }
        for _ in 0..<Bounds.clearedPerEntry {
            guard state.ledger.requests.isFirstDue(at: state.time) else { break }
            _ = state.ledger.requests.removeFirst()
        }
    }

    /// Forgets what was revoked, removed or deleted at or before the audit horizon.
    private mutating func clearGraves(_ step: inout Step) {
        var budget = Bounds.clearedPerEntry
        while budget > 0, let grave = state.graves.first, grave.index <= state.audit.horizon {
            let isDone =
                switch grave.body {
                case .key(let slot): forget(slot, &budget, &step)
                case .token(let slot): forget(slot, &budget, &step)
                case .user(let slot): forget(slot, &budget, &step)
                case .account(let slot): forget(slot, &budget, &step)
                }
            // What is left of it waits at the front for the next entry.
            guard isDone else { return }
            _ = state.graves.popFirst()
        }
    }

    private mutating func forget(
        _ slot: Slot<KeyRecord>, _ budget: inout Int, _ step: inout Step
    ) -> Bool {
        let key = state.keys[slot]
        // Not dead by itself if its user or account is, which may be left for the next entry.
        if key.state.isAccepted { state.users[key.user].activeKeys -= 1 }
        if !key.state.isDead { state.users[key.user].liveKeys -= 1 }
        state.keys.unlink(slot, from: &state.users[key.user].keys)
        if key.spent.lifetime > 0 { state.users[key.user].forgotSpending = true }
        index.remove(key, slot, in: state.keys)
        state.keys.remove(slot)
        step.changes.append(.keyForgotten(KeyPlace(key.id, slot, of: key.user)))
        budget -= 1
        return true
    }

    private mutating func forget(
        _ slot: Slot<TokenRecord>, _ budget: inout Int, _ step: inout Step
    ) -> Bool {
        let token = state.tokens[slot]
        if token.account.isNone {
            state.tokens.unlink(slot, from: &state.operatorTokens)
        } else {
            state.tokens.unlink(slot, from: &state.accounts[token.account].tokens)
            if !token.isRevoked { uncount(token) }
        }
        index.remove(token, slot)
        state.tokens.remove(slot)
        step.changes.append(.tokenForgotten(token.id))
        budget -= 1
        return true
    }

    private mutating func uncount(_ token: TokenRecord) {
        guard !token.user.isNone else { return state.accounts[token.account].liveTokens -= 1 }
        state.users[token.user].liveTokens -= 1
        if !state.users[token.user].isRemoved { state.accounts[token.account].liveTokens -= 1 }
    }

    private mutating func forget(
        _ slot: Slot<UserRecord>, _ budget: inout Int, _ step: inout Step
    ) -> Bool {
        while !state.users[slot].keys.first.isNone {
            guard budget > 0 else { return false }
            _ = forget(state.users[slot].keys.first, &budget, &step)
        }
        while !state.users[slot].holds.first.isNone {
            guard budget > 0 else { return false }
            budget -= 1
            let hold = state.users[slot].holds.first
            // Its account may be the one that goes: what it holds of the pool goes first.
            if state.holds[hold].end == nil { lapse(hold, &step) }
            forget(hold)
        }
        let user = state.users[slot]
        forgetTokens(of: slot, in: user.account, &budget, &step)
        let hasSpent = user.credits.contains { $0.spent.lifetime > 0 }
        if hasSpent { state.accounts[user.account].forgotSpending = true }
        if !user.isRemoved {
            count(user.credits, by: -1)
            index.removeEmail(user.email, state.accounts[user.account].id, slot)
        }
        state.users.unlink(slot, from: &state.accounts[user.account].users)
        index.users.remove(SlotIndex.spread(user.id.rawValue), slot.number)
        state.users.remove(slot)
        step.changes.append(.userForgotten(user.id))
        budget -= 1
        return true
    }

    /// An account's tokens are few: they are all looked at.
    private mutating func forgetTokens(
        of user: Slot<UserRecord>, in account: Slot<AccountRecord>, _ budget: inout Int,
        _ step: inout Step
    ) {
        var token = state.accounts[account].tokens.first
        while !token.isNone {
            let next = state.tokens[token].next
            // Its own grave, if it has one, has gone before: it was dug earlier.
            if state.tokens[token].user == user { _ = forget(token, &budget, &step) }
            token = next
        }
    }

    private mutating func forget(
        _ slot: Slot<AccountRecord>, _ budget: inout Int, _ step: inout Step
    ) -> Bool {
        while !state.accounts[slot].users.first.isNone {
            guard budget > 0, forget(state.accounts[slot].users.first, &budget, &step) else {
                return false
            }
        }
        while !state.accounts[slot].tokens.first.isNone {
            guard budget > 0 else { return false }
            _ = forget(state.accounts[slot].tokens.first, &budget, &step)
        }
        let id = state.accounts[slot].id
        count(state.accounts[slot].pools, by: -1)
        state.accounts.unlink(slot, from: &state.accountChain)
        index.accounts.remove(SlotIndex.spread(id.rawValue), slot.number)
        state.accounts.remove(slot)
        step.changes.append(.accountForgotten(id))
        budget -= 1
        return true
    }

    /// Adds a line to the audit trail.
    mutating func audit(
        _ action: AuditAction, _ subject: AuditSubject, in account: Slot<AccountRecord>?,
        _ author: Author, _ step: inout Step
    ) {
        var record = AuditRecord(
            index: step.index, time: step.time, author: author, account: nil, action: action,
            subject: subject, previousOfAccount: 0)
        if let account {
            record.account = state.accounts[account].id
            record.previousOfAccount = state.accounts[account].newestAudit
            state.accounts[account].newestAudit = state.audit.records.nextSequence + 1
        }
        state.audit.records.append(record)
        while state.audit.records.count > Int(state.settings.auditRecords) {
            state.audit.dropFirst()
        }
    }

    /// Keeps the numbers of limits by period.
    mutating func count(_ lines: [CreditLine], by change: Int32) {
        for line in lines {
            guard let period = line.allowance?.period else { continue }
            count(period, by: change)
        }
    }

    mutating func count(_ period: Period, by change: Int32) {
        switch period {
        case .none: break
        case .day:
            state.dailyLimits = UInt32(bitPattern: Int32(bitPattern: state.dailyLimits) + change)
        case .month:
            state.monthlyLimits = UInt32(
                bitPattern: Int32(bitPattern: state.monthlyLimits) + change)
        }
    }
}
