import Basics

extension StateMachine {
    /// Notes a change of the members that the entry itself has brought. It stands whatever became
    /// of its author meanwhile, so nothing is refused any more.
    mutating func noteMade(
        _ member: MemberDetail, by envelope: Envelope, _ step: inout Step
    ) -> Outcome {
        guard case .changeMember(let command) = envelope.command,
            case .token(let token) = envelope.actor
        else { return .malformed }
        let author = identity(of: token).map(Author.init) ?? Author(token: token, user: nil)
        let action: AuditAction =
            switch command.request {
            case .add: .memberAdded
            case .promote: .memberPromoted
            case .remove: .memberRemoved
            }
        audit(action, .member(member.id), in: nil, author, &step)
        let outcome = Outcome.changed(Change(.member(member), index: step.index))
        let scope = AccountID(0)
        if let id = envelope.idempotency, record(of: id, in: scope) == nil, mayAdmit(id, in: scope)
        {
            remember(outcome, of: envelope, as: id, in: scope)
        } else {
            rememberRequest(outcome, of: envelope)
        }
        return outcome
    }

    private mutating func mayAdmit(_ id: IdempotencyKey, in scope: AccountID) -> Bool {
        do throws(Refusal) {
            try refuseForgotten(id)
            try admit(id, in: scope)
            return true
        } catch {
            return false
        }
    }

    /// Answers a request about members that changed nothing, as the leader decided.
    func answer(_ command: MemberCommand, _ step: Step) throws(Refusal) -> Change {
        switch command.decision {
        case .made(let member), .standing(let member):
            Change(.member(member), index: step.index)
        case .refused(let refusal): throw .memberRefused(refusal)
        }
    }

    /// The answer that the request would get without being decided again: it, or another under the
    /// same client's id, was decided before.
    public func isDecided(_ envelope: Envelope) -> Bool {
        if ownRetry(of: envelope) != nil { return true }
        guard let id = envelope.idempotency else { return false }
        return record(of: id, in: scope(of: envelope.command, account(of: envelope.actor))) != nil
    }

    /// Whether the envelope's author is an operator now.
    public func isByOperator(_ envelope: Envelope) -> Bool {
        guard case .token(let token) = envelope.actor else { return false }
        return identity(of: token)?.role == .operator
    }
}
