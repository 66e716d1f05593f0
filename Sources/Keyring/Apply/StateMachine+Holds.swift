import Basics

// Holds are decided here and nowhere else: in log order, as charges are.
extension StateMachine {
    /// Places, settles or voids a hold, once.
    mutating func decide(
        _ command: HoldCommand, request: RequestID, _ step: inout Step
    ) -> Outcome {
        if let refusal = command.rangeRefusal { return .refused(refusal) }
        let item = RequestItem(request: request, item: 0)
        if let answered = state.ledger.requests.record(item, at: state.time)?
            .outcome(isReplay: false)
        {
            return answered
        }
        // As for a charge: without a key there is no account in which this could be remembered.
        guard let slot = slot(of: command.key) else { return .refused(.invalidKey) }
        let scope = account(ofKey: slot)
        let content = content(of: command, with: slot, in: scope)
        do throws(Refusal) {
            if let id = command.id {
                if let answered = ownRetry(under: id, in: scope, request, content) {
                    return answered
                }
                if let answered = try answer(of: id, in: scope, content: content) {
                    return answered
                }
                try admit(id, in: scope)
            }
        } catch {
            let refused = LedgerRecord(request, content, .refused(error), at: step.index)
            rememberRequest(refused, of: request, item: 0)
            return .refused(error)
        }
        let outcome = perform(command, with: slot, in: scope, &step)
        let record = LedgerRecord(request, content, outcome, at: step.index)
        // Who settles or voids with a key that isn't accepted may do so with another, under the
        // same id: it isn't used up.
        if let id = command.id, command.isPlacing || outcome != .refused(.invalidKey) {
            self.record(record, as: id, in: scope)
        } else {
            rememberRequest(record, of: request, item: 0)
        }
        return outcome
    }

    /// The answer already given to this very request: its node sent it again.
    func ownRetry(of command: HoldCommand, request: RequestID) -> Outcome? {
        let item = RequestItem(request: request, item: 0)
        if let record = state.ledger.requests.record(item, at: state.time) {
            return record.outcome(isReplay: false)
        }
        guard let slot = slot(of: command.key), let id = command.id else { return nil }
        let scope = account(ofKey: slot)
        let content = content(of: command, with: slot, in: scope)
        return ownRetry(under: id, in: scope, request, content)
    }

    private func ownRetry(
        under id: IdempotencyKey, in scope: AccountID, _ request: RequestID, _ content: Digest
    ) -> Outcome? {
        guard let record = record(of: id, in: scope), record.request == request,
            record.content == content
        else { return nil }
        #if MUTANTS
        if PlantedBug.isOn(.duplicatesInMemory), record.index < rememberedFrom { return nil }
        #endif
        return record.outcome(isReplay: false)
    }

    private func content(
        of command: HoldCommand, with key: Slot<KeyRecord>, in scope: AccountID
    ) -> Digest {
        let record = state.keys[key]
        return command.content(record.id, of: state.users[record.user].id, in: scope)
    }

    private mutating func perform(
        _ command: HoldCommand, with key: Slot<KeyRecord>, in scope: AccountID, _ step: inout Step
    ) -> Outcome {
        do throws(Refusal) {
            guard isAccepted(key) else { throw .invalidKey }
            switch command {
            case .place(let hold): return .held(try place(hold, with: key, in: scope, &step))
            case .settle(let settlement):
                let hold = try hold(settlement.hold, ofUserOf: key, in: scope, &step)
                return .held(try settle(hold, settlement, &step))
            case .void(let voiding):
                let hold = try hold(voiding.hold, ofUserOf: key, in: scope, &step)
                return .held(try void(hold, voiding.hold, &step))
            }
        } catch {
            return .refused(error)
        }
    }

    private mutating func place(
        _ new: NewHold, with key: Slot<KeyRecord>, in scope: AccountID, _ step: inout Step
    ) throws(Refusal) -> HoldReceipt {
        let (user, api) = (state.keys.user(of: key), state.keys.api(of: key))
        let account = state.users[user].account
        let name = HoldRecord.name(new.id, in: scope)
        // The ledger has forgotten a free-form id sooner than the hold: it is taken still.
        guard holdSlot(of: name) == nil else { throw .idempotencyConflict }
        guard state.accounts[account].openHolds < state.settings.holdsPerAccount else {
            throw .holdLimit(limit: state.settings.holdsPerAccount)
        }
        guard !state.holds.isFull else { throw .capacity }
        let lines = creditLines(of: user, for: api)
        try cover(new.credits, by: lines, on: step.date)
        let record = HoldRecord(
            name: name, user: user, api: api, key: state.keys.id(of: key),
            credits: UInt32(new.credits), placedAt: step.time,
            expiry: step.time + .seconds(Int64(new.timeoutSeconds)), createdAt: step.index)
        let slot = state.holds.insert(record)
        state.holds.append(slot, to: &state.users[user].holds)
        state.users[user].openHolds += 1
        state.accounts[account].openHolds += 1
        state.users[user].credits[lines.user].held.add(new.credits, on: step.date)
        state.accounts[account].pools[lines.pool].held.add(new.credits, on: step.date)
        index.add(state.holds[slot], slot)
        publish(lines, &step)
        let line = state.users[user].credits[lines.user]
        return HoldReceipt(
            hold: new.id, standing: .open, held: Credits(clamping: new.credits), charged: .zero,
            spent: line.spent(on: step.date), remaining: line.remaining(on: step.date),
            expiresAt: record.expiry, index: step.index)
    }

