import Basics
import Consensus
import Keyring
import Replica

/// Replays the committed log as it grows and compares what nodes and clients made of it.
///
/// - Every command has the outcome that the reference store gives it, which adds up every charge
///   anew and shares no rule with the state machine.
/// - Every outcome told to a client is the log's, and reflects all that had been told before it
///   was asked for. All receipts under one charge id are the same but for the word "replayed".
/// - The audit trail is the reference store's.
struct LogReplay {
    private var state: StateMachine
    private var reference: ReferenceStore
    private var outcomes: [Outcome?] = []
    private var changes: [TableChange] = []
    /// The first receipt of each charge id.
    private var receipts: [KeyScopedID: ChargeReceipt] = [:]

    private struct KeyScopedID: Hashable {
        var key: KeyReference
        var id: IdempotencyKey
    }

    init(genesis: Genesis) {
        state = StateMachine(genesis: genesis)
        reference = ReferenceStore(genesis: genesis)
    }

    private func violation(_ law: String, _ detail: String, _ now: Instant) -> Violation {
        Violation(kind: .safety, law: law, detail: detail, time: now)
    }

    /// The newest entry at which an expiry or a grace ended.
    var lapsedAt: LogIndex { reference.lapsedAt }
    /// Holds that have lapsed so far.
    var lapses: Int { reference.lapses }

    var areLeasesOn: Bool { reference.settings.leaseMilliseconds > 0 }

    /// Every key and token that there is, and what it gives.
    var secrets: [(secret: Secret, access: Access)] {
        reference.keys.map { (.key($0.digest), reference.access(by: $0)) }
            + reference.tokens.map { token in
                let role = reference.actor(token.detail.id)?.role
                return (.token(token.digest), role.map { .role($0) } ?? .nothing)
            }
    }

    /// The next entry.
    mutating func replay(_ entry: Observer.Committed, at now: Instant) throws(Violation) {
        let index = LogIndex(UInt64(outcomes.count + 1))
        changes.removeAll(keepingCapacity: true)
        guard let payload = entry.command else {
            state.advance(to: index, time: entry.time, changes: &changes)
            reference.begin(at: index, time: entry.time)
            return outcomes.append(nil)
        }
        let result = state.apply(payload, at: index, time: entry.time, changes: &changes)
        outcomes.append(result.outcome)
        try compare(payload, entry.time, result.outcome, index, now)
    }

    private mutating func compare(
        _ payload: [UInt8], _ time: Timestamp, _ outcome: Outcome, _ index: LogIndex,
        _ now: Instant
    ) throws(Violation) {
        let envelope: Envelope
        do throws(MalformedBytes) {
            envelope = try Envelope(decoding: payload)
        } catch {
            throw violation("only requests are committed", "\(index): \(error)", now)
        }
        let expected = reference.apply(envelope, at: index, time: time)
        guard expected == outcome else {
            throw violation(
                "every outcome is the reference store's",
                "\(envelope.command.brief) at #\(index): "
                    + Difference.words(outcome, expected: expected), now)
        }
        guard case .charge(let charges) = envelope.command, case .charged(let results) = outcome
        else { return }
        for (charge, result) in zip(charges, results) { try check(charge, result, index, now) }
    }

    private mutating func check(
        _ charge: Charge, _ outcome: ChargeOutcome, _ index: LogIndex, _ now: Instant
    ) throws(Violation) {
        guard case .charged(let receipt) = outcome else { return }
        let id = KeyScopedID(key: charge.key, id: charge.id)
        guard var first = receipts[id] else {
            guard receipt.index == index else {
                throw violation(
                    "a charge is accepted where its receipt says",
                    "\(charge.id) at #\(index): \(receipt.brief)", now)
            }
            receipts[id] = receipt
            return
        }
        first.replayed = receipt.replayed
        guard first == receipt else {
            throw violation(
                "a charge is accepted once",
                "\(charge.id) at #\(index): \(receipt.brief), first \(first.brief)", now)
        }
    }
}

// What clients were told.
extension LogReplay {
    func verify(_ told: Acknowledgement, at now: Instant) throws(Violation) {
        guard told.index >= told.floor, told.index.rawValue <= UInt64(outcomes.count) else {
            throw violation("an outcome comes after what was told before it", told.brief, now)
        }
        if case .charged(let results) = told.outcome,
            case .charge(let charges)? = told.operation.command
        {
            for (charge, outcome) in zip(charges, results) { try verify(charge, outcome, now) }
            return
        }
        func isExplained(by outcome: Outcome?) -> Bool {
            switch (outcome, told.outcome) {
            case (.changed(var known)?, .changed(let change)):
                known.replayed = change.replayed
                return known == change
            case (.held(var known)?, .held(let receipt)):
                known.replayed = receipt.replayed
                return known == receipt
            default: return false
            }
        }
        switch told.outcome {
        case .changed, .held: break
        case .charged, .noted, .refused, .malformed: return
        }
        if isExplained(by: outcomes[Int(told.index.rawValue) - 1]) { return }
        // It may have been told from an earlier entry's record.
        guard outcomes.contains(where: isExplained) else {
            throw violation("every acknowledged change stands in the log", told.brief, now)
        }
    }

    private func verify(
        _ charge: Charge, _ outcome: ChargeOutcome, _ now: Instant
    ) throws(Violation) {
        guard case .charged(let receipt) = outcome else { return }
        let first = receipts[KeyScopedID(key: charge.key, id: charge.id)]
        var known = first
        known?.replayed = receipt.replayed
        guard known == receipt else {
            throw violation(
                "every acknowledged charge stands in the log, once",
                "\(charge.id): told \(receipt.brief), log \(first?.brief ?? "knows none")", now)
        }
    }
}

// At the end.
extension LogReplay {
    /// Compares nodes that have applied the whole log.
    func compare(with processes: [NodeProcess], at now: Instant) throws(Violation) {
        let last = state.encodedState()
        for process in processes {
            let view = process.inspection
            guard view.appliedIndex.rawValue == UInt64(outcomes.count),
                process.node.encodedState() == last
            else {
                throw violation(
                    "the last state is the log's", "\(process.node.id) \(view)", now)
            }
        }
    }

    /// Compares the whole audit trail.
    func compareAudit(at now: Instant) throws(Violation) {
        let operatorToken = Workload.genesisValue.operatorToken
        var items: [AuditItem] = []
        var request = PageRequest(limit: 500)
        while let page = try? state.audit(in: nil, request, as: operatorToken) {
            items += page.items
            guard let next = page.next else { break }
            request.cursor = next
        }
        guard items == reference.audit.reversed() else {
            throw violation(
                "the audit trail is complete",
                "\(items.count) items, expected \(reference.audit.count)", now)
        }
    }
}

extension Observer.Committed {
    /// What the state machine is to do: the command, or what it notes of a change of the members.
    var command: [UInt8]? {
        switch kind {
        case .command: return payload
        case .configuration:
            let note = (try? ConfigurationRecord(decoding: payload))?.note ?? []
            return note.isEmpty ? nil : note
        case .noop, .tick: return nil
        }
    }
}
