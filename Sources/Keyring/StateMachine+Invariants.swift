import Basics

// The laws of the state, for tests, for the simulator after every step, and for whatever was read
// from bytes. Nothing here traps: the state may be a stranger's.
extension StateMachine {
    /// The first law that doesn't hold, in words; nil if all do.
    public func checkInvariants() -> String? {
        state.violation() ?? keyIndexViolation() ?? indexViolation() ?? shelfViolation()
    }

    /// Whether every key is found by its id and digest.
    private func keyIndexViolation() -> String? {
        for number in 0..<state.keys.slotCount {
            let slot = Slot<KeyRecord>(UInt32(number))
            guard state.keys.holds(slot) else { continue }
            if self.slot(of: state.keys.id(of: slot)) != slot
                || keySlot(of: state.keys.digest(of: slot)) != slot
            {
                return "a key isn't found"
            }
        }
        return nil
    }

    /// Whether every other record is found by its id and digest, and nothing else is.
    func indexViolation() -> String? {
        guard index.accounts.count == state.accounts.count,
            index.users.count == state.users.count, index.keys.count == state.keys.count,
            index.keyDigests.count == state.keys.count,
            index.tokens.count == state.tokens.count,
            index.tokenDigests.count == state.tokens.count,
            index.holds.count == state.holds.count,
            index.lapsing.count + index.endedHolds.count == state.holds.count
        else { return "an index has too many or too few entries" }
        for number in 0..<state.accounts.slotCount {
            guard let account = state.accounts.record(at: number) else { continue }
            if slot(of: account.id) != Slot(UInt32(number)) { return "an account isn't found" }
        }
        var present = 0
        for number in 0..<state.users.slotCount {
            guard let user = state.users.record(at: number) else { continue }
            let slot = Slot<UserRecord>(UInt32(number))
            if self.slot(of: user.id) != slot { return "a user isn't found" }
            guard !user.isRemoved else { continue }
            present += 1
            if self.user(with: user.email, in: user.account) != slot {
                return "two users of an account have one address"
            }
        }
        if index.emails.count != present { return "an address of nobody" }
        if let violation = deadlineViolation() { return violation }
        for number in 0..<state.tokens.slotCount {
            guard let token = state.tokens.record(at: number) else { continue }
            let slot = Slot<TokenRecord>(UInt32(number))
            if self.slot(of: token.id) != slot || tokenSlot(of: token.digest) != slot {
                return "a token isn't found"
            }
        }
        for number in 0..<state.holds.slotCount {
            guard let hold = state.holds.record(at: number) else { continue }
            if holdSlot(of: hold.name) != Slot(UInt32(number)) { return "a hold isn't found" }
        }
        return nil
    }
}

extension State {
    func violation() -> String? { slotViolation() ?? linkViolation() }

    /// What must hold before indices can be made of the state: its slots can be counted, and those
    /// of the accounts that addresses belong to aren't empty.
    func slotViolation() -> String? { headViolation() ?? freeViolation() ?? homeViolation() }

    /// Everything else, of a state whose slots are sound.
    func linkViolation() -> String? {
        // The order matters: what comes later follows the links that were checked before.
        accountsViolation() ?? cataloguesViolation() ?? tokensViolation() ?? gravesViolation()
            ?? auditViolation() ?? ledgerViolation()
    }

    private func headViolation() -> String? {
        if time < .epoch || time > Bounds.latestTime { return "log time is out of range" }
        if keyStateIndex > index { return "a key-state command that wasn't applied yet" }
        if lapseIndex > index { return "a key ended at an entry that wasn't applied yet" }
        return nil
    }

    private func freeViolation() -> String? {
        let isSound =
            accounts.isFreeQueueSound() && users.isFreeQueueSound() && keys.isFreeQueueSound()
            && tokens.isFreeQueueSound() && holds.isFreeQueueSound()
        return isSound ? nil : "the free slots aren't the empty ones"
    }

    private func homeViolation() -> String? {
        let haveHomes = (0..<users.slotCount).allSatisfy { number in
            users.record(at: number).map { accounts.holds($0.account) } ?? true
        }
        return haveHomes ? nil : "a user of no account"
    }

