import Basics
import Consensus
import Keyring
import Replica

/// Replays the committed log of a run and compares everything that nodes and clients made of it.
///
/// - Every command has the outcome that the reference store gives it, which adds up every charge
///   anew and shares no rule with the state machine.
/// - Every outcome told to a client is the log's. All receipts under one charge id are the same but
///   for the word "replayed".
/// - The history is linearizable (Herlihy and Wing 1990), the log being its witness: every answer
///   is that of the state at the index it names, and that index is no lower than any that had been
///   told when the question was first asked.
/// - The nodes' last state is the one that the log gives.
struct LogReplay {
    private var state = StateMachine(genesis: Workload.genesisValue)
    private var reference = ReferenceStore(genesis: Workload.genesisValue)
    private var outcomes: [Outcome?] = []
    private var changes: [TableChange] = []
    /// The first receipt of each charge id.
    private var receipts: [KeyScopedID: ChargeReceipt] = [:]
    /// In ascending order of their indices.
    private let reads: [ReadAnswer]
    private var verifiedReads = 0
    private let now: Instant

    private struct KeyScopedID: Hashable {
        var key: KeyReference
        var id: IdempotencyKey
    }

    /// To be made at the end of a run.
    init(of reads: [ReadAnswer], at now: Instant) {
        self.reads = reads.sorted { $0.index < $1.index }
        self.now = now
    }

    private func violation(_ law: String, _ detail: String) -> Violation {
        Violation(kind: .safety, law: law, detail: detail, time: now)
    }

    mutating func replay(_ log: [Observer.Committed]) throws(Violation) {
        try verifyReads(at: .zero)
        for (position, entry) in log.enumerated() {
            try replay(entry, at: LogIndex(UInt64(position + 1)))
        }
        guard verifiedReads == reads.count else {
            throw violation(
                "a read names an index that was committed", "\(reads[verifiedReads])")
        }
    }

    private mutating func replay(
        _ entry: Observer.Committed, at index: LogIndex
    ) throws(Violation) {
        changes.removeAll(keepingCapacity: true)
        if entry.kind == .command {
            let result = state.apply(entry.payload, at: index, time: entry.time, changes: &changes)
            outcomes.append(result.outcome)
            try compare(entry, result.outcome, index)
        } else {
            state.advance(to: index, time: entry.time, changes: &changes)
            reference.begin(at: index, time: entry.time)
            outcomes.append(nil)
        }
        try verifyReads(at: index)
    }

    private mutating func compare(
        _ entry: Observer.Committed, _ outcome: Outcome, _ index: LogIndex
    ) throws(Violation) {
        let envelope: Envelope
        do throws(MalformedBytes) {
            envelope = try Envelope(decoding: entry.payload)
        } catch {
            throw violation("only requests are committed", "\(index): \(error)")
        }
        let expected = reference.apply(envelope, at: index, time: entry.time)
        guard expected == outcome else {
            throw violation(
                "every outcome is the reference store's",
                "\(envelope.command) at \(index): \(outcome), expected \(expected)")
        }
        guard case .charge(let charges) = envelope.command, case .charged(let results) = outcome
        else { return }
        for (charge, result) in zip(charges, results) { try check(charge, result, index) }
    }

    private mutating func check(
        _ charge: Charge, _ outcome: ChargeOutcome, _ index: LogIndex
    ) throws(Violation) {
        guard case .charged(let receipt) = outcome else { return }
        let id = KeyScopedID(key: charge.key, id: charge.id)
        guard var first = receipts[id] else {
            guard receipt.index == index else {
                throw violation(
                    "a charge is accepted where its receipt says",
                    "\(charge.id) at \(index): \(receipt)")
            }
            receipts[id] = receipt
            return
        }
        first.replayed = receipt.replayed
        guard first == receipt else {
            throw violation(
                "a charge is accepted once", "\(charge.id) at \(index): \(receipt), first \(first)")
        }
    }

    // MARK: What clients were told

    private mutating func verifyReads(at index: LogIndex) throws(Violation) {
        while verifiedReads < reads.count, reads[verifiedReads].index == index {
            try verify(reads[verifiedReads])
            verifiedReads += 1
        }
    }

    private func verify(_ read: ReadAnswer) throws(Violation) {
        guard read.index >= read.floor else {
            throw violation("a read reflects what was told before it", "\(read)")
        }
        var expected: QueryAnswer
        do throws(Refusal) {
            switch read.question {
            case .credits(let digest):
                expected = .credits(try state.credits(for: digest))
            case .key(let id, let account):
                expected = .key(
                    try state.key(id, in: account, as: Workload.genesisValue.operatorToken))
            }
        } catch {
            expected = .refused(error)
        }
        guard expected == read.answer else {
            throw violation(
                "a read is answered from the state at its index", "\(read), expected \(expected)")
        }
    }

    /// Compares what a client was told with what the log says.
    func verify(_ told: Acknowledgement) throws(Violation) {
        guard told.index >= told.floor, told.index.rawValue <= UInt64(outcomes.count) else {
            throw violation("an outcome comes after what was told before it", "\(told)")
        }
        if case .charged(let results) = told.outcome,
            case .charge(let charges)? = told.operation.command
        {
            for (charge, outcome) in zip(charges, results) { try verify(charge, outcome) }
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
            throw violation("every acknowledged change stands in the log", "\(told)")
        }
    }

    private func verify(_ charge: Charge, _ outcome: ChargeOutcome) throws(Violation) {
        guard case .charged(let receipt) = outcome else { return }
        let first = receipts[KeyScopedID(key: charge.key, id: charge.id)]
        var known = first
        known?.replayed = receipt.replayed
        guard known == receipt else {
            throw violation(
                "every acknowledged charge stands in the log, once",
                "\(charge.id): told \(receipt), log \(String(describing: first))")
        }
    }

    // MARK: What nodes made of it

    /// Compares a node that has applied the whole log.
    func compare(with node: Node) throws(Violation) {
        guard node.inspection.appliedIndex.rawValue == UInt64(outcomes.count),
            node.stateDigest() == state.stateDigest()
        else {
            throw violation("the last state is the log's", "\(node.id) \(node.inspection)")
        }
    }
}
