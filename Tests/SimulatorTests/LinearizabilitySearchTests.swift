import Basics
import Testing

@testable import Simulator

/// Histories of one cell, each with the verdict that can be found by looking at it.
@Suite struct LinearizabilitySearchTests {
    private func verdict(_ history: [CellCall], limit: Int = 1_000) -> LinearizabilityVerdict {
        CellSearch.verdict(on: history, model: CellModel(), limit: limit)
    }

    @Test func `an empty history is linearizable`() {
        #expect(verdict([]) == .linearizable(witness: []))
    }

    @Test func `a read sees the write before it`() {
        let history = [CellCall(.write(1), .written, 0, 1), CellCall(.read, .value(1), 2, 3)]
        #expect(verdict(history) == .linearizable(witness: [0, 1]))
    }

    @Test func `a stale read isn't linearizable`() {
        let history = [
            CellCall(.write(1), .written, 0, 1), CellCall(.write(2), .written, 2, 3),
            CellCall(.read, .value(1), 4, 5), CellCall(.read, .value(2), 6, 7),
        ]
        #expect(
            verdict(history)
                == .notLinearizable(Refutation(call: 2, prefix: [0, 1, 2], order: [0, 1])))
    }

    @Test func `a read of a value never written isn't linearizable`() {
        let history = [CellCall(.write(1), .written, 0, 9), CellCall(.read, .value(3), 1, 2)]
        #expect(
            verdict(history) == .notLinearizable(Refutation(call: 1, prefix: [0, 1], order: [0])))
    }

    @Test func `a lost update isn't linearizable`() {
        // Both swapped the same value away, one after the other or at the same time.
        for start: Int64 in [1, 4] {
            let history = [
                CellCall(.swap(0, 1), .swapped(true), 0, 3),
                CellCall(.swap(0, 2), .swapped(true), start, start + 3),
            ]
            guard case .notLinearizable = verdict(history) else {
                Issue.record("two swaps of one value")
                continue
            }
        }
    }

    @Test func `concurrent writes stand in whichever order the reads saw`() {
        for (seen, order) in [(1, [1, 0, 2]), (2, [0, 1, 2])] {
            let history = [
                CellCall(.write(1), .written, 0, 5), CellCall(.write(2), .written, 1, 4),
                CellCall(.read, .value(seen), 6, 7),
            ]
            #expect(verdict(history) == .linearizable(witness: order))
        }
        let contrary = [
            CellCall(.write(1), .written, 0, 5), CellCall(.write(2), .written, 1, 4),
            CellCall(.read, .value(1), 6, 7), CellCall(.read, .value(2), 8, 9),
        ]
        #expect(
            verdict(contrary)
                == .notLinearizable(Refutation(call: 3, prefix: [0, 1, 2, 3], order: [1, 0, 2])))
    }

    /// The same calls lead to two states by their order, and the first one tried is the wrong one:
    /// a memory of the calls alone would take the right one for a dead end.
    @Test func `a dead end is the calls and their state, not the calls alone`() {
        let history = [
            CellCall(.write(1), .written, 0, 10), CellCall(.write(2), .written, 0, 10),
            CellCall(.write(3), .written, 0, 10), CellCall(.read, .value(1), 11, 12),
        ]
        guard case .linearizable(let witness) = verdict(history) else {
            Issue.record("the first write may be the last")
            return
        }
        #expect(witness.suffix(2) == [0, 3])
    }

    @Test func `a call that never returned may take effect late, or never`() {
        let write = CellCall(.write(1), nil, 0, nil)
        let before = CellCall(.read, .value(0), 5, 6)
        let after = CellCall(.read, .value(1), 7, 8)
        #expect(verdict([write, before]) == .linearizable(witness: [1]))
        #expect(verdict([write, before, after]) == .linearizable(witness: [1, 0, 2]))
        // But once only, and not before it was invoked.
        let again = CellCall(.write(0), .written, 9, 10)
        let twice = CellCall(.read, .value(1), 11, 12)
        guard case .notLinearizable = verdict([write, before, after, again, twice]),
            case .notLinearizable = verdict([CellCall(.write(1), nil, 9, nil), after])
        else {
            Issue.record("a pending write took effect twice, or too early")
            return
        }
    }

    @Test func `calls at one instant are concurrent`() {
        let history = [CellCall(.write(1), .written, 0, 3), CellCall(.read, .value(0), 3, 4)]
        #expect(verdict(history) == .linearizable(witness: [1, 0]))
    }

    @Test func `a search that reaches its bound has found nothing out`() {
        // None of the writes is of the value read, so that every order of them is a dead end.
        let writes = (1...8).map { CellCall(.write($0), .written, 0, 10) }
        let history = writes + [CellCall(.read, .value(9), 11, 12)]
        // A set of writes and its last one, for every set that isn't empty: 8 * 2^7.
        #expect(verdict(history, limit: 1_023) == .undecided(explored: 1_023))
        guard case .notLinearizable(let refutation) = verdict(history, limit: 1_024) else {
            Issue.record("the bound is as high as the number of configurations")
            return
        }
        #expect(refutation.call == 8)
        #expect(refutation.order.count == 8)
    }

    @Test func `many reads and pending calls without effect cost a configuration each at most`() {
        var history: [CellCall] = []
        for round in 0..<200 {
            let time = Int64(round) * 10
            history.append(CellCall(.write(round), .written, time, time + 1))
            for reader in 2..<7 {
                history.append(CellCall(.read, .value(round), time + Int64(reader), time + 8))
            }
            history.append(CellCall(.read, nil, time + 2, nil))
        }
        guard case .linearizable(let witness) = verdict(history, limit: 1_200) else {
            Issue.record("1,200 calls that returned need no more configurations")
            return
        }
        #expect(witness.count == 1_200)
    }
}
