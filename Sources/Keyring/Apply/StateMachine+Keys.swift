import Basics

extension StateMachine {
    mutating func createKey(
        _ new: NewKey, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(new.account)
        let user = try presentUser(new.user, in: account)
        guard state.knows(new.api) else { throw .apiNotFound }
        guard new.id.rawValue != 0, slot(of: new.id) == nil, keySlot(of: new.digest) == nil
        else { throw .identifierTaken }
        guard state.users[user].liveKeys < state.settings.keysPerUser else {
            throw .keyLimit(limit: state.settings.keysPerUser)
        }
        try permitExpiry(new.expiresAt)
        if new.active { try holdActiveCap(of: user) }
        guard !state.keys.isFull else { throw .capacity }
        let slot = insert(
            KeyRecord(
                id: new.id, digest: new.digest, user: user, api: new.api, name: new.name,
                state: new.active ? .active : .inactive, suffix: new.suffix, since: step.time,
                author: author, expiresAt: new.expiresAt, deadline: new.expiresAt,
                createdAt: step.index, changedAt: step.index), &step)
        audit(.keyCreated, .key(new.id), in: account, author, &step)
        return Change(.key(detail(slot)), index: step.index)
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
        let slot = try changeableKey(id, in: account)
        let wanted = active ? KeyState.active : .inactive
        if state.keys[slot].state != wanted {
            let user = state.keys[slot].user
            if active {
                try holdActiveCap(of: user)
                state.users[user].activeKeys += 1
            } else {
                state.users[user].activeKeys -= 1
                endGrace(before: slot, &step)
            }
            state.keys[slot].state = wanted
            state.keys[slot].changedAt = step.index
            audit(active ? .keyActivated : .keyDeactivated, .key(id), in: account, author, &step)
            step.changes.append(
                .keyState(KeyPlace(id, slot, of: state.keys.user(of: slot)), wanted))
        }
        return Change(.key(detail(slot)), index: state.keys[slot].changedAt)
    }

    mutating func revokeKey(
        _ id: KeyID, in account: AccountID, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(account)
        let slot = try anyKey(id, in: account)
        let (effective, changedAt) = effectiveState(state.keys[slot])
        // An expired key stays expired: it can't be any deader.
        guard !effective.isDead else { return Change(.keyRevoked(id), index: changedAt) }
        endGrace(before: slot, &step)
        end(slot, as: .revoked, &step)
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
            if !state.keys[slot].state.isDead {
                end(slot, as: .revoked, &step)
                revoked += 1
            }
            newest = max(newest, state.keys[slot].changedAt)
            slot = state.keys[slot].next
        }
        if revoked > 0 { audit(.keysRevoked, .user(user), in: account, author, &step) }
        return Change(.keysRevoked(user, count: revoked), index: newest)
    }

    /// A key of the account that can still be changed.
    func liveKey(
        _ id: KeyID, in account: Slot<AccountRecord>
    ) throws(Refusal) -> Slot<KeyRecord> {
        let slot = try anyKey(id, in: account)
        switch effectiveState(state.keys[slot]).state {
        case .active, .inactive, .retiring: return slot
        case .revoked: throw .keyRevoked
        case .expired: throw .keyExpired
        }
    }

    /// The cap is over all APIs together and is held here, at one log position, whatever was
    /// promised at any door.
    ///
    /// `leaving` of those that count now won't any more.
    func holdActiveCap(
        of user: Slot<UserRecord>, leaving: UInt32 = 0
    ) throws(Refusal) {
        #if MUTANTS
        if PlantedBug.isOn(.keyCapAtDoor) { return }
        if PlantedBug.isOn(.retiringNotCounted), hasRoomAmongActive(user) { return }
        #endif
        guard state.users[user].activeKeys - leaving < state.settings.activeKeysPerUser else {
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
            suffix: key.suffix, changedAt: effective.changedAt, expiresAt: key.expiresAt,
            retiresAt: effective.state == .retiring ? key.deadline : nil,
            replaces: key.replaces.rawValue == 0 ? nil : key.replaces,
            replacedBy: key.replacedBy.rawValue == 0 ? nil : key.replacedBy)
    }
}
