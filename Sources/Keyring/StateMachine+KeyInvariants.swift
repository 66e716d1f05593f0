import Basics

// The laws of rotation, expiry and APIs: part of `StateMachine+Invariants.swift`.
extension StateMachine {
    /// Whether every key that ends by itself is found by its time, and nothing else is.
    func deadlineViolation() -> String? {
        var count = 0
        for number in 0..<state.keys.slotCount {
            // Few have one: the rest of a record isn't looked at before.
            guard !state.keys.shelf.isEmpty(number), let time = state.keys.shelf.deadline(number),
                let key = state.keys.record(at: number)
            else { continue }
            count += 1
            if index.deadlines[KeyDeadline(time: time, key: key.id)] != Slot(UInt32(number)) {
                return "a key's end isn't found"
            }
            if key.state == .retiring, !hasSuccessor(key) {
                return "a retiring key without a successor"
            }
        }
        return count == index.deadlines.count ? nil : "an end of no key"
    }
}

extension StateMachine {
    /// Whether what lies beside keys' records is theirs. Not asked of what was read from bytes:
    /// those tell whole records, and what lies where isn't a stranger's.
    func shelfViolation() -> String? {
        state.keys.shelf.isSideSound() ? nil : "what lies beside keys isn't what they name"
    }

    private func hasSuccessor(_ key: KeyRecord) -> Bool {
        guard let slot = slot(of: key.replacedBy) else { return false }
        let successor = state.keys[slot]
        return successor.replaces == key.id && successor.user == key.user
    }
}

extension State {
    /// A key's own laws; `isPresent` says whether its user and account are there.
    func obeysItsLaws(_ key: KeyRecord, isPresent: Bool) -> Bool {
        let isReplaced = key.replacedBy.rawValue != 0
        switch key.state {
        case .active, .inactive:
            // Its end was found when its user or account had gone, or is still to come.
            let hasEnd = key.deadline == key.expiresAt || key.deadline == nil && !isPresent
            return hasEnd && !isReplaced && (!isPresent || knows(key.api))
        case .retiring:
            #if MUTANTS
            // Off with the bug: this would see it first, and what clients are told must show it.
            if PlantedBug.isOn(.graceNeverEnds) { return true }
            #endif
            let hasEnd = key.deadline != nil || !isPresent
            return hasEnd && isReplaced && (!isPresent || knows(key.api))
        case .revoked: return key.deadline == nil
        case .expired: return key.deadline == nil && key.expiresAt != nil && !isReplaced
        }
    }

    /// Whether APIs ascend and are counted as often as they are used.
    func cataloguesViolation() -> String? {
        guard !zip(catalogue, catalogue.dropFirst()).contains(where: { $0.api >= $1.api }) else {
            return "APIs don't ascend"
        }
        var sums = OrderedTable<API, UInt32>()
        for number in 0..<accounts.slotCount {
            guard let account = accounts.record(at: number) else { continue }
            let uses = account.isDeleted ? [] : apiUses(of: account)
            guard uses == account.apiUses else { return "an account's APIs are counted wrongly" }
            for use in uses { sums[use.api] = (sums[use.api] ?? 0) + use.count }
        }
        let areCounted = catalogue.allSatisfy { $0.uses == sums[$0.api] ?? 0 }
        return areCounted ? nil : "an API's uses are counted wrongly"
    }

    /// Counted anew. Requires sound chains.
    private func apiUses(of account: AccountRecord) -> [APIUses] {
        var counts = OrderedTable<API, UInt32>()
        _ = users.isChainSound(account.users) { _, user in
            guard !user.isRemoved else { return true }
            _ = keys.isChainSound(user.keys) { _, key in
                if !key.state.isDead { counts[key.api] = (counts[key.api] ?? 0) + 1 }
                return true
            }
            for line in user.credits where line.allowance != nil {
                counts[line.api] = (counts[line.api] ?? 0) + 1
            }
            return true
        }
        for line in account.pools where line.allowance != nil {
            counts[line.api] = (counts[line.api] ?? 0) + 1
        }
        return counts.map { APIUses(api: $0.key, count: $0.value) }
    }
}
