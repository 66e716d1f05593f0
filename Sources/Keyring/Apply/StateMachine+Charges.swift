import Basics

// Charges are decided here and nowhere else: in log order, each on its own.
extension StateMachine {
    mutating func decide(
        _ charges: [Charge], request: RequestID, _ step: inout Step
    ) -> [ChargeOutcome] {
        // No charge makes or forgets a key. Looked up together, because each look-up waits for
        // memory, and those that don't depend on one another wait at the same time.
        let slots = charges.map { slot(of: $0.key) }
        #if MUTANTS
        if PlantedBug.isOn(.hashOrder), salt.isMultiple(of: 2) {
            let backwards = charges.indices.reversed().map { place in
                decide(charges[place], with: slots[place], at: place, request: request, &step)
            }
            return backwards.reversed()
        }
        #endif
        var outcomes: [ChargeOutcome] = []
        outcomes.reserveCapacity(charges.count)
        for (position, charge) in charges.enumerated() {
            outcomes.append(
                decide(charge, with: slots[position], at: position, request: request, &step))
        }
        return outcomes
    }

    private mutating func decide(
        _ charge: Charge, with slot: Slot<KeyRecord>?, at position: Int, request: RequestID,
        _ step: inout Step
    ) -> ChargeOutcome {
        guard (1...Bounds.charge).contains(charge.credits) else {
            return .refused(.chargeOutOfRange)
        }
        var holder: (key: KeyID, account: AccountID)?
        var recorded: LedgerRecord?
        if let slot {
            let account = account(ofKey: slot)
            holder = (state.keys.id(of: slot), account)
            recorded = record(of: charge.id, in: account)
        }
        // Apart: where an argument branches, the call is given a copy of the whole machine.
        let known = holder?.key
        let retry = ownRetry(of: charge, at: position, request: request, key: known, recorded)
        if let retry { return retry }
        // Without a key there is no account in which the id could be remembered; and an unknown
        // key stays unknown.
        guard let slot, let (key, scope) = holder else { return .refused(.invalidKey) }
        do throws(Refusal) {
            if let answered = try answer(of: charge, key, recorded) { return answered }
            try admit(charge.id, in: scope)
        } catch {
            rememberRequest(
                LedgerRecord(
                    charge, key, request, item: position, .refused(error), at: step.index),
                of: request, item: UInt32(position))
            return .refused(error)
        }
        let verdict = spend(charge.credits, with: slot, &step)
        record(
            LedgerRecord(charge, key, request, item: position, verdict, at: step.index),
            as: charge.id, in: scope)
        return verdict.outcome(of: charge, at: step.index, isReplay: false)
    }

    /// Spends if the key is accepted and so much is left. Nothing is ever spent beyond the
    /// allowances, and no counter beyond what JSON holds.
    private mutating func spend(
        _ credits: UInt64, with slot: Slot<KeyRecord>, _ step: inout Step
    ) -> ChargeVerdict {
        guard isAccepted(slot) else { return .refused(.invalidKey) }
        let user = state.keys.user(of: slot)
        let lines = creditLines(of: user, for: state.keys.api(of: slot))
        do throws(Refusal) {
            try cover(credits, by: lines, on: step.date)
        } catch {
            return .refused(error)
        }
        state.users[user].credits[lines.user].spent.add(credits, on: step.date)
        state.accounts[lines.account].pools[lines.pool].spent.add(credits, on: step.date)
        state.keys.addSpent(credits, on: step.date, by: slot)
        publish(lines, &step)
        let after = state.users[user].credits[lines.user]
        return .accepted(
            spent: after.spent(on: step.date), remaining: after.remaining(on: step.date))
    }

    /// Whether a key gives access at this log position.
    func isAccepted(_ key: Slot<KeyRecord>) -> Bool {
        guard state.keys.state(of: key).isAccepted else { return false }
        let user = state.keys.user(of: key)
        return !state.users[user].isRemoved
            && !state.accounts[state.users[user].account].isDeleted
    }

    func account(ofKey slot: Slot<KeyRecord>) -> AccountID {
        state.accounts[state.users[state.keys.user(of: slot)].account].id
    }

    /// The answer already given to this very charge of this very request.
    func ownRetry(
        of charge: Charge, at position: Int, request: RequestID, _ slot: Slot<KeyRecord>?
    ) -> ChargeOutcome? {
        ownRetry(
            of: charge, at: position, request: request, key: slot.map { state.keys.id(of: $0) },
            slot.flatMap { record(of: charge.id, in: account(ofKey: $0)) })
    }

    /// The same where it is known what was recorded under the charge's id.
    private func ownRetry(
        of charge: Charge, at position: Int, request: RequestID, key: KeyID?,
        _ recorded: LedgerRecord?
    ) -> ChargeOutcome? {
        let item = RequestItem(request: request, item: UInt32(position))
        if let record = state.ledger.requests.record(item, at: state.time) {
            return record.outcome(of: charge, isReplay: false)
        }
        guard let key, let record = recorded,
            // The same id a second time within one entry is a replay like any other.
            record.request == request, record.item == UInt32(position),
            record.matches(charge, key)
        else { return nil }
        #if MUTANTS
        if PlantedBug.isOn(.duplicatesInMemory), record.index < rememberedFrom { return nil }
        #endif
        return record.outcome(of: charge, isReplay: false)
    }

    /// The answer already given under the charge's id to another request.
    private func answer(
        of charge: Charge, _ key: KeyID, _ recorded: LedgerRecord?
    ) throws(Refusal) -> ChargeOutcome? {
        try refuseForgotten(charge.id)
        guard let record = recorded else { return nil }
        #if MUTANTS
        if PlantedBug.isOn(.duplicatesInMemory), record.index < rememberedFrom { return nil }
        #endif
        guard record.matches(charge, key) else { throw .idempotencyConflict }
        return record.outcome(of: charge, isReplay: true)
    }
}

extension LedgerRecord {
    fileprivate init(
        _ charge: Charge, _ key: KeyID, _ request: RequestID, item: Int,
        _ verdict: ChargeVerdict, at index: LogIndex
    ) {
        self.init(
            request: request, item: UInt32(item), index: index,
            answer: .charge(key: key, credits: UInt32(charge.credits), verdict))
    }

    /// Whether the record is of a charge with the same content: key and credits.
    fileprivate func matches(_ charge: Charge, _ key: KeyID) -> Bool {
        guard case .charge(let recordedKey, let credits, _) = answer else { return false }
        return recordedKey == key && UInt64(credits) == charge.credits
    }

    fileprivate func outcome(of charge: Charge, isReplay: Bool) -> ChargeOutcome? {
        guard case .charge(_, _, let verdict) = answer else { return nil }
        return verdict.outcome(of: charge, at: index, isReplay: isReplay)
    }
}

extension ChargeVerdict {
    fileprivate func outcome(
        of charge: Charge, at index: LogIndex, isReplay: Bool
    ) -> ChargeOutcome {
        switch self {
        case .refused(let refusal): .refused(refusal)
        case .accepted(let spent, let remaining):
            .charged(
                ChargeReceipt(
                    charged: Credits(clamping: charge.credits), spent: spent,
                    remaining: remaining, index: index, replayed: isReplay))
        }
    }
}
