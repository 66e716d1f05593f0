import Basics
import Testing

@testable import keyclave

@Suite struct LatencyHistogramTests {
    @Test func `small latencies are exact`() {
        var histogram = LatencyHistogram()
        for value in 1...100 { histogram.add(Int64(value)) }
        #expect(histogram.count == 100)
        #expect(histogram.percentile(50, of: 100) == 50)
        #expect(histogram.percentile(99, of: 100) == 99)
        #expect(histogram.percentile(9_999, of: 10_000) == 100)
        #expect(histogram.percentile(0, of: 100) == 1)
        #expect(histogram.maximum == 100)
        #expect(histogram.mean == 50)
    }

    @Test func `nothing has no percentiles`() {
        #expect(LatencyHistogram().percentile(99, of: 100) == 0)
        #expect(LatencyHistogram().mean == 0)
    }

    @Test func `percentiles are those of a sorted list, to a sixty-fourth`() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<20 {
            var histogram = LatencyHistogram()
            var other = LatencyHistogram()
            var list: [UInt64] = []
            for position in 0..<2_000 {
                let value = random.next() >> (random.below(60) + 3)
                list.append(value)
                if position % 2 == 0 {
                    histogram.add(Int64(value))
                } else {
                    other.add(Int64(value))
                }
            }
            histogram.merge(other)
            list.sort()
            for (numerator, denominator) in [(50, 100), (90, 100), (99, 100), (9_999, 10_000)] {
                let rank = (list.count * numerator + denominator - 1) / denominator
                let exact = list[max(rank, 1) - 1]
                let found = histogram.percentile(UInt64(numerator), of: UInt64(denominator))
                #expect(found >= exact)
                #expect(found <= exact + exact / 64)
            }
            #expect(histogram.maximum == list.last)
        }
    }

    @Test func `every latency lies in the bucket it is counted in`() {
        let powers: [UInt64] = (1..<64).map { 1 << $0 }
        let edges: [UInt64] = powers.flatMap { [$0 - 1, $0, $0 + 1] }
        for value in edges + [UInt64.max] {
            let bucket = LatencyHistogram.bucket(of: value)
            #expect(LatencyHistogram.upperEnd(of: bucket) >= value)
            #expect(LatencyHistogram.upperEnd(of: bucket - 1) < value)
        }
    }
}
