import Basics

extension StateMachine {
    mutating func createKey(
        _ new: NewKey, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(new.account)
        let user = try presentUser(new.user, in: account)
        guard state.apis.contains(new.api) else { throw .apiNotFound }
        guard new.id.rawValue != 0, slot(of: new.id) == nil, keySlot(of: new.digest) == nil
        else { throw .identifierTaken }
        guard state.users[user].liveKeys < state.settings.keysPerUser else {
            throw .keyLimit(limit: state.settings.keysPerUser)
        }
        if new.active { try holdActiveCap(of: user) }
        guard !state.keys.isFull else { throw .capacity }
        let slot = insert(new, of: user, author, &step)
        audit(.keyCreated, .key(new.id), in: account, author, &step)
        return Change(.key(detail(slot)), index: step.index)
    }

    /// Makes the record of a key. Requires that nothing stands in its way.
    @discardableResult
    mutating func insert(
        _ new: NewKey, of user: Slot<UserRecord>, _ author: Author, _ step: inout Step
    ) -> Slot<KeyRecord> {
        let keyState = new.active ? KeyState.active : .inactive
        let slot = state.keys.insert(
            KeyRecord(
                id: new.id, digest: new.digest, user: user, api: new.api, name: new.name,
                state: keyState, suffix: new.suffix, since: step.time, author: author,
                createdAt: step.index, changedAt: step.index))
        state.keys.append(slot, to: &state.users[user].keys)
        state.users[user].liveKeys += 1
        if new.active { state.users[user].activeKeys += 1 }
        index.add(state.keys[slot], slot)
        step.changes.append(
            .keyAdded(
                new.id, digest: new.digest, api: new.api, user: new.user, account: new.account,
                state: keyState))
        return slot
    }

    mutating func renameKey(
        _ id: KeyID, in account: AccountID, _ name: Name, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(account)
        let slot = try liveKey(id, in: account)
        if state.keys[slot].name != name {
            state.keys[slot].name = name
            state.keys[slot].changedAt = step.index
            audit(.keyRenamed, .key(id), in: account, author, &step)
        }
        return Change(.key(detail(slot)), index: state.keys[slot].changedAt)
    }

    mutating func setKey(
        _ id: KeyID, in account: AccountID, active: Bool, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(account)
        let slot = try liveKey(id, in: account)
        let wanted = active ? KeyState.active : .inactive
        if state.keys[slot].state != wanted {
            let user = state.keys[slot].user
            if active {
                try holdActiveCap(of: user)
                state.users[user].activeKeys += 1
            } else {
                state.users[user].activeKeys -= 1
            }
            state.keys[slot].state = wanted
            state.keys[slot].changedAt = step.index
            audit(active ? .keyActivated : .keyDeactivated, .key(id), in: account, author, &step)
            step.changes.append(.keyState(id, wanted))
        }
        return Change(.key(detail(slot)), index: state.keys[slot].changedAt)
    }

    mutating func revokeKey(
        _ id: KeyID, in account: AccountID, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(account)
        let slot = try anyKey(id, in: account)
        let (effective, changedAt) = effectiveState(state.keys[slot])
        guard effective != .revoked else { return Change(.keyRevoked(id), index: changedAt) }
        revoke(slot, &step)
        audit(.keyRevoked, .key(id), in: account, author, &step)
        return Change(.keyRevoked(id), index: step.index)
    }

    mutating func revokeAllKeys(
        of user: UserID, in account: AccountID, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(account)
        let owner = try anyUser(user, in: account)
        guard !state.users[owner].isRemoved else {
            return Change(.keysRevoked(user, count: 0), index: state.users[owner].changedAt)
        }
        var revoked: UInt32 = 0
        var newest = state.users[owner].createdAt
        var slot = state.users[owner].keys.first
        while !slot.isNone {
            if state.keys[slot].state != .revoked {
                revoke(slot, &step)
                revoked += 1
            }
            newest = max(newest, state.keys[slot].changedAt)
            slot = state.keys[slot].next
        }
        if revoked > 0 { audit(.keysRevoked, .user(user), in: account, author, &step) }
        return Change(.keysRevoked(user, count: revoked), index: newest)
    }

    /// Requires a key that isn't revoked and whose user isn't removed.
    private mutating func revoke(_ slot: Slot<KeyRecord>, _ step: inout Step) {
        let user = state.keys[slot].user
        if state.keys[slot].state == .active { state.users[user].activeKeys -= 1 }
        state.users[user].liveKeys -= 1
        state.keys[slot].state = .revoked
        state.keys[slot].changedAt = step.index
        state.graves.append(Grave(index: step.index, body: .key(slot)))
        step.changes.append(.keyState(state.keys[slot].id, .revoked))
    }

    /// A key of the account that can still be changed.
    private func liveKey(
        _ id: KeyID, in account: Slot<AccountRecord>
    ) throws(Refusal) -> Slot<KeyRecord> {
        let slot = try anyKey(id, in: account)
        guard effectiveState(state.keys[slot]).state != .revoked else { throw .keyRevoked }
        return slot
    }

    /// The cap is over all APIs together and is held here, at one log position, whatever was
    /// promised at any door.
    private func holdActiveCap(of user: Slot<UserRecord>) throws(Refusal) {
        #if MUTANTS
        if PlantedBug.isOn(.keyCapAtDoor) { return }
        #endif
        guard state.users[user].activeKeys < state.settings.activeKeysPerUser else {
            throw .activeKeyLimit(limit: state.settings.activeKeysPerUser)
        }
    }

    func detail(_ slot: Slot<KeyRecord>) -> KeyDetail {
        let key = state.keys[slot]
        let user = state.users[key.user]
        let effective = effectiveState(key)
        return KeyDetail(
            id: key.id, account: state.accounts[user.account].id, user: user.id, api: key.api,
            name: key.name, state: effective.state, createdAt: key.since,
            createdBy: key.author,
            lastUsedAt: key.lastUsedMinute == 0
                ? nil : Timestamp(milliseconds: Int64(key.lastUsedMinute) * 60_000),
            suffix: key.suffix, changedAt: effective.changedAt)
    }
}
