import Basics
import Consensus
import Keyring
import Replica

/// Replays the committed log as it grows and compares what nodes and clients made of it.
///
/// - Every command has the outcome that the reference store gives it, which adds up every charge
///   anew and shares no rule with the state machine.
/// - No outcome breaks what is promised of keys and credits, whatever the store says: see
///   `Promises`.
/// - Every outcome told to a client, a refusal as well, is the log's, and reflects all that had
///   been told before it was asked for. All receipts under one charge id are the same but for the
///   word "replayed", and so are those of a hold's placing and of its end: see `HoldReceipts`.
/// - The audit trail is the reference store's.
struct LogReplay {
    private var state: StateMachine
    private var reference: ReferenceStore
    private var promises: Promises
    private var outcomes: [Outcome?] = []
    private var answers = LogAnswers()
    private var changes: [TableChange] = []
    /// The first receipt of each charge id.
    private var receipts: [KeyScopedID: ChargeReceipt] = [:]
    private var holds = HoldReceipts()

    private struct KeyScopedID: Hashable {
        var key: KeyReference
        var id: IdempotencyKey
    }

    init(genesis: Genesis) {
        state = StateMachine(genesis: genesis)
        reference = ReferenceStore(genesis: genesis)
        promises = Promises(genesis: genesis)
    }

    private func violation(_ law: String, _ detail: String, _ now: Instant) -> Violation {
        Violation(kind: .safety, law: law, detail: detail, time: now)
    }

    /// The newest entry at which an expiry or a grace ended.
    var lapsedAt: LogIndex { reference.lapsedAt }
    /// Holds that have lapsed so far.
    var lapses: Int { reference.lapses }
    /// Charges and holds that a pool had no room for, and the user's limit had.
    var refusedByPool: Int { promises.refusedByPool }

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
        promises.begin(at: index, time: entry.time)
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
        answers.note(envelope, outcome, at: index)
        try checkReceipts(envelope.command, outcome, index, now)
        try promises.judge(envelope, outcome, at: now)
    }

    private mutating func checkReceipts(
        _ command: Command, _ outcome: Outcome, _ index: LogIndex, _ now: Instant
    ) throws(Violation) {
        switch (command, outcome) {
        case (.charge(let charges), .charged(let results)):
            for (charge, result) in zip(charges, results) {
                try check(charge, result, index, now)
            }
        case (.hold(let command), .held(let receipt)):
            guard let key = promises.keys.key(command.key) else {
                throw violation("a hold is answered to who has a key", receipt.brief, now)
            }
            try holds.note(
                receipt, to: command, in: key.account, at: index, promises.keys.time, now)
        default: return
        }
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
        switch (told.operation.command, told.outcome) {
        case (.charge(let charges)?, .charged(let results)):
            guard charges.count == results.count else {
                throw violation("every charge is answered", told.brief, now)
            }
            for (charge, outcome) in zip(charges, results) {
                try verify(charge, outcome, told, now)
            }
        case (_, .changed), (_, .held):
            guard answers.explain(told.outcome, to: told.operation, by: told.index) else {
                throw violation("every acknowledged change stands in the log", told.brief, now)
            }
        case (let command, .refused(let refusal)):
            var key: KeyReference?
            if case .hold(let hold)? = command { key = hold.key }
            guard
                isFromTheDoor(refusal, key, told.index)
                    || answers.explain(told.outcome, to: told.operation, by: told.index)
            else { throw violation("every refusal told stands in the log", told.brief, now) }
        case (_, .charged), (_, .noted), (_, .malformed):
            throw violation("a client is told what it asked for", told.brief, now)
        }
    }

    /// Whether it tells of a single charge that was decided in one entry with others. Requires
    /// what was verified.
    func isOfSharedEntry(_ told: Acknowledgement) -> Bool {
        guard case .charged(let results) = told.outcome, results.count == 1,
            told.index > .zero,
            case .charged(let decided)? = outcomes[Int(told.index.rawValue) - 1]
        else { return false }
        // A key that nobody knew was refused without an entry.
        return decided.count > 1 && decided.contains(results[0])
    }

    private func verify(
        _ charge: Charge, _ outcome: ChargeOutcome, _ told: Acknowledgement, _ now: Instant
    ) throws(Violation) {
        if answers.explain(outcome, to: charge, by: told.index) { return }
        let detail = "\(charge.id): told \(outcome.brief) at #\(told.index)"
        switch outcome {
        case .charged:
            throw violation("every acknowledged charge stands in the log, once", detail, now)
        case .refused(let refusal):
            guard isFromTheDoor(refusal, charge.key, told.index) else {
                throw violation("every refusal told stands in the log", detail, now)
            }
        }
    }

    /// Whether a node may have refused it without the log: it knew no such key at that index.
    private func isFromTheDoor(
        _ refusal: Refusal, _ key: KeyReference?, _ index: LogIndex
    ) -> Bool {
        guard refusal == .invalidKey, let key else { return false }
        return promises.keys.key(key).map { $0.since > index } ?? true
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