    private mutating func settle(
        _ slot: Slot<HoldRecord>, _ settlement: Settlement, _ step: inout Step
    ) throws(Refusal) -> HoldReceipt {
        let hold = state.holds[slot]
        if let end = hold.end {
            // The same again, by whoever: a hold is settled once.
            guard end.manner == .settled, UInt64(end.charged) == settlement.credits else {
                throw .holdEnded
            }
            return hold.receipt(settlement.hold, end)
        }
        guard isWithin(settlement, hold) else {
            throw .holdExceeded(held: Credits(clamping: UInt64(hold.credits)))
        }
        let lines = release(slot)
        let account = state.users[hold.user].account
        state.users[hold.user].credits[lines.user].spent.add(settlement.credits, on: hold.date)
        state.accounts[account].pools[lines.pool].spent.add(settlement.credits, on: hold.date)
        if let key = self.slot(of: hold.key) {
            state.keys.addSpent(settlement.credits, on: hold.date, by: key)
        } else if settlement.credits > 0 {
            state.users[hold.user].forgotSpending = true
        }
        return finish(slot, lines, .settled, settlement, &step)
    }

    private func isWithin(_ settlement: Settlement, _ hold: HoldRecord) -> Bool {
        #if MUTANTS
        if PlantedBug.isOn(.settleAboveHold) { return true }
        #endif
        return settlement.credits <= UInt64(hold.credits)
    }

    private mutating func void(
        _ slot: Slot<HoldRecord>, _ id: IdempotencyKey, _ step: inout Step
    ) throws(Refusal) -> HoldReceipt {
        let hold = state.holds[slot]
        if let end = hold.end {
            guard end.manner == .voided else { throw .holdEnded }
            return hold.receipt(id, end)
        }
        let none = Settlement(key: .id(hold.key), hold: id, credits: 0)
        return finish(slot, release(slot), .voided, none, &step)
    }

    /// Notes how a hold ended whose credits were released, and shows it.
    private mutating func finish(
        _ slot: Slot<HoldRecord>, _ lines: CreditLines, _ manner: HoldEnd.Manner,
        _ settlement: Settlement, _ step: inout Step
    ) -> HoldReceipt {
        publish(lines, &step)
        let line = state.users[state.holds[slot].user].credits[lines.user]
        let end = HoldEnd(
            manner: manner, charged: UInt32(settlement.credits),
            spent: line.spent(on: step.date), remaining: line.remaining(on: step.date),
            index: step.index, forgottenAt: endedUntil(step))
        setEnd(end, of: slot)
        var receipt = state.holds[slot].receipt(settlement.hold, end)
        receipt.replayed = false
        return receipt
    }

    /// The hold of an id, of whichever key of that user. One whose time-out has passed has lapsed,
    /// whether or not its turn had come.
    private mutating func hold(
        _ id: IdempotencyKey, ofUserOf key: Slot<KeyRecord>, in scope: AccountID,
        _ step: inout Step
    ) throws(Refusal) -> Slot<HoldRecord> {
        guard let slot = holdSlot(of: HoldRecord.name(id, in: scope)),
            state.holds[slot].user == state.keys.user(of: key)
        else { throw .holdNotFound }
        if state.holds[slot].end == nil, state.holds[slot].expiry <= step.time {
            lapse(slot, &step)
        }
        return slot
    }

    func holdSlot(of name: Digest) -> Slot<HoldRecord>? {
        index.holds.find(name.word0) { state.holds[Slot($0)].name == name }.map(Slot.init)
    }

    private func endedUntil(_ step: Step) -> Timestamp {
        step.time + .seconds(Int64(state.settings.endedHoldSeconds))
    }

    private mutating func setEnd(_ end: HoldEnd, of slot: Slot<HoldRecord>) {
        index.unschedule(state.holds[slot])
        state.holds[slot].end = end
        index.schedule(state.holds[slot], slot)
    }

