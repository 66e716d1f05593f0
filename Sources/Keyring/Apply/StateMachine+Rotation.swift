import Basics

extension StateMachine {
    /// Gives a key another text.
    ///
    /// Without grace it is always possible, however many keys there are: one takes the place of
    /// the other. With grace both count, after the old key's own predecessor, if it was still
    /// retiring, has gone.
    mutating func rotateKey(
        _ rotation: Rotation, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(rotation.account)
        let old = try changeableKey(rotation.old, in: account)
        guard rotation.id.rawValue != 0, slot(of: rotation.id) == nil,
            keySlot(of: rotation.digest) == nil
        else { throw .identifierTaken }
        let before = state.keys[old]
        let expiry = try expiry(of: rotation, after: before)
        let hasGrace = rotation.graceSeconds > 0
        if hasGrace { try permitGrace(rotation.graceSeconds, of: before) }
        guard !state.keys.isFull else { throw .capacity }

        endGrace(before: old, &step)
        if hasGrace {
            let end = step.time + .seconds(Int64(rotation.graceSeconds))
            retire(old, until: [before.expiresAt, expiry].compactMap { $0 }.reduce(end, min), step)
        } else {
            end(old, as: .revoked, &step)
        }
        state.keys[old].replacedBy = rotation.id
        let slot = insert(
            KeyRecord(
                id: rotation.id, digest: rotation.digest, user: before.user, api: before.api,
                name: before.name, state: before.state, suffix: rotation.suffix,
                since: step.time, author: author, expiresAt: expiry, deadline: expiry,
                replaces: before.id, createdAt: step.index, changedAt: step.index), &step)
        if hasGrace {
            let user = before.user
            step.changes.append(
                .keyRetiring(
                    KeyPlace(before.id, old, of: user),
                    successor: KeyPlace(rotation.id, slot, of: user)))
        }
        audit(.keyRotated, .key(rotation.old), in: account, author, &step)
        return Change(.keyRotated(detail(slot), old: detail(old)), index: step.index)
    }

    private func expiry(
        of rotation: Rotation, after before: KeyRecord
    ) throws(Refusal) -> Timestamp? {
        switch rotation.expiry {
        case .inherited: return before.expiresAt
        case .set(let time):
            try permitExpiry(time)
            return time
        }
    }

    func permitExpiry(_ time: Timestamp?) throws(Refusal) {
        guard let time else { return }
        guard time > state.time, time <= Bounds.latestTime else { throw .expiryPassed }
    }

    private func permitGrace(_ seconds: UInt32, of key: KeyRecord) throws(Refusal) {
        guard seconds <= Bounds.graceSeconds else { throw .graceTooLong }
        // It would open again what somebody has closed.
        guard key.state == .active else { throw .keyInactive }
        let leaves = hasRetiringPredecessor(key) ? UInt32(1) : 0
        let user = state.users[key.user]
        guard user.liveKeys - leaves < state.settings.keysPerUser else {
            throw .keyLimit(limit: state.settings.keysPerUser)
        }
        try holdActiveCap(of: key.user, leaving: leaves)
    }

    private func hasRetiringPredecessor(_ key: KeyRecord) -> Bool {
        guard let old = slot(of: key.replaces) else { return false }
        return state.keys[old].state == .retiring && state.keys[old].replacedBy == key.id
    }

    /// Counts on as an active key.
    private mutating func retire(_ slot: Slot<KeyRecord>, until end: Timestamp, _ step: Step) {
        state.keys[slot].state = .retiring
        state.keys[slot].changedAt = step.index
        #if MUTANTS
        if PlantedBug.isOn(.graceNeverEnds) { return setDeadline(of: slot, to: nil) }
        #endif
        setDeadline(of: slot, to: end)
    }

    /// A key of the account that can be changed and hasn't been replaced.
    func changeableKey(
        _ id: KeyID, in account: Slot<AccountRecord>
    ) throws(Refusal) -> Slot<KeyRecord> {
        let slot = try liveKey(id, in: account)
        guard state.keys[slot].state != .retiring else { throw .keyRetiring }
        return slot
    }

    /// Puts a new key where it belongs.
    mutating func insert(_ key: KeyRecord, _ step: inout Step) -> Slot<KeyRecord> {
        let slot = state.keys.insert(key)
        state.keys.append(slot, to: &state.users[key.user].keys)
        state.users[key.user].liveKeys += 1
        if key.state.isAccepted { state.users[key.user].activeKeys += 1 }
        state.countUse(of: key.api, in: state.users[key.user].account, by: 1)
        index.add(key, slot, in: state.keys)
        let user = state.users[key.user]
        step.changes.append(
            .keyAdded(
                KeyPlace(key.id, slot, of: key.user), digest: key.digest, api: key.api,
                user: user.id,
                account: state.accounts[user.account].id, state: key.state))
        return slot
    }

    /// Refuses a rotation whose new text names another API than the key opens: the node that drew
    /// it doesn't know the key yet. Not an outcome, so that the client's id stays free for
    /// another attempt.
    func refuseStrayText(_ command: Command) throws(Refusal) {
        guard case .rotateKey(let rotation) = command, let slot = slot(of: rotation.old),
            state.keys[slot].api != rotation.api
        else { return }
        throw .identifierTaken
    }
}
