import Basics
import Keyring
import Replica
import Testing

@testable import Simulator

/// Histories of many clients of one state machine, which are linearizable by their making, and
/// the same with one answer falsified.
@Suite struct LinearizabilityRunTests {
    /// Clients of one state machine: what they ask is applied at some instant before they are
    /// told, now and then twice under the same id, and now and then they are never told.
    struct Run {
        private enum Stage {
            case asked
            case applied(RecordedOperation.Result, LogIndex)
        }

        private struct Errand {
            var operation: Simulator.Operation
            var invoked: Instant
            var attempts = 0
            var stage = Stage.asked
        }

        private(set) var operations: [RecordedOperation] = []
        private(set) var times: [Timestamp] = []
        private var machine: StateMachine
        private var population = Population()
        private var errands: [Errand?]
        private var random: SeededGenerator
        private var now = Instant.zero
        /// Of log time between two entries, in milliseconds.
        private let longestPause: UInt64
        private var changes: [TableChange] = []
        /// Twelve hours before a day and a month end: 2026-03-31T12:00:00Z.
        static let start = Timestamp(milliseconds: 1_774_958_400_000)

        init(seed: UInt64, clients: Int, steps: Int) {
            // Twenty hours or less in all: no id is forgotten.
            longestPause = UInt64(90_000 * min(4_000, steps) / steps)
            random = SeededGenerator(seed: seed)
            errands = Array(repeating: nil, count: clients)
            machine = StateMachine(
                genesis: Genesis(
                    settings: .standard, operatorToken: TokenID(1),
                    operatorDigest: Population.operatorToken, operatorSuffix: Workload.suffix,
                    time: Self.start))
            for _ in 0..<steps { step() }
            for client in errands.indices { finish(client, isTold: false) }
        }

        var history: ClientHistory {
            ClientHistory(operations, logTimes: times, since: Self.start)
        }

        private var time: Timestamp { times.last ?? Self.start }

        private mutating func step() {
            now = now + .milliseconds(Int64(random.below(3)))
            let client = Int(random.below(UInt64(errands.count)))
            guard let errand = errands[client] else {
                var operation = population.draw(.mixed, &random, wall: time)
                // What is asked of a node's memory alone isn't linearizable, and isn't judged so.
                while operation.kind == .localRead {
                    operation = population.draw(.mixed, &random, wall: time)
                }
                errands[client] = Errand(operation: operation, invoked: now)
                return
            }
            switch errand.stage {
            case .asked:
                guard !random.chance(1, in: 30) else { return finish(client, isTold: false) }
                let (result, index) = perform(errand.operation)
                errands[client]?.attempts += 1
                errands[client]?.stage = .applied(result, index)
            case .applied:
                // Another attempt, at another node: the first one's answer was lost.
                if errand.operation.command != nil, random.chance(1, in: 8) {
                    let (result, index) = perform(errand.operation)
                    errands[client]?.attempts += 1
                    errands[client]?.stage = .applied(result, index)
                    return
                }
                finish(client, isTold: !random.chance(1, in: 12))
            }
        }

        private mutating func finish(_ client: Int, isTold: Bool) {
            guard let errand = errands[client] else { return }
            errands[client] = nil
            let operation = errand.operation
            let request: RecordedOperation.Request
            if let command = operation.command {
                request = .command(command, id: operation.idempotency)
            } else if let question = operation.question {
                request = .question(question)
            } else {
                return
            }
            var recorded = RecordedOperation(
                client: client, request: request, invoked: errand.invoked,
                attempts: errand.attempts)
            if isTold, case .applied(let result, let index) = errand.stage {
                recorded.response = RecordedOperation.Response(
                    at: now, result: result, index: index)
                if case .outcome(let outcome) = result, let command = operation.command {
                    population.note(command, outcome)
                }
            }
            operations.append(recorded)
        }

        private mutating func perform(
            _ operation: Simulator.Operation
        ) -> (RecordedOperation.Result, LogIndex) {
            guard let command = operation.command else {
                return (.answer(answer(operation.question)), LogIndex(UInt64(times.count)))
            }
            times.append(time + .milliseconds(Int64(random.below(longestPause))))
            let index = LogIndex(UInt64(times.count))
            var actor = Actor.token(TokenID(1))
            if case .charge = command { actor = .cluster }
            let envelope = Envelope(
                requestID: RequestID(high: random.next(), low: random.next()), actor: actor,
                idempotency: operation.idempotency,
                content: SHA256.digest(of: Array("\(command)".utf8)), command: command)
            let outcome = machine.apply(
                envelope.encode(), at: index, time: time, changes: &changes
            ).outcome
            return (.outcome(outcome), index)
        }

