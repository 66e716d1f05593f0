import Testing

@testable import Server

@Suite struct MemoryReturnTests {
    private static let much = MemoryReturn.stir

    /// What is said at each of these lengths of the log.
    private func said(at lengths: [Int]) -> [Bool] {
        var memory = MemoryReturn()
        return lengths.map { memory.isDue(logBytes: $0) }
    }

    @Test func `as long as the log grows nothing is given back`() {
        #expect(said(at: [1, 2, 3, 4].map { $0 * Self.much }) == [false, false, false, false])
    }

    @Test func `once it rests, memory is given back, and only once`() {
        let lengths = [Self.much, 3 * Self.much, 3 * Self.much + 5, 3 * Self.much + 6]
        #expect(said(at: lengths) == [false, false, true, false])
    }

    @Test func `a snapshot that covers the log at rest has memory given back once more`() {
        let lengths = [64 * Self.much, 64 * Self.much, 9, 9, 9]
        #expect(said(at: lengths) == [false, true, false, true, false])
    }

    @Test func `a trickle is rest`() {
        #expect(!said(at: (0..<100).map { $0 * (Self.much - 1) }).contains(true))
    }
}
