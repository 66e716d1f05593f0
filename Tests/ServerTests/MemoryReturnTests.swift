import Testing

@testable import Server

@Suite struct MemoryReturnTests {
    private static let much = MemoryReturn.worthwhile
    private static let little = MemoryReturn.stir - 1

    /// At which looks memory is given back, with the log so long at each.
    private func dueLooks(at lengths: [Int]) -> [Int] {
        var memory = MemoryReturn()
        return lengths.indices.filter { memory.isDue(logBytes: lengths[$0]) }
    }

    @Test func `it is given back once, when the log has rested behind a snapshot`() {
        let lengths = [64 * Self.much, 0] + [Int](repeating: 5, count: 100)
        #expect(dueLooks(at: lengths) == [1 + MemoryReturn.rest])
    }

    @Test func `a log that only grew has left nothing behind`() {
        let growing = (0..<50).map { $0 * Self.much }
        #expect(dueLooks(at: growing + [Int](repeating: 49 * Self.much, count: 50)) == [])
    }

    @Test func `under a load nothing is given back, however often a snapshot covers it`() {
        for step in [Self.little + 1, Self.much / 2, Self.much, 3 * Self.much] {
            let lengths = (0..<1_000).map { $0 * step % (64 * Self.much) }
            #expect(dueLooks(at: lengths) == [], "\(step) bytes a look")
        }
    }

    @Test func `nor between bursts, or where heavy looks and light ones take turns`() {
        // A burst each second, and every other look.
        for pause in 2..<MemoryReturn.rest {
            let lengths = (0..<1_000).map { $0 / pause * Self.much % (64 * Self.much) }
            #expect(dueLooks(at: lengths) == [], "a burst every \(pause) looks")
        }
    }

    @Test func `a trickle is rest`() {
        let lengths = [64 * Self.much] + (0..<100).map { $0 * Self.little }
        #expect(dueLooks(at: lengths) == [1 + MemoryReturn.rest])
    }

    @Test func `each snapshot at rest has memory given back once more`() {
        let rest = [Int](repeating: 9, count: 20)
        let lengths = [64 * Self.much] + rest + [64 * Self.much] + rest
        #expect(dueLooks(at: lengths) == [1 + MemoryReturn.rest, 22 + MemoryReturn.rest])
    }
}