    /// Accounts, their users and those users' keys: every record in the one chain it belongs to.
    private func accountsViolation() -> String? {
        var violation: String?
        var (seenUsers, seenKeys, seenHolds) = (0, 0, 0)
        var limits: (daily: UInt32, monthly: UInt32) = (0, 0)
        let isSound = accounts.isChainSound(accountChain) { slot, account in
            let areUsersSound = users.isChainSound(account.users) { userSlot, user in
                guard user.account == slot else { return false }
                violation =
                    violation ?? keysViolation(user, userSlot, isOpen: !account.isDeleted)
                    ?? holdsViolation(user, userSlot)
                seenUsers += 1
                seenKeys += Int(user.keys.count)
                seenHolds += Int(user.holds.count)
                if !user.isRemoved { count(user.credits, &limits) }
                return violation == nil
            }
            count(account.pools, &limits)
            if areUsersSound { violation = poolsViolation(account) }
            return areUsersSound && violation == nil
        }
        if let violation { return violation }
        guard isSound, accountChain.count == accounts.count, seenUsers == users.count,
            seenKeys == keys.count, seenHolds == holds.count
        else { return "a chain is broken" }
        return limits == (dailyLimits, monthlyLimits) ? nil : "limits are counted wrongly"
    }

    private func count(_ lines: [CreditLine], _ limits: inout (daily: UInt32, monthly: UInt32)) {
        for line in lines {
            if line.allowance?.period == .day { limits.daily += 1 }
            if line.allowance?.period == .month { limits.monthly += 1 }
        }
    }

    private func keysViolation(
        _ user: UserRecord, _ slot: Slot<UserRecord>, isOpen: Bool
    ) -> String? {
        let isPresent = isOpen && !user.isRemoved
        let (apis, date) = (apis, date)
        var (active, live): (UInt32, UInt32) = (0, 0)
        var sums = [SpentSum](repeating: SpentSum(), count: user.credits.count)
        let isSound = keys.isChainSound(user.keys) { keys, key in
            guard keys.user(of: key) == slot,
                keys.obeysItsLaws(key, isPresent: isPresent, apis)
            else { return false }
            let (state, api) = (keys.state(of: key), keys.api(of: key))
            if state.isAccepted { active += 1 }
            if !state.isDead { live += 1 }
            if let line = user.credits.firstIndex(where: { $0.api == api }) {
                sums[line].add(keys.spent(of: key), on: date)
                return true
            }
            return keys.spent(of: key).lifetime == 0
        }
        guard isSound else { return "a chain of keys is broken" }
        if active != user.activeKeys { return "active keys are counted wrongly" }
        if live != user.liveKeys { return "keys are counted wrongly" }
        if zip(user.credits, user.credits.dropFirst()).contains(where: { $0.api >= $1.api }) {
            return "credit lines don't ascend"
        }
        for (line, sum) in zip(user.credits, sums) {
            let isSet = isPresent && line.allowance != nil
            guard !isSet || knows(line.api) else { return "credits of an unknown API" }
            if !sum.agrees(with: line.spent, on: date, exactly: !user.forgotSpending) {
                return "a user's spending isn't the sum of the keys'"
            }
        }
        return nil
    }

    private func tokensViolation() -> String? {
        var live: UInt32 = 0
        var isSound = tokens.isChainSound(operatorTokens) { _, token in
            if !token.isRevoked { live += 1 }
            return token.account.isNone && token.user.isNone && token.role == .operator
        }
        guard isSound, live == liveOperatorTokens, live > 0 else {
            return "the operators' tokens don't add up"
        }
        var seen = Int(operatorTokens.count)
        var ofUsers = [UInt32](repeating: 0, count: users.slotCount)
        isSound = accounts.isChainSound(accountChain) { slot, account in
            var live: UInt32 = 0
            let areSound = tokens.isChainSound(account.tokens) { _, token in
                guard token.account == slot, token.role != .operator else { return false }
                var isLive = !token.isRevoked
                if !token.user.isNone {
                    guard users.holds(token.user), users[token.user].account == slot else {
                        return false
                    }
                    if isLive { ofUsers[Int(token.user.number)] += 1 }
                    isLive = isLive && !users[token.user].isRemoved
                }
                if isLive { live += 1 }
                return true
            }
            seen += Int(account.tokens.count)
            return areSound && live == account.liveTokens
        }
        guard isSound, seen == tokens.count else { return "an account's tokens don't add up" }
        let areCounted = (0..<users.slotCount).allSatisfy { number in
            users.record(at: number).map { $0.liveTokens == ofUsers[number] } ?? true
        }
        return areCounted ? nil : "a user's tokens are counted wrongly"
    }

