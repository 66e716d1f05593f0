import Basics
import Testing

@testable import Simulator

@Suite struct MachineClockTests {
    @Test(arguments: [-20_000, -1, 0, 1, 7, 20_000, 300_000] as [Int64])
    func `a timer is due at the first instant at which the clock shows its time`(rate: Int64) {
        var clock = MachineClock(origin: Instant(nanoseconds: 5_000_000_123))
        clock.setRate(partsPerMillion: rate, at: Instant(nanoseconds: 1_234_567))
        var random = SeededGenerator(seed: UInt64(bitPattern: rate))
        for _ in 0..<1_000 {
            let wanted = Instant(nanoseconds: 5_001_234_690 + Int64(random.below(1 << 45)))
            let world = clock.worldTime(of: wanted)
            #expect(clock.local(at: world) >= wanted)
            let before = Instant(nanoseconds: world.nanoseconds - 2)
            #expect(clock.local(at: before) < wanted || world.nanoseconds < 1_234_569)
        }
    }

    @Test func `a fast clock gains, and a change of rate takes nothing back`() {
        var clock = MachineClock(origin: .zero)
        clock.setRate(partsPerMillion: 20_000, at: .zero)
        let second = Instant(nanoseconds: 1_000_000_000)
        #expect(clock.local(at: second).nanoseconds == 1_020_000_000)
        clock.setRate(partsPerMillion: -20_000, at: second)
        #expect(clock.local(at: second).nanoseconds == 1_020_000_000)
        #expect(clock.local(at: second + .seconds(1)).nanoseconds == 2_000_000_000)
        #expect(clock.reading(at: second).wall - World.wallStart == .milliseconds(1_020))
    }
}
