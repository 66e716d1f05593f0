import Basics
import Consensus
import Keyring
import Replica

/// Replays the committed log of a run by itself and compares everything that clients were told.
///
/// - Every outcome told to a client is the log's outcome at the index told.
/// - Every charge accepted is accepted once: all receipts under one id are the same but for the
///   word "replayed".
///
/// It replays through the same `StateMachine`, so it doesn't judge the rule of limits by itself;
/// the reference store of the keyring's tests does.
struct LogReplay {
    private var state = StateMachine(genesis: Workload.genesisValue)
    private var outcomes: [Outcome?] = []
    private var changes: [TableChange] = []
    /// The first receipt of each charge id.
    private var receipts: [AccountScopedID: ChargeReceipt] = [:]

    private struct AccountScopedID: Hashable {
        var key: KeyReference
        var id: IdempotencyKey
    }

    mutating func replay(_ log: [Observer.Committed], at now: Instant) throws(Violation) {
        for (position, entry) in log.enumerated() {
            let index = LogIndex(UInt64(position + 1))
            changes.removeAll(keepingCapacity: true)
            guard entry.kind == .command else {
                state.advance(to: index, time: entry.time, changes: &changes)
                outcomes.append(nil)
                continue
            }
            let result = state.apply(entry.payload, at: index, time: entry.time, changes: &changes)
            outcomes.append(result.outcome)
            guard let envelope = try? Envelope(decoding: entry.payload),
                case .charge(let charges) = envelope.command,
                case .charged(let results) = result.outcome
            else { continue }
            for (charge, outcome) in zip(charges, results) {
                try check(charge, outcome, index, now)
            }
        }
    }

    private mutating func check(
        _ charge: Charge, _ outcome: ChargeOutcome, _ index: LogIndex, _ now: Instant
    ) throws(Violation) {
        guard case .charged(let receipt) = outcome else { return }
        let id = AccountScopedID(key: charge.key, id: charge.id)
        guard let first = receipts[id] else {
            guard receipt.index == index else {
                throw Violation(
                    kind: .safety, law: "a charge is accepted where its receipt says",
                    detail: "\(charge.id) at \(index): \(receipt)", time: now)
            }
            receipts[id] = receipt
            return
        }
        var known = first
        known.replayed = receipt.replayed
        guard known == receipt else {
            throw Violation(
                kind: .safety, law: "a charge is accepted once",
                detail: "\(charge.id) at \(index): \(receipt), first \(first)", time: now)
        }
    }

    /// Compares what a client was told with what the log says.
    func verify(_ told: Acknowledgement, at now: Instant) throws(Violation) {
        if case .charged(let results) = told.outcome,
            case .charge(let charges)? = told.operation.command
        {
            for (charge, outcome) in zip(charges, results) {
                try verify(charge, outcome, told, now)
            }
            return
        }
        guard case .changed(let change) = told.outcome else { return }
        // The change may have been told from an earlier entry's record.
        let isExplained = outcomes.contains { logged in
            guard case .changed(var known)? = logged else { return false }
            known.replayed = change.replayed
            return known == change
        }
        guard isExplained else {
            throw Violation(
                kind: .safety, law: "every acknowledged change stands in the log",
                detail: "\(told)", time: now)
        }
    }

    private func verify(
        _ charge: Charge, _ outcome: ChargeOutcome, _ told: Acknowledgement, _ now: Instant
    ) throws(Violation) {
        guard case .charged(let receipt) = outcome else { return }
        let first = receipts[AccountScopedID(key: charge.key, id: charge.id)]
        var known = first
        known?.replayed = receipt.replayed
        guard known == receipt else {
            throw Violation(
                kind: .safety, law: "every acknowledged charge stands in the log, once",
                detail: "\(charge.id): told \(receipt), log \(String(describing: first))",
                time: now)
        }
    }
}
