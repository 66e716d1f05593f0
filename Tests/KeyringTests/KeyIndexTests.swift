import Basics
import Testing

@testable import Keyring

/// The key index against a dictionary that knows every slot's hash.
@Suite struct KeyIndexTests {
    /// The dumb twin: what is there, and under which hash.
    struct Twin {
        var index = KeyIndex()
        var hashes: [UInt32: UInt64] = [:]

        mutating func insert(_ hash: UInt64, _ slot: UInt32) {
            let known = hashes
            index.insert(hash, slot) { known[$0]! }
            hashes[slot] = hash
        }

        mutating func remove(_ slot: UInt32) {
            let hash = hashes.removeValue(forKey: slot)!
            let known = hashes
            index.remove(hash, slot) { known[$0]! }
        }

        /// Every hash finds what has it, each slot by itself, and as a reader finds it.
        func expectSame(_ comment: Comment? = nil) {
            // By itself: an expectation that fails writes out all that it was made from.
            let broken = index.brokenLaw { hashes[$0]! }
            #expect(broken == nil, comment)
            #expect(index.count == hashes.count, comment)
            let view = KeyIndexView(of: index)
            for (slot, hash) in hashes {
                if index.find(hash, where: { $0 == slot }) != slot
                    || KeyIndex.find(hash, in: view.shards, matches: { $0 == slot }) != slot
                {
                    Issue.record("slot \(slot) isn't found; \(comment ?? "")")
                }
            }
        }
    }

    /// Few hashes in two shards, so that they collide, overflow and wrap around; a third of them
    /// belong to the last bucket.
    private static func hash(_ random: inout SeededGenerator, of kinds: UInt64) -> UInt64 {
        let shard: UInt64 = random.chance(1, in: 9) ? 1_023 : 5
        let bits: UInt64 = random.chance(1, in: 3) ? 0xffff_ffff : random.next() >> 32
        return shard << 54 | (bits - bits % (1 << 32 / kinds)) << 22 | random.below(2)
    }