        private func answer(_ question: Question?) -> QueryAnswer {
            do throws(Refusal) {
                switch question {
                case .credits(let digest)?: return .credits(try machine.credits(for: digest))
                case .key(let id, let account)?:
                    return .key(try machine.key(id, in: account, as: TokenID(1)))
                case .identity, nil: return .refused(.forbidden)
                }
            } catch {
                return .refused(error)
            }
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `what one state machine told its clients is linearizable`(seed: UInt64) {
        let run = Run(seed: seed, clients: 6, steps: 4_000)
        #expect(run.history.dates.days.count == 2)
        let report = run.history.check()
        #expect(report.violations.isEmpty, "\(report.violations.first?.detail ?? "")")
        #expect(report.undecided.isEmpty, "\(report.undecided)")
        #expect(report.histories > 50)
        #expect(report.longest > 40)
    }

    /// What no turn of time makes true, for an end may be under way.
    private static let lies: [KeyState: KeyState] = [
        .active: .revoked, .retiring: .expired, .expired: .retiring,
    ]

    /// A false receipt, and why it is one.
    private func falsified(
        _ operation: RecordedOperation, _ way: UInt64
    ) -> RecordedOperation? {
        var operation = operation
        switch operation.response?.result {
        case .outcome(.charged(var outcomes))?:
            guard case .charged(var receipt)? = outcomes.first else { return nil }
            receipt.spent = Credits(clamping: receipt.spent.rawValue + 1_000 + way)
            outcomes[0] = .charged(receipt)
            operation.response?.result = .outcome(.charged(outcomes))
        case .outcome(.held(let receipt))?:
            operation.response?.result = .outcome(.held(falsified(receipt, way)))
        case .outcome(.changed(var change))?:
            guard case .key(var detail) = change.result else { return nil }
            detail.state = detail.state == .active ? .inactive : .active
            change.result = .key(detail)
            operation.response?.result = .outcome(.changed(change))
        case .answer(.key(var detail))?:
            detail.state = Self.lies[detail.state] ?? .active
            operation.response?.result = .answer(.key(detail))
        case .answer(.credits(var answer))?:
            answer.spent = Credits(clamping: answer.spent.rawValue + 1_000 + way)
            operation.response?.result = .answer(.credits(answer))
        default:
            return nil
        }
        return operation
    }

    /// A receipt that is wrong in one of its fields.
    private func falsified(_ receipt: HoldReceipt, _ way: UInt64) -> HoldReceipt {
        func more(_ credits: Credits) -> Credits { Credits(clamping: credits.rawValue + 1_000) }
        var lie = receipt
        switch way / 9 % 7 {
        case 0: lie.spent = more(receipt.spent)
        case 1: lie.charged = more(receipt.charged)
        case 2: lie.held = more(receipt.held)
        case 3: lie.standing = receipt.standing == .voided ? .settled : .voided
        case 4: lie.remaining = more(receipt.remaining ?? .zero)
        case 5: lie.expiresAt = receipt.expiresAt + .milliseconds(1)
        default: lie.hold = Story.id("another")
        }
        return lie
    }

    @Test func `what became of a hold is told as new once`() {
        var counts = (told: 0, found: 0)
        for seed in 21...28 as ClosedRange<UInt64> {
            let run = Run(seed: seed, clients: 6, steps: 1_500)
            for operation in run.operations {
                guard case .outcome(.held(var receipt))? = operation.response?.result,
                    !receipt.replayed, let last = run.operations.compactMap(\.response).last
                else { continue }
                for isReplayed in [true, false] {
                    receipt.replayed = isReplayed
                    var again = operation
                    again.invoked = last.at + .seconds(1)
                    again.response = .init(
                        at: last.at + .seconds(2), result: .outcome(.held(receipt)),
                        index: last.index)
                    let history = ClientHistory(
                        run.operations + [again], logTimes: run.times, since: Run.start)
                    let isFound = !history.check().violations.isEmpty
                    if isReplayed { #expect(!isFound) }
                    counts.told += isReplayed ? 0 : 1
                    counts.found += isFound ? 1 : 0
                }
            }
        }
        #expect(counts.told > 10)
        #expect(counts.found == counts.told)
    }

    @Test func `one false answer among thousands of operations is found`() {
        var counts = (told: 0, found: 0)
        for seed in 21...28 as ClosedRange<UInt64> {
            let run = Run(seed: seed, clients: 6, steps: 1_500)
            for position in run.operations.indices.filter({ $0 % 9 == 0 }) {
                guard let lie = falsified(run.operations[position], UInt64(position)) else {
                    continue
                }
                var operations = run.operations
                operations[position] = lie
                let history = ClientHistory(operations, logTimes: run.times, since: Run.start)
                counts.told += 1
                if !history.check().violations.isEmpty { counts.found += 1 }
            }
        }
        #expect(counts.told > 40)
        #expect(counts.found == counts.told)
    }

    @Test func `the same history gives the same report`() {
        let run = Run(seed: 22, clients: 5, steps: 600)
        var operations = run.operations
        for position in operations.indices where position % 7 == 3 {
            operations[position] = falsified(operations[position], 1) ?? operations[position]
        }
        let first = ClientHistory(operations, logTimes: run.times, since: Run.start).check()
        let second = ClientHistory(operations, logTimes: run.times, since: Run.start).check()
        #expect(!first.violations.isEmpty)
        #expect(first.violations.map(\.detail) == second.violations.map(\.detail))
    }
}
