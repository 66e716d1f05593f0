import Basics

extension StateMachine {
    /// Applies the payload of a log entry.
    ///
    /// - Parameters:
    ///   - index: the entry's; above all that were applied before.
    ///   - time: the entry's; an earlier one than the last counts as that.
    ///   - changes: what the read side must do, appended in order.
    /// - Returns: the request that the entry answers, nil if it is malformed, and its outcome.
    public mutating func apply(
        _ payload: [UInt8], at index: LogIndex, time: Timestamp, changes: inout [TableChange]
    ) -> (request: RequestID?, outcome: Outcome) {
        var step = begin(at: index, time: time, &changes)
        defer { swap(&step.changes, &changes) }
        guard let envelope = try? Envelope(decoding: payload) else { return (nil, .malformed) }
        return (envelope.requestID, decide(envelope, &step))
    }

    /// Applies an entry that bears no command: a leader's first, or a tick.
    public mutating func advance(
        to index: LogIndex, time: Timestamp, changes: inout [TableChange]
    ) {
        var step = begin(at: index, time: time, &changes)
        swap(&step.changes, &changes)
    }

    /// Moves index and time on and clears what is due: the same for every kind of entry, so that
    /// a period ends and a record expires at one log position.
    private mutating func begin(
        at index: LogIndex, time: Timestamp, _ changes: inout [TableChange]
    ) -> Step {
        precondition(index > state.index, "an entry is applied twice or out of order")
        precondition(index <= Bounds.latestIndex, "no log is that long")
        let before = state.date
        state.index = index
        state.time = max(state.time, min(time, Bounds.latestTime))
        var step = Step(index: index, time: state.time, date: state.date)
        swap(&step.changes, &changes)
        if step.date != before {
            step.changes.append(.calendar(day: step.date.day, month: step.date.month))
        }
        endDueKeys(&step)
        clear(&step)
        return step
    }

    private mutating func decide(_ envelope: Envelope, _ step: inout Step) -> Outcome {
        if envelope.command.isKeyState { state.keyStateIndex = step.index }
        endDueKeys(namedBy: envelope.command, &step)
        switch envelope.command {
        case .charge(let charges):
            return .charged(decide(charges, request: envelope.requestID, &step))
        case .hold(let command):
            return decide(command, request: envelope.requestID, &step)
        case .tick:
            return envelope.actor == .cluster ? .noted : .refused(.forbidden)
        case .reportLastUsed(let stamps):
            guard envelope.actor == .cluster else { return .refused(.forbidden) }
            note(stamps)
            return .noted
        default:
            return decideChange(envelope, &step)
        }
    }

    /// An administrative change, once: see `Ledger`.
    private mutating func decideChange(_ envelope: Envelope, _ step: inout Step) -> Outcome {
        if case .changeMember(let command) = envelope.command,
            case .made(let member) = command.decision
        {
            return noteMade(member, by: envelope, &step)
        }
        if let answered = ownRetry(of: envelope) { return answered }
        guard case .token(let token) = envelope.actor, let identity = identity(of: token) else {
            return .refused(.unauthenticated)
        }
        do throws(Refusal) {
            try authorize(envelope.command, identity)
            let scope = scope(of: envelope.command, identity.account)
            if let id = envelope.idempotency {
                if let answered = try answer(of: id, in: scope, content: envelope.content) {
                    return answered
                }
                try admit(id, in: scope)
            }
            try refuseStrayText(envelope.command)
            let outcome = perform(envelope.command, Author(identity), &step)
            if let id = envelope.idempotency {
                remember(outcome, of: envelope, as: id, in: scope)
            } else {
                rememberRequest(outcome, of: envelope)
            }
            return outcome
        } catch {
            // Not under the client's id: it may be someone else's, or can't be remembered. But
            // this request has its answer, and a later copy of it must not find another.
            rememberRequest(.refused(error), of: envelope)
            return .refused(error)
        }
    }

    private mutating func perform(
        _ command: Command, _ author: Author, _ step: inout Step
    ) -> Outcome {
        do throws(Refusal) {
            return .changed(try change(command, author, &step))
        } catch {
            return .refused(error)
        }
    }

    private mutating func change(
        _ command: Command, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        switch command {
        case .createAccount(let id, let name): try createAccount(id, name, author, &step)
        case .renameAccount(let id, let name): try renameAccount(id, name, author, &step)
        case .deleteAccount(let id): try deleteAccount(id, author, &step)
        case .createUser(let id, let account, let email, let name, let role):
            try createUser(id, in: account, email, name, role, author, &step)
        case .updateUser(let id, let account, let email, let name, let role):
            try updateUser(id, in: account, email, name, role, author, &step)
        case .removeUser(let id, let account): try removeUser(id, in: account, author, &step)
        case .setLimit(let user, let account, let api, let credits, let period):
            try setLimit(
                of: user, in: account, api, Allowance(credits: credits, period: period), author,
                &step)
        case .removeLimit(let user, let account, let api):
            try removeLimit(of: user, in: account, api, author, &step)
        case .createKey(let key): try createKey(key, author, &step)
        case .renameKey(let id, let account, let name):
            try renameKey(id, in: account, name, author, &step)
        case .setKeyActive(let id, let account, let active):
            try setKey(id, in: account, active: active, author, &step)
        case .revokeKey(let id, let account): try revokeKey(id, in: account, author, &step)
        case .revokeAllKeys(let user, let account):
            try revokeAllKeys(of: user, in: account, author, &step)
        case .createToken(let token): try createToken(token, author, &step)
        case .revokeToken(let id): try revokeToken(id, author, &step)
        case .updateSettings(let change): try updateSettings(change, author, &step)
        case .changeMember(let command): try answer(command, step)
        case .rotateKey(let rotation): try rotateKey(rotation, author, &step)
        case .createAPI(let api, let name): try createAPI(api, name, author, &step)
        case .removeAPI(let api): try removeAPI(api, author, &step)
        case .setPool(let account, let api, let credits, let period):
            try setPool(
                of: account, for: api, Allowance(credits: credits, period: period), author, &step)
        case .removePool(let account, let api): try removePool(of: account, for: api, author, &step)
        case .importKeys(let batch): try importKeys(batch, author, &step)
        case .charge, .hold, .tick, .reportLastUsed: preconditionFailure("decided before")
        }
    }

    /// Takes the later of what is known and what is reported; a node's clock ahead of log time
    /// counts as log time.
    private mutating func note(_ stamps: [LastUsed]) {
        let now = UInt32(clamping: state.time.milliseconds / 60_000)
        for stamp in stamps {
            guard let slot = slot(of: stamp.key) else { continue }
            let minute = min(stamp.minute, now)
            // Read first: a write after a freeze copies the chunk.
            if state.keys[slot].lastUsedMinute < minute {
                state.keys[slot].lastUsedMinute = minute
            }
        }
    }
}
