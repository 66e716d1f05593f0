import Basics
import Testing

@testable import Simulator

/// The checker against its dumb twin on thousands of small random histories.
@Suite struct LinearizabilityComparisonTests {
    /// Calls at random times. Their results are those of a random order or, in some histories,
    /// made up.
    private func history(_ random: inout SeededGenerator) -> [CellCall] {
        var calls = (0..<random.below(5) + 1).map { _ in
            let invoked = Int64(random.below(12))
            let isPending = random.chance(1, in: 5)
            return CellCall(
                call(&random), nil, invoked, isPending ? nil : invoked + Int64(random.below(8)))
        }
        // Each takes effect at a random instant of its own; a pending one perhaps.
        let effects = calls.map { call -> Int64 in
            let end = call.returned?.nanoseconds ?? 30
            let width = UInt64(end - call.invoked.nanoseconds)
            return call.invoked.nanoseconds + Int64(random.below(width + 1))
        }
        var state = 0
        for position in calls.indices.sorted(by: { (effects[$0], $0) < (effects[$1], $1) }) {
            if calls[position].returned == nil, random.chance(1, in: 2) { continue }
            let result = result(of: calls[position].call, &state)
            if calls[position].returned != nil { calls[position].result = result }
        }
        guard random.chance(2, in: 3) else { return calls }
        let liar = Int(random.below(UInt64(calls.count)))
        switch calls[liar].result {
        case .value?: calls[liar].result = .value(Int(random.below(3)))
        case .swapped(let did)?: calls[liar].result = .swapped(!did)
        case .written?, nil: break
        }
        return calls
    }

    private func call(_ random: inout SeededGenerator) -> CellModel.Call {
        let value = Int(random.below(3))
        switch random.below(5) {
        case 0, 1: return .write(value)
        case 2: return .swap(value, Int(random.below(3)))
        default: return .read
        }
    }

    private func result(of call: CellModel.Call, _ state: inout Int) -> CellModel.Return {
        switch call {
        case .write(let value):
            state = value
            return .written
        case .read: return .value(state)
        case .swap(let old, let new):
            guard state == old else { return .swapped(false) }
            state = new
            return .swapped(true)
        }
    }

    @Test func `the search says what trying every order says`() {
        var random = SeededGenerator(seed: 2017)
        var counts = (linearizable: 0, refuted: 0, withPending: 0)
        for _ in 0..<6_000 {
            let history = history(&random)
            let twin = LinearizabilityTwin(history: history)
            let isLinearizable = twin.isLinearizable()
            if history.contains(where: { $0.returned == nil }) { counts.withPending += 1 }
            switch CellSearch.verdict(on: history, model: CellModel(), limit: 10_000) {
            case .linearizable(let witness):
                counts.linearizable += 1
                #expect(isLinearizable, "\(history)")
                #expect(isComplete(witness, of: history), "\(history)")
                #expect(twin.respectsTime(witness) && twin.explains(witness), "\(history)")
            case .notLinearizable(let refutation):
                counts.refuted += 1
                #expect(!isLinearizable, "\(history)")
                check(refutation, of: history)
            case .undecided:
                Issue.record("\(history)")
            }
        }
        #expect(counts.linearizable > 2_000)
        #expect(counts.refuted > 1_000)
        #expect(counts.withPending > 2_000)
    }

    private func isComplete(_ witness: [Int], of history: [CellCall]) -> Bool {
        let returned = history.indices.filter { history[$0].returned != nil }
        return Set(witness).count == witness.count && returned.allSatisfy(witness.contains)
    }

    /// The prefix can't be explained, and could without the return that ends it.
    private func check(_ refutation: Refutation, of history: [CellCall]) {
        guard let end = history[refutation.call].returned else {
            Issue.record("a call that never returned needs no explanation: \(history)")
            return
        }
        func prefix(with last: Bool) -> [CellCall] {
            refutation.prefix.map { position in
                var call = history[position]
                guard let returned = call.returned else { return call }
                let isBefore = (returned, position) < (end, refutation.call)
                if !isBefore, !(last && position == refutation.call) { call.returned = nil }
                return call
            }
        }
        #expect(!LinearizabilityTwin(history: prefix(with: true)).isLinearizable(), "\(history)")
        #expect(LinearizabilityTwin(history: prefix(with: false)).isLinearizable(), "\(history)")
    }
}
