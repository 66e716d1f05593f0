import Basics
import Consensus
import Keyring

extension Node {
    /// Takes a request of one of this node's clients.
    mutating func take(_ request: ClientRequest, effects: inout [NodeEffect]) {
        func fail(_ failure: ClientFailure) {
            effects.append(.reply(request.ticket, .failed(failure)))
        }
        if let absence { return fail(absence) }
        guard hasRoom(for: request) else { return fail(.overloaded) }
        // The leader would take it, but this node couldn't tell how it went: it learns that by
        // applying the entry, for which it has no room.
        if isDiskFull, request.body.changesState { return fail(.diskFull) }
        switch request.body {
        case .query(_, _, .local), .status, .transferLeadership, .takeSnapshot:
            performLocally(request, effects: &effects)
        case .query(_, _, .linearizable), .validation:
            wait(request)
        case .change(let token, _):
            // A token made a moment ago through another node may not have come here yet.
            if state.knowsToken(token) {
                perform(request, effects: &effects)
            } else {
                wait(request)
            }
        case .charge(let charges):
            // The same goes for a key.
            if state.knowsEveryKey(of: charges) {
                perform(request, effects: &effects)
            } else {
                wait(request)
            }
        case .hold(let command):
            if state.knows(command.key) {
                perform(request, effects: &effects)
            } else {
                wait(request)
            }
        }
    }

    /// Why this node serves nobody; nil if it does.
    private var absence: ClientFailure? {
        guard isOpen, !isStopping, raft.standing.isWhole else { return .unavailable }
        return isRemoved || raft.isBlank ? .notMember : nil
    }

    /// Whether the request may wait beside all that wait already, by count and by bytes.
    private func hasRoom(for request: ClientRequest) -> Bool {
        let waiting =
            pending.count + gathered.count + memberChanges.count + reads.count + held.count
            + snapshots.waiting.count
        return waiting < NodeLimits.waitingRequests
            && pending.bytes + reads.bytes + request.cost <= NodeLimits.waitingBytes
    }

    /// Lets the request wait until this node's state reflects all that returned before it came.
    private mutating func wait(_ request: ClientRequest) {
        var patience = settings.readDeadline
        if case .validation = request.body { patience = settings.validationDeadline }
        reads.insert(PendingRead(request: request, deadline: clock.now + patience))
    }

    /// Serves by this node's memory while a lease lasts, or as linearizably as any read: who asks
    /// is weighed by the same rule as a presented key. The step's clocks were read after the
    /// request had come, and nothing of the node changes in between.
    private mutating func performLocally(
        _ request: ClientRequest, effects: inout [NodeEffect]
    ) {
        guard !isConfirming else { return wait(request) }
        let now = clock.steady
        guard let last = holder.leases.last, now.precedes(last.expiry) else {
            return effects.append(.reply(request.ticket, .failed(.unavailable)))
        }
        guard mayAnswerLocally(request.body, at: now) else { return wait(request) }
        perform(request, effects: &effects)
    }

    private func mayAnswerLocally(_ body: ClientRequest.Body, at now: SteadyInstant) -> Bool {
        guard now.precedes(leaseExpiry) else { return false }
        #if MUTANTS
        if PlantedBug.isOn(.localTokenUnsettled) { return true }
        #endif
        return isSettled(body)
    }

    /// What `whoami` would be answered from this node's memory if it were asked now; nil if
    /// nothing. For a checker.
    public func identifyLocally(_ token: Digest, at now: SteadyInstant) -> QueryAnswer? {
        guard absence == nil, !isConfirming,
            mayAnswerLocally(.query(token, .whoami, .local), at: now)
        else { return nil }
        return state.answer(.whoami, from: token)
    }

    /// Whether nothing in the log may yet change the power of the token or key presented. A token
    /// that isn't known may be about to be made.
    private func isSettled(_ body: ClientRequest.Body) -> Bool {
        switch body {
        case .query(let key, .credits, _): !table.isBlocked(key)
        case .query(let token, _, _), .status(let token), .transferLeadership(let token, _),
            .takeSnapshot(let token):
            isSettled(token: token)
        case .change, .charge, .hold, .validation: false
        }
    }

    private func isSettled(token: Digest) -> Bool {
        guard let identity = state.identity(of: token) else { return false }
        let subjects = [
            .token(identity.token), identity.user.map(KeyStateSubject.user),
            identity.account.map(KeyStateSubject.account),
        ].compactMap(\.self)
        return !subjects.contains(where: table.isBlocked)
    }

    /// Answers what waited for a state that has now been reached.
    mutating func answerReadyReads(_ effects: inout [NodeEffect]) {
        for request in reads.takeReady(applied: state.appliedIndex) {
            perform(request, effects: &effects)
        }
    }

    /// The answer by the state as it is.
    private func reply(to request: ClientRequest) -> ClientReply {
        switch request.body {
        case .query(let digest, let query, _):
            return .answer(state.answer(query, from: digest), at: state.appliedIndex)
        case .validation(let question):
            let validation = ValidationLoads.Applied(table.image)
                .states(of: question.digest)
                .judgeConfirmed(for: question.api, cost: question.cost)
            if let key = validation.key, validation.verdict == .valid {
                table.stamp(key, minute: UInt32(clamping: clock.wall.milliseconds / 60_000))
            }
            return .validation(validation)
        case .status(let token):
            switch state.identity(of: token)?.role {
            case .operator: return .status(status)
            case nil: return .failed(.unauthenticated)
            default: return .failed(.forbidden)
            }
        case .change, .charge, .hold, .transferLeadership, .takeSnapshot:
            preconditionFailure("not a question")
        }
    }