    /// Gives back what an open hold reserves, in the periods in which it was placed. Requires a
    /// user who isn't removed.
    private mutating func release(_ slot: Slot<HoldRecord>) -> CreditLines {
        let hold = state.holds[slot]
        let lines = creditLines(of: hold.user, for: hold.api)
        let credits = UInt64(hold.credits)
        state.users[hold.user].credits[lines.user].held.remove(credits, on: hold.date)
        state.accounts[lines.account].pools[lines.pool].held.remove(credits, on: hold.date)
        uncount(holdOf: hold.user)
        return lines
    }

    private mutating func uncount(holdOf user: Slot<UserRecord>) {
        state.users[user].openHolds -= 1
        state.accounts[state.users[user].account].openHolds -= 1
    }
}

// What time and a user's removal do to holds.
extension StateMachine {
    /// Lets holds lapse that are due, those due first before the others, and forgets ended ones:
    /// a bounded number of each. What is left counts until its turn comes, with the next entries:
    /// meanwhile a charge may be refused, but none is let through.
    mutating func clearHolds(_ step: inout Step) {
        for _ in 0..<Bounds.clearedPerEntry {
            guard let (due, slot) = index.lapsing.first, due.at <= step.time else { break }
            lapse(slot, &step)
        }
        for _ in 0..<Bounds.clearedPerEntry {
            guard let (due, slot) = index.endedHolds.first,
                due.at <= step.time
                    || index.endedHolds.count > Int(state.settings.endedHolds)
            else { break }
            forget(slot)
        }
    }

    mutating func lapse(_ slot: Slot<HoldRecord>, _ step: inout Step) {
        let user = state.holds[slot].user
        if state.users[user].isRemoved {
            uncount(holdOf: user)
        } else {
            let lines = release(slot)
            publish(lines, &step)
        }
        let end = HoldEnd(manner: .lapsed, index: step.index, forgottenAt: endedUntil(step))
        setEnd(end, of: slot)
    }

    mutating func forget(_ slot: Slot<HoldRecord>) {
        let hold = state.holds[slot]
        state.holds.unlink(slot, from: &state.users[hold.user].holds)
        index.remove(hold, slot)
        state.holds.remove(slot)
    }

    /// Gives back all that the holds of a user who is being removed reserve, by their sums: no hold
    /// is visited. Each lapses as an empty one when its time comes, and counts against what the
    /// account may have open until then: whoever adds and removes users can't fill the memory.
    mutating func voidHolds(ofRemoved user: Slot<UserRecord>, _ step: inout Step) {
        let account = state.users[user].account
        for position in state.users[user].credits.indices {
            let line = state.users[user].credits[position]
            guard line.held.lifetime > 0 else { continue }
            #if MUTANTS
            if PlantedBug.isOn(.removedHoldsInPool) {
                state.users[user].credits[position].held = HeldCounters()
                continue
            }
            #endif
            let pool = state.accounts[account].poolIndex(for: line.api)
            state.accounts[account].pools[pool].held.remove(line.held)
            state.users[user].credits[position].held = HeldCounters()
            publish(
                CreditLines(owner: user, account: account, user: position, pool: pool), &step)
        }
    }
}

extension HoldRecord {
    /// The answer to an end that had been told before.
    fileprivate func receipt(_ id: IdempotencyKey, _ end: HoldEnd) -> HoldReceipt {
        HoldReceipt(
            hold: id, standing: end.manner == .settled ? .settled : .voided,
            held: Credits(clamping: UInt64(credits)),
            charged: Credits(clamping: UInt64(end.charged)), spent: end.spent,
            remaining: end.remaining, expiresAt: expiry, index: end.index, replayed: true)
    }
}

extension HoldCommand {
    fileprivate var isPlacing: Bool { if case .place = self { true } else { false } }

    /// The digest of what is asked for under an id, and by whom: which key of the user settles or
    /// voids doesn't matter; which one places does.
    fileprivate func content(_ key: KeyID, of user: UserID, in account: AccountID) -> Digest {
        var writer = ByteWriter(capacity: 96)
        writer.put(kind)
        writer.put(HoldRecord.name(hold, in: account))
        switch self {
        case .place(let hold):
            writer.put(key)
            writer.put(hold.credits)
            writer.put(hold.timeoutSeconds)
        case .settle(let settlement):
            writer.put(user)
            writer.put(settlement.credits)
        case .void: writer.put(user)
        }
        return SHA256.digest(of: writer.bytes)
    }
}

extension LedgerRecord {
    fileprivate init(
        _ request: RequestID, _ content: Digest, _ outcome: Outcome, at index: LogIndex
    ) {
        var writer = ByteWriter(capacity: 128)
        writer.put(outcome)
        self.init(
            request: request, index: index,
            answer: .change(content: content, outcome: writer.bytes))
    }
}