    @Test(arguments: [1, 3, 40, 5_000] as [UInt64])
    func `it finds what a dictionary does, through any history`(kinds: UInt64) {
        for seed in 1...12 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed << 16 | kinds)
            var twin = Twin()
            var present: [UInt32] = []
            for step in 0..<1_500 as Range<UInt32> {
                // It grows, shrinks to little and grows again.
                let isGrowing = step / 500 % 2 == 0
                if present.isEmpty || random.chance(isGrowing ? 8 : 1, in: 10) {
                    twin.insert(Self.hash(&random, of: kinds), step)
                    present.append(step)
                } else {
                    let slot = present.remove(at: Int(random.below(UInt64(present.count))))
                    let hash = twin.hashes[slot]!
                    twin.remove(slot)
                    let gone = twin.index.find(hash) { $0 == slot }
                    #expect(gone == nil)
                }
                if step % 100 == 99 { twin.expectSame("seed \(seed), step \(step)") }
            }
        }
    }

    @Test func `a hash that nothing has finds nothing, and the empty index has no memory`() {
        var twin = Twin()
        #expect(twin.index.find(7) { _ in true } == nil && twin.index.byteCount == 0)
        #expect(twin.index.memory(ofShard: 0) == nil)
        twin.insert(7, UInt32.max - 2)
        // The list of shards, a header and a bucket.
        #expect(twin.index.byteCount == 8_192 + 128)
        #expect(twin.index.find(7) { _ in true } == UInt32.max - 2)
        #expect(twin.index.find(7 | 1 << 54) { _ in true } == nil)
        #expect(twin.index.find(7 | 1 << 22) { _ in true } == UInt32.max - 2, "tag 0 is tag 1")
        #expect(twin.index.find(7 | 2 << 22) { _ in true } == nil)
        twin.remove(UInt32.max - 2)
        #expect(twin.index.find(7) { _ in true } == nil)
    }

    @Test func `a look-up of other tags asks about next to nothing`() {
        var random = SeededGenerator(seed: 3)
        var index = KeyIndex()
        _ = index.fill(
            0..<50_000, expecting: 50_000, hash: { _ in random.next() }, areSame: { _, _ in false })
        var asked = 0
        for _ in 0..<50_000 {
            _ = index.find(random.next()) { _ in
                asked += 1
                return false
            }
        }
        // One or two buckets of some ten entries, and one tag in 255 is the same.
        #expect(asked > 1_500 && asked < 3_500)
    }

    @Test func `a shard shrinks when most has gone`() {
        var random = SeededGenerator(seed: 4)
        var twin = Twin()
        for slot in 0..<600 as Range<UInt32> { twin.insert(random.next() >> 10, slot) }
        let most = twin.index.byteCount
        for slot in 30..<600 as Range<UInt32> { twin.remove(slot) }
        twin.expectSame()
        // As the entries of one shard they took six bytes and more; eight buckets are the least.
        #expect(most > 8_192 + 3_600)
        #expect(twin.index.byteCount < 8_192 + 64 * 17)
    }

    /// Beyond 64 buckets, 704 entries, a shard's memory is in several pieces.
    @Test func `a shard of several pages grows, shrinks and is copied`() {
        for seed in 1...3 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            var twin = Twin()
            for slot in 0..<3_000 as Range<UInt32> {
                twin.insert(Self.hash(&random, of: 5_000), slot)
                if slot % 500 == 0 { twin.expectSame("seed \(seed), \(slot) inserted") }
            }
            #expect(twin.index.byteCount < 8_192 + 64 * 3_000 / 9)
            let copy = twin
            for slot in 0..<2_900 as Range<UInt32> {
                twin.remove(slot)
                if slot % 300 == 0 { twin.expectSame("seed \(seed), \(slot) removed") }
            }
            #expect(twin.index.byteCount < 8_192 + 64 * 52)
            twin.expectSame()
            copy.expectSame()
        }
    }

    // MARK: Values

    @Test func `a copy stays what it was, and so does memory that somebody holds`() {
        for seed in 1...6 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            var twins = [Twin()]
            var next: UInt32 = 0
            for step in 0..<1_200 {
                let chosen = Int(random.below(UInt64(twins.count)))
                // The copies come and go, so that a shard is sometimes shared and sometimes not.
                if step % 60 == 59, twins.count < 4 { twins.append(twins[chosen]) }
                if step % 90 == 89, twins.count > 1 { twins.remove(at: chosen) }
                let number = Int(random.below(UInt64(twins.count)))
                if let slot = twins[number].hashes.keys.min(), random.chance(2, in: 5) {
                    twins[number].remove(slot)
                } else {
                    twins[number].insert(Self.hash(&random, of: 200), next)
                    next += 1
                }
                if step % 40 == 0 { for twin in twins { twin.expectSame("seed \(seed)") } }
            }
        }
    }

    @Test func `holding memory doesn't make a shard shared, but a copy does`() {
        var twin = Twin()
        for slot in 0..<10 as Range<UInt32> { twin.insert(UInt64(slot) << 40, slot) }
        let held = twin.index.memory(ofShard: 0)
        twin.remove(3)
        #expect(twin.index.memory(ofShard: 0) === held)
        let words = (0..<16).map { held!.words.load($0) }
        let copy = twin
        twin.remove(4)
        twin.insert(99 << 40, 99)
        #expect(twin.index.memory(ofShard: 0) !== held)
        #expect(copy.index.memory(ofShard: 0) === held)
        #expect((0..<16).map { held!.words.load($0) } == words)
        copy.expectSame()
        twin.expectSame()
    }

    // MARK: Following

    @Test func `what moved is what was replaced, and who follows it finds everything`() {
        for seed in 1...3 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            var twin = Twin()
            for slot in 0..<2_000 as Range<UInt32> { twin.insert(random.next(), slot) }
            #expect(twin.index.moved == nil && twin.index.takeMoved() == [])
            twin.index.beginFollowing()
            var view = KeyIndexView(of: twin.index)
            var copy = twin
            var met = 0
            for step in 2_000..<2_800 as Range<UInt32> {
                if step % 200 == 0 { copy = twin }
                let before = (0..<KeyIndex.shardCount).map { twin.index.memory(ofShard: $0) }
                for number in 0..<random.below(5) {
                    if random.chance(1, in: 3), let slot = twin.hashes.keys.min() {
                        twin.remove(slot)
                    } else {
                        let crowd = random.next() >> (random.chance(1, in: 2) ? 10 : 0)
                        twin.insert(crowd, step * 8 + UInt32(number))
                    }
                }
                let moved = twin.index.takeMoved()
                let differing = (0..<KeyIndex.shardCount).filter {
                    twin.index.memory(ofShard: $0) !== before[$0]
                }
                #expect(moved.sorted() == differing.map { UInt16($0) })
                let again = twin.index.takeMoved()
                #expect(again == [])
                view.replace(moved, from: twin.index)
                met += moved.count
            }
            for (slot, hash) in twin.hashes {
                let found = KeyIndex.find(hash, in: view.shards) { $0 == slot }
                if found != slot { Issue.record("slot \(slot) is lost") }
            }
            #expect(met > 300)
            copy.expectSame()
        }
    }

    @Test func `a shard that moved several times is told of once`() {
        var twin = Twin()
        twin.index.beginFollowing()
        for slot in 0..<100 as Range<UInt32> { twin.insert(3 << 54 | UInt64(slot) << 46, slot) }
        let moved = twin.index.takeMoved()
        #expect(moved == [3])
    }

    // MARK: Filling

    @Test(arguments: [0, 1, 12, 70_000])
    func `an index filled at once finds what one filled slot by slot does`(count: Int) {
        var random = SeededGenerator(seed: 5)
        // Every third slot is empty; some hashes are shared, and the slots behind them differ.
        let hashes = (0..<count).map { slot -> UInt64? in
            slot % 3 == 0 ? nil : random.chance(1, in: 20) ? 77 << 54 | 5 << 22 : random.next()
        }
        var (filled, grown) = (KeyIndex(), KeyIndex())
        filled.beginFollowing()
        let areApart = filled.fill(
            0..<count, expecting: count, hash: { hashes[$0] }, areSame: { $0 == $1 })
        for slot in 0..<count {
            guard let hash = hashes[slot] else { continue }
            grown.insert(hash, UInt32(slot)) { hashes[Int($0)]! }
        }
        #expect(areApart && filled.count == grown.count)
        let made = (0..<KeyIndex.shardCount).filter { filled.memory(ofShard: $0) != nil }
        #expect(filled.takeMoved().sorted() == made.map { UInt16($0) })
        for slot in 0..<count {
            guard let hash = hashes[slot] else { continue }
            if filled.find(hash, where: { $0 == slot }) != UInt32(slot) {
                Issue.record("slot \(slot) is lost")
            }
        }
        // It goes on as any.
        for slot in 0..<count where slot % 2 == 0 {
            guard let hash = hashes[slot] else { continue }
            filled.remove(hash, UInt32(slot)) { hashes[Int($0)]! }
            filled.insert(hash, UInt32(slot)) { hashes[Int($0)]! }
        }
        for index in [filled, grown] {
            let broken = index.brokenLaw { hashes[Int($0)]! }
            #expect(broken == nil)
        }
        #expect(filled.count == grown.count)
    }

    @Test func `an index that is filled finds two that are the same`() {
        var random = SeededGenerator(seed: 6)
        for count in [2, 300, 40_000] {
            var hashes = (0..<count).map { _ in random.next() }
            for isTwice in [false, true] {
                if isTwice { hashes[count - 1] = hashes[count / 3] }
                var (index, met) = (KeyIndex(), [[UInt32]]())
                let areApart = index.fill(0..<count, expecting: count, hash: { hashes[$0] }) {
                    guard hashes[Int($0)] == hashes[Int($1)] else { return false }
                    met.append([$0, $1].sorted())
                    return true
                }
                #expect(areApart == !isTwice)
                #expect(met == (isTwice ? [[UInt32(count / 3), UInt32(count - 1)]] : []))
            }
        }
    }

    @Test func `filling again begins anew, in what is empty`() {
        var index = KeyIndex()
        index.beginFollowing()
        index.insert(9 << 54, 1) { _ in 0 }
        index.insert(4 << 54, 1) { _ in 0 }
        index.remove(9 << 54, 1) { _ in 0 }
        index.remove(4 << 54, 1) { _ in 0 }
        #expect(index.takeMoved() == [9, 4])
        let hashes: [Int: UInt64] = [7: 7 << 54, 8: 8 << 54]
        let areApart = index.fill(7..<9, expecting: 2, hash: { hashes[$0] }) { _, _ in true }
        // Shard 9 and 4 lost their memory, and two others got some.
        #expect(areApart)
        #expect(index.takeMoved().sorted() == [4, 7, 8, 9])
        #expect(index.memory(ofShard: 4) == nil)
        #expect(index.count == 2)
        #expect(index.find(hashes[8]!) { _ in true } == 8)
    }

    // MARK: Memory

    @Test func `one of a million entries takes 6.3 bytes if filled at once, or 6.9 if not`() {
        let count = 1_000_000
        var random = SeededGenerator(seed: 7)
        let hashes = (0..<count).map { _ in random.next() }
        var (filled, grown) = (KeyIndex(), KeyIndex())
        let areApart = filled.fill(
            0..<count, expecting: count, hash: { hashes[$0] },
            areSame: { hashes[Int($0)] == hashes[Int($1)] })
        #expect(areApart)
        var most = 0
        for slot in 0..<count {
            grown.insert(hashes[slot], UInt32(slot)) { hashes[Int($0)] }
            // It takes most when nearly all shards have just grown.
            if slot > 500_000, slot % 1_000 == 0 {
                most = max(most, grown.byteCount * 100 / grown.count)
            }
        }
        #expect(filled.byteCount <= 6_300_000)
        #expect(grown.byteCount <= 6_900_000)
        #expect(most <= 760)
        for index in [filled, grown] {
            let broken = index.brokenLaw { hashes[Int($0)] }
            #expect(broken == nil)
        }
    }
}
