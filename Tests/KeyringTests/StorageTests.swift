import Basics
import Testing

@testable import Keyring

@Suite struct StorageTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `the index finds what a list of pairs finds`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var index = SlotIndex()
        var pairs: [(hash: UInt64, slot: UInt32)] = []
        for step in 0..<4_000 {
            // Few hashes and one shard mostly, so that probes collide and wrap around.
            let hash =
                0xffff_ffff - random.below(60) * 7 | (random.chance(1, in: 9) ? 1 << 56 : 0)
            if random.chance(3, in: 5) || pairs.isEmpty {
                index.insert(hash, UInt32(step))
                pairs.append((hash, UInt32(step)))
            } else {
                let pair = pairs.remove(at: Int(random.below(UInt64(pairs.count))))
                index.remove(pair.hash, pair.slot)
                #expect(index.find(pair.hash) { $0 == pair.slot } == nil)
            }
            #expect(index.count == pairs.count)
            if let pair = pairs.randomItem(&random) {
                #expect(index.find(pair.hash) { $0 == pair.slot } == pair.slot)
            }
        }
        for pair in pairs { #expect(index.find(pair.hash) { $0 == pair.slot } == pair.slot) }
    }

    @Test func `entries come shard by shard, and none is lost when one shard has most of them`() {
        var order = ShardOrder(shards: 8, expecting: 100)
        var expected: [[UInt64]] = Array(repeating: [], count: 8)
        for entry in 1...500 as ClosedRange<UInt64> {
            let shard = entry % 3 == 0 ? Int(entry % 8) : 5
            order.append(entry, to: shard)
            expected[shard].append(entry)
        }
        var found: [[UInt64]] = Array(repeating: [], count: 8)
        var shards: [Int] = []
        order.forEach { shard, entry in
            found[shard].append(entry)
            if shards.last != shard { shards.append(shard) }
        }
        #expect(found == expected)
        // In order, and then what one of them had too much of.
        #expect(shards.prefix(8) == [0, 1, 2, 3, 4, 5, 6, 7])
    }

    @Test func `a queue gives what went in, in order, and counts what has gone`() {
        var queue = ChunkedQueue<Int>(firstSequence: 10)
        var expected: [Int] = []
        var random = SeededGenerator(seed: 8)
        var gone: UInt64 = 10
        for number in 0..<5_000 {
            if random.chance(3, in: 5) {
                queue.append(number)
                expected.append(number)
            } else {
                let first = queue.popFirst()
                #expect(first == expected.first)
                if !expected.isEmpty {
                    expected.removeFirst()
                    gone += 1
                }
            }
            #expect(queue.count == expected.count)
            #expect(queue.firstSequence == gone)
        }
        #expect((0..<queue.count).map { queue[$0] } == expected)
        #expect(queue.position(ofSequence: gone) == 0)
        #expect(queue.position(ofSequence: gone - 1) == nil)
        #expect(queue.position(ofSequence: queue.nextSequence) == nil)
    }

    @Test func `a freed slot is used again, the one freed longest ago first`() {
        var bench = Bench.peopled()
        for number in 1...5 { bench.must(bench.key(UInt64(number), active: false)) }
        var table = bench.machine.state.keys
        var chain = bench.machine.state.users[Slot(0)].keys
        for slot in [3, 1] as [UInt32] {
            table.unlink(Slot(slot), from: &chain)
            table.remove(Slot(slot))
        }
        let record = table[Slot(0)]
        #expect(table.insert(record) == Slot(3))
        #expect(table.insert(record) == Slot(1))
        #expect(table.insert(record) == Slot(5))
        #expect(chain.count == 3)
    }
}
