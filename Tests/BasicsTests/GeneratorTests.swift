import Basics
import Testing

@Suite struct GeneratorTests {
    /// The reference implementation's numbers for xoshiro256** behind SplitMix64.
    @Test func seededNumbersAreThoseOfTheReference() {
        var zero = SeededGenerator(seed: 0)
        #expect(
            (0..<5).map { _ in zero.next() } == [
                0x99ec_5f36_cb75_f2b4, 0xbf6e_1f78_4956_452a, 0x1a5f_849d_4933_e6e0,
                0x6aa5_94f1_262d_2d2c, 0xbba5_ad4a_1f84_2e59,
            ])
        var other = SeededGenerator(seed: 42)
        #expect(
            (0..<3).map { _ in other.next() } == [
                0x1578_0b2e_0c2e_c716, 0x6104_d986_6d11_3a7e, 0xae17_5332_39e4_99a1,
            ])
    }

    @Test func entropyIsTheDigestOfSeedAndBlockNumber() {
        let seed = Digest(0..<32)
        let blocks = (0..<3).flatMap { number in
            SHA256.digest(of: seed.bytes + [0, 0, 0, 0, 0, 0, 0, number]).bytes
        }
        #expect(
            hex(blocks.prefix(32))
                == "a9d6e500293a88bd38cbe213d07ab71f8cb2258552072a01bdf1c40be527f4d0")
        var stream = EntropyStream(seed: seed)
        #expect(stream.bytes(96) == blocks)
        var words = EntropyStream(seed: seed)
        #expect(words.next() == 0xa9d6_e500_293a_88bd)
        #expect(words.bytes(3) == [0x38, 0xcb, 0xe2], "a word begun is a word used")
        #expect(words.bytes(0) == [])
        #expect(words.next() == 0x8cb2_2585_5207_2a01)
    }

    @Test func splitStreamsDiffer() {
        var parent = EntropyStream(seed: .zero)
        var first = parent.split()
        var second = parent.split()
        let draws = [first.next(), second.next(), parent.next()]
        #expect(Set(draws).count == 3)
    }

    @Test func drawsStayBelowTheirBoundAndReachEveryValue() {
        var random = SeededGenerator(seed: 6)
        for bound in [1, 2, 3, 7, 10] as [UInt64] {
            var hits = [Int](repeating: 0, count: Int(bound))
            for _ in 0..<1_000 * bound { hits[Int(random.below(bound))] += 1 }
            #expect(hits.allSatisfy { (800...1_200).contains($0) }, "\(bound): \(hits)")
        }
        for _ in 0..<1_000 { #expect(random.below(.max) < .max) }
    }

    /// A bound of 3·2^62: without rejection the lowest third would come up half of the time.
    @Test func drawsAreUnbiasedForHugeBounds() {
        var random = SeededGenerator(seed: 7)
        let third: UInt64 = 1 << 62
        let hits = (0..<6_000).count { _ in random.below(3 * third) < third }
        #expect((1_850...2_150).contains(hits), "\(hits)")
    }

    @Test func chancesComeUpInProportion() {
        var random = SeededGenerator(seed: 8)
        #expect((0..<1_000).count { _ in random.chance(0, in: 5) } == 0)
        #expect((0..<1_000).count { _ in random.chance(5, in: 5) } == 1_000)
        #expect((1_880...2_120).contains((0..<10_000).count { _ in random.chance(1, in: 5) }))
    }

    @Test func durationsLieBetweenTheirEndsAndReachBoth() {
        var random = EntropyStream(seed: .zero)
        let draws = Set(
            (0..<500).map { _ in random.between(.nanoseconds(-2), .nanoseconds(2)).nanoseconds })
        #expect(draws.sorted() == [-2, -1, 0, 1, 2])
        #expect(random.between(.seconds(3), .seconds(3)) == .seconds(3))
        let widest = random.between(.nanoseconds(.min), .nanoseconds(.max))
        #expect(widest != random.between(.nanoseconds(.min), .nanoseconds(.max)))
    }
}
