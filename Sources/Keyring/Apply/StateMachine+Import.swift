import Basics

// Keys that come from elsewhere, by their digests.
extension StateMachine {
    /// Takes over all keys of an import, or none.
    mutating func importKeys(
        _ batch: KeyImport, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let account = try openAccount(batch.account)
        let ids = batch.keys.map(\.id)
        guard ids.first.map({ $0.rawValue != 0 }) ?? false,
            zip(ids, ids.dropFirst()).allSatisfy({ $0 < $1 }),
            ids.allSatisfy({ slot(of: $0) == nil })
        else { throw .identifierTaken }
        guard state.keys.count + batch.keys.count < Int(UInt32.max) - 1 else { throw .capacity }
        let (owners, faults) = examine(batch, in: account)
        #if MUTANTS
        if PlantedBug.isOn(.importInPart), !faults.items.isEmpty {
            for case (let key, let owner?) in zip(batch.keys, owners) {
                insert(key, of: owner, author, &step)
            }
        }
        #endif
        guard faults.items.isEmpty else { throw .importRefused(faults.shortened) }
        for (key, owner) in zip(batch.keys, owners) {
            guard let owner else { preconditionFailure("a key without fault has its user") }
            insert(key, of: owner, author, &step)
        }
        // One record for all of them: it is one change, and names the entry that each was made by.
        audit(.keysImported, .account(batch.account), in: account, author, &step)
        let count = UInt32(batch.keys.count)
        return Change(.keysImported(batch.account, count: count), index: step.index)
    }

    private mutating func insert(
        _ key: ImportedKey, of owner: Slot<UserRecord>, _ author: Author, _ step: inout Step
    ) {
        _ = insert(
            KeyRecord(
                id: key.id, digest: key.digest, user: owner, api: key.api, name: key.name,
                state: key.active ? .active : .inactive, suffix: key.suffix, since: step.time,
                author: author, expiresAt: key.expiresAt, deadline: key.expiresAt,
                createdAt: step.index, changedAt: step.index), &step)
    }

    /// Looks at every key of an import as if those before it were there: whose each is, nil for
    /// those at fault.
    func examine(
        _ batch: KeyImport, in account: Slot<AccountRecord>
    ) -> (owners: [Slot<UserRecord>?], faults: ImportFaults) {
        var owners: [Slot<UserRecord>?] = []
        owners.reserveCapacity(batch.keys.count)
        var faults: [ImportFaults.Item] = []
        var digests: Set<Digest> = []
        digests.reserveCapacity(batch.keys.count)
        // By the number of the user's slot; looked up only.
        var counts: [UInt32: (live: UInt32, active: UInt32)] = [:]
        for (place, key) in batch.keys.enumerated() {
            func note(_ fault: ImportFault) {
                faults.append(ImportFaults.Item(place: UInt32(place), fault: fault))
                owners.append(nil)
            }
            let isNew = digests.insert(key.digest).inserted
            guard let owner = user(key.owner, in: account) else {
                note(.userNotFound)
                continue
            }
            guard state.knows(key.api) else {
                note(.apiNotFound)
                continue
            }
            guard isNew else {
                note(.digestRepeated)
                continue
            }
            guard key.digest != .zero, keySlot(of: key.digest) == nil else {
                note(.digestTaken)
                continue
            }
            let user = state.users[owner]
            var count = counts[owner.number] ?? (live: user.liveKeys, active: user.activeKeys)
            guard count.live < state.settings.keysPerUser else {
                note(.keyLimit)
                continue
            }
            guard (try? permitExpiry(key.expiresAt)) != nil else {
                note(.expiryPassed)
                continue
            }
            guard !key.active || count.active < state.settings.activeKeysPerUser else {
                note(.activeKeyLimit)
                continue
            }
            count.live += 1
            if key.active { count.active += 1 }
            counts[owner.number] = count
            owners.append(owner)
        }
        return (owners, ImportFaults(faults))
    }

    private func user(
        _ owner: KeyOwner, in account: Slot<AccountRecord>
    ) -> Slot<UserRecord>? {
        switch owner {
        case .id(let id): try? presentUser(id, in: account)
        case .email(let email): user(with: email, in: account)
        }
    }
}