    /// Everything dead has one grave, and nothing else has.
    private func gravesViolation() -> String? {
        var dug: (keys: Int, users: Int, tokens: Int, accounts: Int) = (0, 0, 0, 0)
        var newest = LogIndex.zero
        for position in 0..<graves.count {
            let grave = graves[position]
            let isDead: Bool
            switch grave.body {
            case .key(let slot):
                dug.keys += 1
                let key = keys.record(at: Int(slot.number))
                isDead = key?.state.isDead == true && key?.changedAt == grave.index
            case .user(let slot):
                dug.users += 1
                let user = users.record(at: Int(slot.number))
                isDead = user?.isRemoved == true && user?.changedAt == grave.index
            case .token(let slot):
                dug.tokens += 1
                let token = tokens.record(at: Int(slot.number))
                isDead = token?.isRevoked == true && token?.changedAt == grave.index
            case .account(let slot):
                dug.accounts += 1
                let account = accounts.record(at: Int(slot.number))
                isDead = account?.isDeleted == true && account?.changedAt == grave.index
            }
            guard isDead, newest <= grave.index, grave.index <= index else {
                return "a grave is empty or out of order"
            }
            newest = grave.index
        }
        let dead = (
            keys: (0..<keys.slotCount).count { keys.shelf.isDead($0) },
            users: dead(users) { $0.isRemoved },
            tokens: dead(tokens) { $0.isRevoked }, accounts: dead(accounts) { $0.isDeleted }
        )
        return dug == dead ? nil : "something dead has no grave or two"
    }

    private func dead<R: ChainedRecord>(_ table: SlotTable<R>, _ isDead: (R) -> Bool) -> Int {
        (0..<table.slotCount).count { table.record(at: $0).map(isDead) ?? false }
    }

    private func auditViolation() -> String? {
        var newest = audit.horizon
        for position in 0..<audit.records.count {
            let record = audit.records[position]
            let sequence = audit.records.firstSequence + UInt64(position)
            guard record.index > newest, record.index <= index,
                record.previousOfAccount <= sequence
            else { return "the audit trail is out of order" }
            newest = record.index
        }
        let areLinked = (0..<accounts.slotCount).allSatisfy { number in
            accounts.record(at: number).map { $0.newestAudit <= audit.records.nextSequence }
                ?? true
        }
        return areLinked ? nil : "an account's audit trail ends in the future"
    }

    private func ledgerViolation() -> String? {
        var counts = OrderedTable<AccountID, UInt32>()
        let order = ledger.freeForm.order
        for position in 0..<order.count {
            let account = order[position].key.account
            counts[account] = (counts[account] ?? 0) + 1
        }
        guard counts[AccountID(0)] ?? 0 == ledger.clusterFreeFormRecords else {
            return "the cluster's free-form ids are counted wrongly"
        }
        for number in 0..<accounts.slotCount {
            guard let account = accounts.record(at: number) else { continue }
            if counts[account.id] ?? 0 != account.freeFormRecords {
                return "an account's free-form ids are counted wrongly"
            }
        }
        guard ledger.freeForm.isSound, ledger.requests.isSound else {
            return "a record without an expiry"
        }
        return nil
    }
}

extension ExpiringRecords {
    /// Whether expiries ascend, and each record is named by exactly one of them.
    fileprivate var isSound: Bool {
        var unnamed = records
        var newest = Timestamp.epoch
        for position in 0..<order.count {
            let due = order[position]
            guard due.expiry >= newest, due.expiry <= newestExpiry else { return false }
            newest = due.expiry
            if unnamed[due.key]?.expiry == due.expiry { unnamed.removeValue(forKey: due.key) }
        }
        return unnamed.isEmpty
    }
}
