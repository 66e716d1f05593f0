import Basics
import Consensus
import Keyring

extension Node {
    /// Takes a request of one of this node's clients.
    mutating func take(_ request: ClientRequest, effects: inout [NodeEffect]) {
        func fail(_ failure: ClientFailure) {
            effects.append(.reply(request.ticket, .failed(failure)))
        }
        guard isOpen, !isStopping, raft.standing.isWhole else { return fail(.unavailable) }
        guard !isRemoved, !raft.isBlank else { return fail(.notMember) }
        guard hasRoom(for: request) else { return fail(.overloaded) }
        switch request.body {
        case .query(_, _, .local), .status:
            answer(request, effects: &effects)
        case .query(_, _, .linearizable):
            wait(request)
        case .change(let token, _), .transferLeadership(let token, _), .takeSnapshot(let token):
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
        }
    }

    /// Whether the request may wait beside all that wait already, by count and by bytes.
    private func hasRoom(for request: ClientRequest) -> Bool {
        let waiting =
            pending.count + memberChanges.count + reads.count + settling.count
            + snapshots.waiting.count
        return waiting < NodeLimits.waitingRequests
            && pending.bytes + reads.bytes + request.cost <= NodeLimits.waitingBytes
    }

    /// Lets the request wait until this node's state reflects all that returned before it came.
    private mutating func wait(_ request: ClientRequest) {
        reads.insert(PendingRead(request: request, deadline: clock.now + settings.readDeadline))
    }

    /// Answers what waited for a state that has now been reached.
    mutating func answerReadyReads(_ effects: inout [NodeEffect]) {
        for request in reads.takeReady(applied: state.appliedIndex) {
            switch request.body {
            case .query, .status: answer(request, effects: &effects)
            case .change, .charge, .transferLeadership, .takeSnapshot:
                perform(request, effects: &effects)
            }
        }
    }

    /// Answers from the state as it is.
    private mutating func answer(_ request: ClientRequest, effects: inout [NodeEffect]) {
        let reply: ClientReply
        switch request.body {
        case .query(let digest, let query, _):
            reply = .answer(state.answer(query, from: digest), at: state.appliedIndex)
        case .status(let token):
            reply = state.knowsToken(token) ? .status(status) : .failed(.unauthenticated)
        case .change, .charge, .transferLeadership, .takeSnapshot:
            preconditionFailure("not a question")
        }
        effects.append(.reply(request.ticket, reply))
    }

    /// Starts a change whose token or keys this node knows, or as linearizably as can be doesn't.
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
            submit(submission, by: .token(actor), ticket: request.ticket)
        case .charge(let charges):
            perform(charges, ticket: request.ticket, effects: &effects)
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
        case .query, .status:
            preconditionFailure("not a change")
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
        // Each charge has its own id and is its own content.
        let submission = ClientRequest.Submission(
            command: .charge(charges), idempotency: nil, content: .zero)
        submit(submission, by: .cluster, ticket: ticket)
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
        _ submission: ClientRequest.Submission, by actor: Actor, ticket: RequestTicket?
    ) {
        let requestID = RequestID(high: entropy.next(), low: entropy.next())
        let envelope = Envelope(
            requestID: requestID, actor: actor, idempotency: submission.idempotency,
            content: submission.content, command: submission.command)
        let mutation = PendingMutation(
            ticket: ticket, requestID: requestID, envelope: envelope.encode(),
            deadline: clock.now + settings.changeDeadline)
        if case .changeMember = submission.command {
            memberChanges.insert(mutation)
        } else {
            pending.insert(mutation)
        }
    }

    /// Replies, if anybody waits.
    func answer(
        _ ticket: RequestTicket?, _ reply: ClientReply, effects: inout [NodeEffect]
    ) {
        if let ticket { effects.append(.reply(ticket, reply)) }
    }

    /// Ends what has waited too long.
    mutating func expireRequests(_ effects: inout [NodeEffect]) {
        let expired =
            pending.takeExpired(now: clock.now) + memberChanges.takeExpired(now: clock.now)
        for mutation in expired {
            let failure: ClientFailure =
                mutation.attempts == 0 ? .noLeader : .outcomeUnknown(mutation.requestID)
            answer(mutation.ticket, .failed(failure), effects: &effects)
        }
        for request in reads.takeExpired(now: clock.now) {
            effects.append(.reply(request.ticket, .failed(.noLeader)))
        }
    }
}
