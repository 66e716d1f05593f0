import Basics

// Nothing is done twice under one id.
extension StateMachine {
    /// The answer already given to this very request: its node sent it again.
    func ownRetry(of envelope: Envelope) -> Outcome? {
        if let outcome = recordedRequest(envelope.requestID) { return outcome }
        guard let id = envelope.idempotency,
            let record = record(
                of: id, in: scope(of: envelope.command, account(of: envelope.actor))),
            record.request == envelope.requestID
        else { return nil }
        return record.outcome(isReplay: false)
    }

    /// The answer already given under a client's id to another request with the same content.
    /// Throws if the content was another, or the id is no longer remembered.
    func answer(
        of id: IdempotencyKey, in scope: AccountID, content: Digest
    ) throws(Refusal) -> Outcome? {
        try refuseForgotten(id)
        guard let record = record(of: id, in: scope) else { return nil }
        #if MUTANTS
        if PlantedBug.isOn(.duplicatesInMemory), record.index < rememberedFrom { return nil }
        #endif
        guard record.content == content, let outcome = record.outcome(isReplay: true) else {
            throw .idempotencyConflict
        }
        return outcome
    }

    /// What was recorded under an id, whatever it was for.
    func record(of id: IdempotencyKey, in scope: AccountID) -> LedgerRecord? {
        switch id {
        case .uuidV7(let high, let low):
            guard !state.ledger.isAtOrBelowFloor(high: high, low: low) else { return nil }
            return state.ledger.timed[TimedID(high: high, low: low, account: scope)]
        case .freeForm(let bytes):
            let key = FreeFormID(account: scope, digest: SHA256.digest(of: bytes))
            return state.ledger.freeForm.record(key, at: state.time)
        }
    }

    func refuseForgotten(_ id: IdempotencyKey) throws(Refusal) {
        guard case .uuidV7(let high, let low) = id else { return }
        guard !state.ledger.isAtOrBelowFloor(high: high, low: low) else {
            throw .idempotencyTooOld
        }
    }

    /// Throws if an id that isn't in the ledger can't be put there.
    mutating func admit(_ id: IdempotencyKey, in scope: AccountID) throws(Refusal) {
        if let time = id.time {
            guard time <= state.time + Bounds.idempotencyLead else { throw .idempotencyTooNew }
            return
        }
        guard scope.rawValue == 0 || slot(of: scope) != nil else { throw .accountNotFound }
        // What is overdue doesn't count, whether or not it was cleared yet.
        while freeFormCount(of: scope) >= state.settings.freeFormRecordsPerAccount {
            guard state.ledger.freeForm.isFirstDue(at: state.time) else {
                throw .idempotencyCapacity
            }
            dropFirstFreeForm()
        }
    }

    /// Requires an id that was admitted in this step.
    mutating func record(_ record: LedgerRecord, as id: IdempotencyKey, in scope: AccountID) {
        switch id {
        case .uuidV7(let high, let low):
            state.ledger.timed.updateValue(
                record, forKey: TimedID(high: high, low: low, account: scope))
            trimTimed(atMost: Bounds.clearedPerEntry)
        case .freeForm(let bytes):
            let key = FreeFormID(account: scope, digest: SHA256.digest(of: bytes))
            let window = Duration.seconds(Int64(state.settings.idempotencySeconds))
            state.ledger.freeForm.insert(key, record, expiry: state.time + window)
            changeFreeFormCount(of: scope, by: 1)
        }
    }

    mutating func remember(
        _ outcome: Outcome, of envelope: Envelope, as id: IdempotencyKey, in scope: AccountID
    ) {
        record(LedgerRecord(envelope, outcome, at: state.index), as: id, in: scope)
    }

    /// For the retries of the request's own node only.
    mutating func rememberRequest(_ outcome: Outcome, of envelope: Envelope) {
        rememberRequest(
            LedgerRecord(envelope, outcome, at: state.index), of: envelope.requestID, item: 0)
    }

    mutating func rememberRequest(_ record: LedgerRecord, of request: RequestID, item: UInt32) {
        let window = Duration.seconds(Int64(state.settings.requestSeconds))
        state.ledger.requests.insert(
            RequestItem(request: request, item: item), record, expiry: state.time + window)
        while state.ledger.requests.order.count > Int(state.settings.requestRecords) {
            _ = state.ledger.requests.removeFirst()
        }
    }

