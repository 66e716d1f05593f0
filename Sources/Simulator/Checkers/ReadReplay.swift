import Basics
import Consensus
import Keyring
import Replica

/// Judges the linearizable reads of a run (Herlihy and Wing 1990), the log being the witness of
/// their order: every answer is that of the state at the index it names, and that index is no lower
/// than any that had been told when the question was first asked. Local reads, which may be older,
/// are answered from the state at their index as well.
struct ReadReplay {
    private var state: StateMachine
    /// In ascending order of their indices.
    private let reads: [ReadAnswer]
    private var verified = 0
    private let now: Instant

    /// To be made at the end of a run.
    static func verify(
        _ reads: [ReadAnswer], against log: [Observer.Committed], genesis: Genesis,
        at now: Instant
    ) throws(Violation) {
        var replay = ReadReplay(
            reads: reads.sorted { $0.index < $1.index }, genesis: genesis, now: now)
        try replay.verify(at: .zero)
        var changes: [TableChange] = []
        for (position, entry) in log.enumerated() {
            let index = LogIndex(UInt64(position + 1))
            changes.removeAll(keepingCapacity: true)
            if entry.kind == .command {
                _ = replay.state.apply(
                    entry.payload, at: index, time: entry.time, changes: &changes)
            } else {
                replay.state.advance(to: index, time: entry.time, changes: &changes)
            }
            try replay.verify(at: index)
        }
        guard replay.verified == reads.count else {
            throw replay.violation(
                "a read names an index that was committed", replay.reads[replay.verified])
        }
    }

    private init(reads: [ReadAnswer], genesis: Genesis, now: Instant) {
        state = StateMachine(genesis: genesis)
        self.reads = reads
        self.now = now
    }

    private func violation(
        _ law: String, _ read: ReadAnswer, _ detail: String = ""
    ) -> Violation {
        Violation(kind: .safety, law: law, detail: read.brief + detail, time: now)
    }

    private mutating func verify(at index: LogIndex) throws(Violation) {
        while verified < reads.count, reads[verified].index == index {
            try verify(reads[verified])
            verified += 1
        }
    }

    private func verify(_ read: ReadAnswer) throws(Violation) {
        guard read.index >= read.floor || read.isLocal else {
            throw violation("a read reflects what was told before it", read)
        }
        var expected: QueryAnswer
        do throws(Refusal) {
            switch read.question {
            case .credits(let digest):
                expected = .credits(try state.credits(for: digest))
            case .identity(let digest):
                guard let token = state.token(of: digest) else { throw .unauthenticated }
                expected = .identity(try state.whoami(token))
            case .key(let id, let account):
                expected = .key(
                    try state.key(id, in: account, as: Workload.genesisValue.operatorToken))
            }
        } catch {
            expected = .refused(error)
        }
        guard expected == read.answer else {
            throw violation(
                "a read is answered from the state at its index", read,
                "; " + Difference.words(read.answer, expected: expected))
        }
    }
}
