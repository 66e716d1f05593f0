import Basics

// Accounts and settings: the operators' own.
extension StateMachine {
    mutating func createAccount(
        _ id: AccountID, _ name: Name, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        guard id.rawValue != 0, slot(of: id) == nil else { throw .identifierTaken }
        guard !state.accounts.isFull else { throw .capacity }
        let slot = state.accounts.insert(
            AccountRecord(
                id: id, name: name, since: step.time, createdAt: step.index,
                changedAt: step.index))
        state.accounts.append(slot, to: &state.accountChain)
        index.add(state.accounts[slot], slot)
        audit(.accountCreated, .account(id), in: slot, author, &step)
        step.changes.append(.accountAdded(id))
        return Change(.account(detail(slot)), index: step.index)
    }

    mutating func renameAccount(
        _ id: AccountID, _ name: Name, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let slot = try openAccount(id)
        if state.accounts[slot].name != name {
            state.accounts[slot].name = name
            state.accounts[slot].changedAt = step.index
            audit(.accountRenamed, .account(id), in: slot, author, &step)
        }
        return Change(.account(detail(slot)), index: state.accounts[slot].changedAt)
    }

    /// Sets one state; users, keys and tokens are dead by it and go when the audit horizon
    /// passes.
    mutating func deleteAccount(
        _ id: AccountID, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        guard let slot = slot(of: id) else { throw .accountNotFound }
        if !state.accounts[slot].isDeleted {
            state.accounts[slot].isDeleted = true
            state.dropUses(of: slot)
            state.accounts[slot].changedAt = step.index
            state.graves.append(Grave(index: step.index, body: .account(slot)))
            audit(.accountDeleted, .account(id), in: slot, author, &step)
            step.changes.append(.accountDeleted(id))
        }
        return Change(.accountDeleted(id), index: state.accounts[slot].changedAt)
    }

    func detail(_ slot: Slot<AccountRecord>) -> AccountDetail {
        let account = state.accounts[slot]
        return AccountDetail(
            id: account.id, name: account.name, createdAt: account.since,
            changedAt: account.changedAt)
    }

    mutating func updateSettings(
        _ change: SettingsChange, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        var settings = state.settings
        for (setting, value) in change.values { settings[keyPath: setting.path] = value }
        if let violation = settings.firstViolation { throw .settingRefused(violation) }
        // The same for ever: whoever leads waits for leases that were granted by others, under
        // settings that it may not have applied, and no entry of the log tells when they ended.
        guard settings.leaseWaitMilliseconds == state.settings.leaseWaitMilliseconds else {
            throw .settingRefused(.leaseWaitMilliseconds)
        }
        if settings != state.settings {
            let form = ForeignKeyForm(settings)
            if form != ForeignKeyForm(state.settings) { step.changes.append(.foreignKeys(form)) }
            state.settings = settings
            state.settingsChangedAt = step.index
            audit(.settingsUpdated, .cluster, in: nil, author, &step)
        }
        return Change(.settings(settings), index: state.settingsChangedAt)
    }
}
