import Basics
import Keyring

// Changes of the members: the log brings them with the leader's decision.
extension ReferenceStore {
    /// What became of a change that the entry itself brought; nil for everything else.
    mutating func noteMember(_ envelope: Envelope) -> Outcome? {
        guard case .changeMember(let command) = envelope.command,
            case .made(let member) = command.decision
        else { return nil }
        guard case .token(let token) = envelope.actor else { return .malformed }
        let author = actor(token)?.author ?? Author(token: token, user: nil)
        switch command.request {
        case .add: record(.memberAdded, .member(member.id), nil, author)
        case .promote: record(.memberPromoted, .member(member.id), nil, author)
        case .remove: record(.memberRemoved, .member(member.id), nil, author)
        }
        let outcome = Outcome.changed(Change(.member(member), index: index))
        let scope = AccountID(0)
        if let id = envelope.idempotency, ledger.find(scope, id, time) == nil,
            ledger.refusal(scope, id, isKnown: false, time, settings) == nil
        {
            ledger.keep(
                scope, id, envelope.requestID, 0, .digest(envelope.content), .change(outcome),
                time, settings)
        } else {
            ledger.keepRequest(envelope.requestID, 0, outcome, time, settings)
        }
        return outcome
    }

    func answer(_ command: MemberCommand) -> Outcome {
        switch command.decision {
        case .made(let member), .standing(let member):
            .changed(Change(.member(member), index: index))
        case .refused(let refusal): .refused(.memberRefused(refusal))
        }
    }
}