    /// Serves a request for which the state as it is will do.
    private mutating func perform(_ request: ClientRequest, effects: inout [NodeEffect]) {
        switch request.body {
        case .change(let token, let submission):
            guard let actor = state.identity(of: token)?.token else {
                return refuse(request, .unauthenticated, effects: &effects)
            }
            #if MUTANTS
            if PlantedBug.isOn(.keyCapAtDoor), raft.isLeader,
                let refusal = state.keyCapRefusal(submission.command)
            {
                let reply = ClientReply.outcome(.refused(refusal), at: state.appliedIndex)
                return effects.append(.reply(request.ticket, reply))
            }
            #endif
            submit(submission, by: .token(actor), for: .one(request.ticket))
        case .charge(let charges):
            perform(charges, ticket: request.ticket, effects: &effects)
        case .hold(let command):
            perform(command, ticket: request.ticket, effects: &effects)
        case .transferLeadership(let token, let target):
            guard authorizeOperator(request, token: token, effects: &effects) else { return }
            beginTransfer(to: target, ticket: request.ticket, effects: &effects)
        case .takeSnapshot(let token):
            guard authorizeOperator(request, token: token, effects: &effects) else { return }
            snapshots.waiting.append(
                WaitingTicket(
                    ticket: request.ticket, snapshot: snapshots.begun + 1,
                    deadline: clock.now + settings.snapshotDeadline))
            snapshots.isWanted = true
        case .query, .status, .validation:
            effects.append(.reply(request.ticket, reply(to: request)))
        }
    }

    private mutating func perform(
        _ charges: [Charge], ticket: RequestTicket, effects: inout [NodeEffect]
    ) {
        // Keys that nobody knows are refused when the charge is applied, each for itself; a
        // request with no known key at all never reaches the log.
        guard state.knowsAnyKey(of: charges) else {
            let outcome = Outcome.charged(charges.map { _ in .refused(.invalidKey) })
            return effects.append(.reply(ticket, .outcome(outcome, at: state.appliedIndex)))
        }
        #if MUTANTS
        if PlantedBug.isOn(.limitAtDoor), raft.isLeader,
            let refusal = state.limitRefusal(charges)
        {
            let outcome = Outcome.charged(charges.map { _ in .refused(refusal) })
            return effects.append(.reply(ticket, .outcome(outcome, at: state.appliedIndex)))
        }
        #endif
        if charges.count == 1 {
            gather(charges[0], for: ticket)
        } else {
            submit(.charges(charges), by: .cluster, for: .one(ticket))
        }
    }

    private mutating func perform(
        _ command: HoldCommand, ticket: RequestTicket, effects: inout [NodeEffect]
    ) {
        guard state.knows(command.key) else {
            let reply = ClientReply.outcome(.refused(.invalidKey), at: state.appliedIndex)
            return effects.append(.reply(ticket, reply))
        }
        // As a charge it is its own content, and judged by its key.
        let submission = ClientRequest.Submission(
            command: .hold(command), idempotency: nil, content: .zero)
        submit(submission, by: .cluster, for: .one(ticket))
    }

    private func refuse(
        _ request: ClientRequest, _ failure: ClientFailure, effects: inout [NodeEffect]
    ) {
        effects.append(.reply(request.ticket, .failed(failure)))
    }

    private func authorizeOperator(
        _ request: ClientRequest, token: Digest, effects: inout [NodeEffect]
    ) -> Bool {
        guard let identity = state.identity(of: token) else {
            refuse(request, .unauthenticated, effects: &effects)
            return false
        }
        guard identity.role == .operator else {
            refuse(request, .forbidden, effects: &effects)
            return false
        }
        return true
    }

    /// Puts a command under an id of this node's own drawing and into the outbox.
    mutating func submit(
        _ submission: ClientRequest.Submission, by actor: Actor, for waiters: Waiters
    ) {
        // What came before goes before.
        submitGathered()
        let requestID = RequestID(high: entropy.next(), low: entropy.next())
        let envelope = Envelope(
            requestID: requestID, actor: actor, idempotency: submission.idempotency,
            content: submission.content, command: submission.command)
        let mutation = PendingMutation(
            waiters: waiters, requestID: requestID, envelope: envelope.encode(),
            deadline: clock.now + settings.changeDeadline)
        if case .changeMember = submission.command {
            memberChanges.insert(mutation)
        } else {
            pending.insert(mutation)
        }
    }

    /// Ends what has waited too long; everything if this node is no member any more, because
    /// nobody will tell it how anything went.
    mutating func expireRequests(_ effects: inout [NodeEffect]) {
        let due = isRemoved ? .never : clock.now
        let nothingDone: ClientFailure = isRemoved ? .notMember : .noLeader
        for mutation in pending.takeExpired(now: due) + memberChanges.takeExpired(now: due) {
            let failure: ClientFailure = mutation.attempts == 0 ? nothingDone : .outcomeUnknown
            answer(mutation.waiters, .failed(failure), effects: &effects)
        }
        for request in reads.takeExpired(now: due) {
            var failure = nothingDone
            if case .validation = request.body { failure = .unavailable }
            effects.append(.reply(request.ticket, .failed(failure)))
        }
    }
}
