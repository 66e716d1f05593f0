import Basics
import Keyring
import Replica

/// What was answered in the log to whatever was asked for: a client may be told that, by the entry
/// that its attempt made or by an earlier one of the same request or id, and nothing else.
struct LogAnswers {
    /// What makes two attempts one: what is asked for, and the client's id where it bears one.
    private struct Asked: Hashable {
        var command: Command
        var id: IdempotencyKey?

        init(_ command: Command, _ id: IdempotencyKey?) {
            self.command = command
            self.id = id
            // What the leader makes of it is no part of the request.
            if case .changeMember(let change) = command {
                self.command = .changeMember(MemberCommand(change.request))
            }
        }
    }

    private var answers: [Asked: [(index: LogIndex, outcome: Outcome)]] = [:]
    /// Each is decided on its own.
    private var charges: [Charge: [(index: LogIndex, outcome: ChargeOutcome)]] = [:]

    /// The entry at `index` was answered so.
    mutating func note(_ envelope: Envelope, _ outcome: Outcome, at index: LogIndex) {
        if case .charge(let asked) = envelope.command, case .charged(let outcomes) = outcome {
            for (charge, outcome) in zip(asked, outcomes) {
                charges[charge, default: []].append((index, outcome))
            }
            return
        }
        answers[Asked(envelope.command, envelope.idempotency), default: []]
            .append((index, outcome))
    }

    /// Whether the log had answered so by that index, but for the word "replayed".
    func explain(_ outcome: Outcome, to operation: Operation, by index: LogIndex) -> Bool {
        guard let command = operation.command else { return false }
        let known = answers[Asked(command, operation.idempotency)] ?? []
        return known.contains { $0.index <= index && $0.outcome.asReplay == outcome.asReplay }
    }

    func explain(_ outcome: ChargeOutcome, to charge: Charge, by index: LogIndex) -> Bool {
        let told = KeyclaveReturn.charge(outcome).asReplay
        return (charges[charge] ?? []).contains {
            $0.index <= index && KeyclaveReturn.charge($0.outcome).asReplay == told
        }
    }
}

extension Outcome {
    fileprivate var asReplay: KeyclaveReturn { KeyclaveReturn.outcome(self).asReplay }
}
