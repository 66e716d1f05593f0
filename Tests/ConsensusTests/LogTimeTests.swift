import Basics
import Testing

@testable import Consensus

@Suite struct LogTimeTests {
    static func agreement(_ clocks: [Int64], of voters: Int) -> Raft.ClockAgreement {
        Raft.agreement(
            among: clocks.map { Timestamp(milliseconds: $0) },
            majority: Quorum.majority(of: voters), within: .milliseconds(500))
    }

    static func agreed(_ milliseconds: Int64) -> Raft.ClockAgreement {
        .agreed(Timestamp(milliseconds: milliseconds))
    }

    @Test func `the lower median counts if a majority is close to it`() {
        #expect(Self.agreement([100, 200, 300], of: 3) == Self.agreed(200))
        #expect(Self.agreement([100, 300], of: 3) == Self.agreed(100))
        #expect(Self.agreement([100], of: 1) == Self.agreed(100))
    }

    @Test func `one wrong clock moves nothing, whichever way it is wrong`() {
        for wrong in [0, 9_000_000_000, Int64.max, Int64.min] {
            #expect(Self.agreement([5000, wrong, 5100], of: 3) != .disagreed)
            let time = Self.agreement([5000, wrong, 5100], of: 3)
            #expect([Self.agreed(5000), Self.agreed(5100)].contains(time))
        }
    }

    @Test func `too few clocks are no answer, and clocks far apart are none either`() {
        #expect(Self.agreement([100], of: 3) == .unknown)
        #expect(Self.agreement([], of: 1) == .unknown)
        #expect(Self.agreement([100, 601], of: 3) == .disagreed)
        #expect(Self.agreement([0, 1000, 2000], of: 3) == .disagreed)
        #expect(Self.agreement([.min, 0, .max], of: 3) == .disagreed)
    }

    @Test func `a majority of right clocks bounds the time by right clocks`() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<2000 {
            let voters = 1 + 2 * Int(generator.below(3))
            let wrong = Int(generator.below(UInt64(Quorum.majority(of: voters))))
            var clocks = (0..<voters - wrong).map { _ in 10_000 + Int64(generator.below(100)) }
            for _ in 0..<wrong { clocks.append(Int64(bitPattern: generator.next())) }
            guard case .agreed(let time) = Self.agreement(clocks, of: voters) else {
                Issue.record("\(clocks)")
                continue
            }
            #expect(time.milliseconds >= 10_000 && time.milliseconds < 10_100, "\(clocks)")
        }
    }
}