    private func recordedRequest(_ request: RequestID) -> Outcome? {
        state.ledger.requests.record(RequestItem(request: request, item: 0), at: state.time)?
            .outcome(isReplay: false)
    }

    // What the records count.

    private func freeFormCount(of scope: AccountID) -> UInt32 {
        guard scope.rawValue != 0 else { return state.ledger.clusterFreeFormRecords }
        return slot(of: scope).map { state.accounts[$0].freeFormRecords } ?? 0
    }

    private mutating func changeFreeFormCount(of scope: AccountID, by change: Int64) {
        if scope.rawValue == 0 {
            let count = Int64(state.ledger.clusterFreeFormRecords) + change
            state.ledger.clusterFreeFormRecords = UInt32(clamping: count)
        } else if let slot = slot(of: scope) {
            // The account may have been forgotten meanwhile; its records expire on their own.
            let count = Int64(state.accounts[slot].freeFormRecords) + change
            state.accounts[slot].freeFormRecords = UInt32(clamping: count)
        }
    }

    mutating func dropFirstFreeForm() {
        guard let key = state.ledger.freeForm.removeFirst() else { return }
        changeFreeFormCount(of: key.account, by: -1)
    }

    /// Removes the least UUIDs beyond the most that are remembered, raises the floor over them,
    /// and removes what lies at or below it, at most `most` records in all.
    mutating func trimTimed(atMost most: Int) {
        for _ in 0..<most {
            guard let least = state.ledger.timed.firstKey else { return }
            if !state.ledger.isAtOrBelowFloor(high: least.high, low: least.low) {
                guard state.ledger.timed.count > Int(state.settings.uuidRecords) else { return }
                state.ledger.raiseFloor(high: least.high, low: least.low)
            }
            state.ledger.timed.removeValue(forKey: least)
        }
    }
}

extension LedgerRecord {
    init(_ envelope: Envelope, _ outcome: Outcome, at index: LogIndex) {
        var writer = ByteWriter(capacity: 128)
        writer.put(outcome)
        self.init(
            request: envelope.requestID, index: index,
            answer: .change(content: envelope.content, outcome: writer.bytes))
    }

    /// The digest of a change's or a hold's content; nil for a charge.
    var content: Digest? {
        guard case .change(let content, _) = answer else { return nil }
        return content
    }

    /// A change's or a hold's outcome; nil for a charge.
    func outcome(isReplay: Bool) -> Outcome? {
        guard case .change(_, let bytes) = answer else { return nil }
        var reader = ByteReader(bytes)
        guard let outcome = try? Outcome(from: &reader) else { return nil }
        return outcome.told(isReplay: isReplay, recordedAt: index)
    }
}

extension Outcome {
    /// As it is told, which says whether it was decided earlier: for another request, or of a hold
    /// that had ended when it was recorded.
    fileprivate func told(isReplay: Bool, recordedAt index: LogIndex) -> Outcome {
        switch self {
        case .changed(var change):
            change.replayed = isReplay
            return .changed(change)
        case .held(var receipt):
            receipt.replayed = isReplay || receipt.index != index
            return .held(receipt)
        default:
            return self
        }
    }
}

extension StateMachine {
    /// What was answered to a request that this node forwarded and whose entry it didn't apply
    /// itself, because a snapshot brought the state: nil if that isn't known, and then the same
    /// envelope may be proposed again, which never does anything twice.
    public func recordedOutcome(for envelope: Envelope) -> Outcome? {
        if case .hold(let command) = envelope.command {
            return ownRetry(of: command, request: envelope.requestID)
        }
        guard case .charge(let charges) = envelope.command else { return ownRetry(of: envelope) }
        var outcomes: [ChargeOutcome] = []
        for (position, charge) in charges.enumerated() {
            let key = slot(of: charge.key)
            guard
                let outcome = ownRetry(
                    of: charge, at: position, request: envelope.requestID, key)
            else { return nil }
            outcomes.append(outcome)
        }
        return .charged(outcomes)
    }
}
