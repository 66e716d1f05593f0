import Basics
import Testing

@testable import Consensus

@Suite struct PendingWritesTests {
    /// A log, its writes, and a disk that performs them in order; the claim of durability must
    /// hold on the disk as it is, and as any later write leaves it when the power fails.
    struct Twin {
        var memory: [UInt64] = []
        var writes = PendingWrites()
        var waiting: [(first: Int, terms: [UInt64])] = []
        var disk: [UInt64] = []

        var claimed: Int { Int(writes.lowest?.rawValue ?? UInt64(memory.count) + 1) - 1 }

        mutating func append(at first: Int, terms: [UInt64]) {
            memory = memory.prefix(first - 1) + terms
            waiting.append((first, terms))
            let last = LogPosition(
                term: Term(terms[terms.count - 1]), index: LogIndex(UInt64(memory.count)))
            writes.begin(from: LogIndex(UInt64(first)), through: last, at: .zero)
        }

        static func perform(_ write: (first: Int, terms: [UInt64]), on disk: inout [UInt64]) {
            disk = disk.prefix(write.first - 1) + write.terms
        }

        /// A batch is durable; only its last entry is reported.
        mutating func complete(_ count: Int) {
            for write in waiting.prefix(count) { Self.perform(write, on: &disk) }
            let last = waiting[count - 1]
            waiting.removeFirst(count)
            _ = writes.confirm(
                LogPosition(
                    term: Term(last.terms[last.terms.count - 1]),
                    index: LogIndex(UInt64(last.first + last.terms.count - 1))))
        }

        func claimHolds() -> Bool {
            var image = disk
            if image.prefix(claimed) != memory.prefix(claimed) { return false }
            for write in waiting {
                Self.perform(write, on: &image)
                if image.prefix(claimed) != memory.prefix(claimed) { return false }
            }
            return true
        }
    }

    @Test(arguments: 1...300)
    func `nothing is claimed durable that a crash could take`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var twin = Twin()
        var progress = 0
        for _ in 0..<40 {
            if twin.waiting.isEmpty || generator.chance(3, in: 5) {
                let kept = generator.chance(1, in: 3) ? generator.below(4) : 0
                let first = max(1, twin.memory.count + 1 - Int(kept))
                let terms = (0...generator.below(2)).map { _ in 1 + generator.below(3) }
                twin.append(at: first, terms: terms)
            } else {
                twin.complete(1 + Int(generator.below(UInt64(twin.waiting.count))))
            }
            #expect(twin.claimHolds(), "seed \(seed)")
            progress = max(progress, twin.claimed)
        }
        #expect(progress > 0)
    }

    @Test func `a report of a truncated tail doesn't count, even if the same tail returns`() {
        var twin = Twin()
        twin.append(at: 1, terms: [1, 2])
        twin.append(at: 2, terms: [3])
        twin.append(at: 2, terms: [2])
        twin.complete(1)
        #expect(twin.claimed == 1)
        twin.complete(1)
        #expect(twin.claimed == 1)
        twin.complete(1)
        #expect(twin.claimed == 2)
    }
}
