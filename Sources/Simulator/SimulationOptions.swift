import Basics

/// What a run does to its cluster. Drawn from the seed, each can be set by hand.
public struct SimulationOptions: Sendable {
    public var nodes = 3
    /// Virtual time during which faults strike; the cluster is healed afterwards.
    public var safetyPhase = Duration.seconds(30)
    /// Virtual time within which the healed cluster must have come to rest.
    public var livenessPhase = Duration.seconds(30)
    public var clients = 4
    /// Between a client's errands.
    public var longestPause = Duration.milliseconds(100)

    /// Chances in a thousand that a delivery resets its connection.
    public var resetsPerMille: UInt64 = 2
    public var shortestDelay = Duration.microseconds(50)
    public var longestDelay = Duration.milliseconds(20)
    /// Chances in a thousand that a delivery takes up to fifty times as long.
    public var stragglersPerMille: UInt64 = 5
    public var diskDelay = (shortest: Duration.microseconds(50), longest: Duration.milliseconds(5))
    public var diskStallsPerMille: UInt64 = 2
    /// Mean pause between faults of each kind; nil switches the kind off.
    public var crashes: Duration? = .seconds(4)
    public var partitions: Duration? = .seconds(5)
    public var wallClockJumps: Duration? = .seconds(10)
    /// Small, so that compaction and snapshot install happen in every run.
    public var snapshotLogBytes = 12 << 10

    public init() {}

    /// Draws a run's options: half of all runs switch some kinds of faults off (swarm testing).
    public init(drawnFrom random: inout SeededGenerator) {
        self.init()
        guard random.chance(1, in: 2) else { return }
        if random.chance(1, in: 2) { crashes = nil }
        if random.chance(1, in: 2) { partitions = nil }
        if random.chance(1, in: 2) { wallClockJumps = nil }
        if random.chance(1, in: 2) { resetsPerMille = 0 }
        if random.chance(1, in: 2) { stragglersPerMille = 0 }
        if random.chance(1, in: 2) { diskStallsPerMille = 0 }
        if random.chance(1, in: 2) { longestDelay = .milliseconds(1) }
        if random.chance(1, in: 4) { snapshotLogBytes = 4 << 20 }
    }
}

/// A law that a run broke.
public struct Violation: Error, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        case safety
        case liveness
    }

    public var kind: Kind
    public var law: String
    public var detail: String
    public var time: Instant

    public var description: String {
        "\(kind.rawValue) violated at \(time.nanoseconds / 1_000) µs: \(law): \(detail)"
    }
}
