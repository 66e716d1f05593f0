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

extension SlotTable where R == KeyRecord {
    /// A key's own laws; `isPresent` says whether its user and account are there, and `apis` are
    /// those that exist.
    func obeysItsLaws(
        _ key: Slot<KeyRecord>, isPresent: Bool, _ apis: [API]
    ) -> Bool {
        let ending = ending(of: key)
        let isReplaced = ending.replacedBy.rawValue != 0
        switch state(of: key) {
        case .active, .inactive:
            // Its end was found when its user or account had gone, or is still to come.
            let hasEnd =
                ending.deadline == ending.expiresAt || ending.deadline == nil && !isPresent
            return hasEnd && !isReplaced && (!isPresent || apis.contains(api(of: key)))
        case .retiring:
            #if MUTANTS
            // Off with the bug: this would see it first, and what clients are told must show it.
            if PlantedBug.isOn(.graceNeverEnds) { return true }
            #endif
            let hasEnd = ending.deadline != nil || !isPresent
            return hasEnd && isReplaced && (!isPresent || apis.contains(api(of: key)))
        case .revoked: return ending.deadline == nil
        case .expired:
            return ending.deadline == nil && ending.expiresAt != nil && !isReplaced
        }
    }
}

extension State {
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
        // Few, ``Bounds/apis`` at the most by what was checked before; and found faster one after
        // the other than in a table.
        var counts: [APIUses] = []
        func count(_ api: API) {
            if let position = counts.firstIndex(where: { $0.api == api }) {
                counts[position].count += 1
            } else {
                counts.append(APIUses(api: api, count: 1))
            }
        }
        _ = users.isChainSound(account.users) { _, user in
            guard !user.isRemoved else { return true }
            _ = keys.isChainSound(user.keys) { keys, key in
                if !keys.state(of: key).isDead { count(keys.api(of: key)) }
                return true
            }
            for line in user.credits where line.allowance != nil { count(line.api) }
            return true
        }
        for line in account.pools where line.allowance != nil { count(line.api) }
        return counts.sorted { $0.api < $1.api }
    }
}
