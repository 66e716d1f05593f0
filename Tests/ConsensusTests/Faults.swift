import Basics

@testable import Consensus

/// What the network and the disks of a random run do wrong.
struct Faults {
    var generator: SeededGenerator
    /// Out of 100 messages.
    var lost: UInt64 = 5
    var repeated: UInt64 = 5
    /// Out of 100 messages: delayed so long that later ones overtake them.
    var late: UInt64 = 10

    /// How many copies arrive, and when the first does.
    mutating func fate(of message: Message, at now: Instant) -> (copies: Int, due: Instant) {
        guard !generator.chance(lost, in: 100) else { return (0, now) }
        return (generator.chance(repeated, in: 100) ? 2 : 1, delay(from: now))
    }

    mutating func delay(from now: Instant) -> Instant {
        generator.chance(late, in: 100)
            ? now + generator.between(.milliseconds(20), .milliseconds(900))
            : now + generator.between(.microseconds(100), .milliseconds(15))
    }

    mutating func diskDelay() -> Duration {
        generator.chance(5, in: 100)
            ? generator.between(.milliseconds(10), .milliseconds(300))
            : generator.between(.microseconds(100), .milliseconds(5))
    }
}
