import Basics
import Keyring
import Replica

// What is answered.
extension ScenarioRun {
    /// The node answered, or has gone.
    func take(_ reply: ClientReply?, request number: Int) throws(Violation) {
        let asked = requests[number]
        switch reply {
        case .outcome(let outcome, let index)?:
            acknowledge(asked, outcome, index)
            hear(heard(outcome), number)
        case .answer(let answer, let index)?:
            hear(heard(answer, at: index, asked), number)
        case .done?, .status?:
            hear(.done, number)
        case .validation(let validation)?:
            try hear(validation, number)
        case .failed(let failure)?:
            world.observer.count(failure)
            hear(heard(failure), number)
        case nil:
            hear(.lost, number)
        }
    }

    private func acknowledge(_ asked: Asked, _ outcome: Outcome, _ index: LogIndex) {
        let operation = Operation(
            kind: asked.request.operationKind, command: asked.command,
            idempotency: asked.idempotency)
        world.observer.acknowledge(
            Acknowledgement(
                operation: operation, outcome: outcome, index: index, floor: asked.floor),
            at: world.now)
    }

    private func heard(_ outcome: Outcome) -> Heard {
        switch outcome {
        case .changed, .noted: .changed
        case .held(let receipt): .held(receipt)
        case .refused(let refusal): .refused(refusal.code)
        case .malformed: .refused("malformed")
        case .charged(let outcomes):
            switch outcomes.first {
            case .charged(let receipt)?: .charged(receipt)
            case .refused(let refusal)?: .refused(refusal.code)
            case nil: .refused("malformed")
            }
        }
    }

    private func heard(_ answer: QueryAnswer, at index: LogIndex, _ asked: Asked) -> Heard {
        if case .readCredits(let key) = asked.request {
            world.observer.note(
                ReadAnswer(
                    question: .credits(ScenarioCast.keyDigest(key)), answer: answer,
                    index: index, floor: asked.floor))
        }
        switch answer {
        case .credits(let credits): return .credits(remaining: credits.remaining?.rawValue)
        case .refused(let refusal): return .refused(refusal.code)
        default: return .done
        }
    }

    private func heard(_ failure: ClientFailure) -> Heard {
        switch failure {
        case .unauthenticated: .failed(.unauthenticated)
        case .forbidden: .failed(.forbidden)
        case .noLeader: .failed(.noLeader)
        case .overloaded: .failed(.overloaded)
        case .diskFull: .failed(.diskFull)
        case .unavailable: .failed(.unavailable)
        case .cannotLead: .failed(.cannotLead)
        case .transferFailed: .failed(.transferFailed)
        case .changeUnderWay: .failed(.changeUnderWay)
        case .notMember: .failed(.notMember)
        case .outcomeUnknown: .unknown
        }
    }

    func hear(_ heard: Heard, _ number: Int) {
        let asked = requests[number]
        guard !asked.isAnswered else { return }
        requests[number].isAnswered = true
        let isVerdict = asked.request.answers == .verdict
        world.trace?.note(
            .answered(asker(asked), isVerdict ? asked.node : nil, heard.text), at: world.now)
        switch asked.purpose {
        case .preparation:
            takeNotes()
            takePrepared(heard, asked.request)
        case .line(let position):
            note(heard, asked, position)
            judge(heard, asked, position)
            wake(behind: position)
        }
    }

    private func note(_ heard: Heard, _ asked: Asked, _ position: Int) {
        // Only what comes as something new.
        if isRepeated(position), !tallies[position].note(heard.kind) { return }
        takeNotes()
        trace.note("\(asked.node) -> \(heard.text)  (\(asked.request.text))", at: world.now)
    }

    private func judge(_ heard: Heard, _ asked: Asked, _ position: Int) {
        guard let expected = asked.expected, !heard.meets(expected) else { return }
        fail(position, expected.text, "\(asked.node) answered: \(heard.text)")
    }

    /// The deadline has come.
    func expire(_ number: Int) {
        guard !requests[number].isAnswered, let expected = requests[number].expected,
            case .line(let position) = requests[number].purpose
        else { return }
        let asked = requests[number]
        if Heard.silence.meets(expected) {
            requests[number].isAnswered = true
            note(.silence, asked, position)
        } else {
            fail(position, expected.text, "\(asked.node) hasn't answered")
        }
    }
}

extension ScenarioRequest {
    fileprivate var operationKind: Operation.Kind {
        switch self {
        case .createAccount: .createAccount
        case .createUser: .createUser
        case .createKey: .createKey
        case .activate, .deactivate: .toggleKey
        case .revoke: .revokeKey
        case .revokeAllKeys: .revokeAllKeys
        case .removeUser: .removeUser
        case .limit: .setLimit
        case .lift: .removeLimit
        case .hold: .placeHold
        case .settle: .settleHold
        case .void: .voidHold
        case .pool: .setPool
        case .liftPool: .removePool
        case .charge: .charge
        case .retry: .repeatCharge
        case .readCredits: .query
        case .validate: .validate
        case .setLease: .updateSettings
        case .handOver: .transfer
        case .takeSnapshot: .takeSnapshot
        case .member: .changeMember
        case .rotate: .rotateKey
        case .createAPI: .createAPI
        case .removeAPI: .removeAPI
        }
    }
}
