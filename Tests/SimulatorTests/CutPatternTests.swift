import Testing

@testable import Simulator

/// `simulate cuts` runs all 64; debug builds are slow.
@Suite struct CutPatternTests {
    @Test(arguments: [0b000000, 0b010010, 0b111111] as [UInt8])
    func `writes flow under a cut that leaves a node two-way links to a majority`(number: UInt8) {
        let pattern = CutPattern(number: number)
        let report = pattern.run(seed: 7)
        if case .violated(let violation) = report.outcome {
            Issue.record("\(pattern): \(violation)")
        }
        if !pattern.hasConnectedMajority { #expect(report.committed == 0) }
    }

    @Test func `a majority of the patterns leaves a connected majority`() {
        // Each of the three pairs is whole in a quarter of the patterns.
        #expect(CutPattern.all.count { $0.hasConnectedMajority } == 64 - 27)
        #expect(CutPattern(number: 0b000101).description == "n1→n2 n2→n1")
        #expect(CutPattern(number: 0).description == "none")
    }
}
