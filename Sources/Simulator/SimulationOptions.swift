import Basics
import Keyring

/// What a run does to its cluster. Drawn from the seed; each can be set by hand.
public struct SimulationOptions: Sendable {
    public var nodes = 3
    /// How many more there are to join.
    public var joiners: Int { scriptedJoiners ?? (pauses[.join] == nil ? 0 : 3) }
    /// How many a script says; nil without one.
    var scriptedJoiners: Int?
    /// Virtual time during which faults strike; the cluster's core is healed afterwards.
    public var safetyPhase = Duration.seconds(40)
    /// Virtual time within which the healed core must have come to rest.
    public var livenessPhase = Duration.seconds(25)
    public var clients = 6
    /// What they ask for most.
    public var workload = WorkloadMix.mixed
    /// Whether some of what clients ask for is another leader.
    public var clientsMoveLeadership = true
    /// How long a lease lasts at first; zero if every verdict is the leader's.
    public var leaseMilliseconds = ClusterSettings.standard.leaseMilliseconds
    /// Whether some of what clients ask for is another length of leases.
    public var clientsChangeLease = false
    /// Whether the operator changes the cluster secret while all this goes on.
    public var changesSecret = false
    /// Whether what several ask of a node within some milliseconds reaches it as one input, as a
    /// busy node's front threads hand it over; else each request is an input of its own.
    public var requestsComeTogether = false
    /// Between a client's errands.
    public var longestPause = Duration.milliseconds(400)

    /// Chances in a thousand that a delivery resets its connection.
    public var resetsPerMille: UInt64 = 1
    public var shortestDelay = Duration.microseconds(50)
    public var longestDelay = Duration.milliseconds(20)
    /// Chances in a thousand that a delivery takes up to fifty times as long.
    public var stragglersPerMille: UInt64 = 5
    /// Bytes that may wait in buffers and on the line of one direction: with more of them the
    /// connection breaks.
    public var linkCapacity = 1 << 20
    public var diskDelay = (shortest: Duration.microseconds(50), longest: Duration.milliseconds(5))
    /// Chances in a thousand that a disk operation takes up to five hundred times as long.
    public var diskStallsPerMille: UInt64 = 2

    /// The mean pause between faults of each kind; a kind without one is off.
    public var pauses: [FaultKind: Duration] = SimulationOptions.standardPauses
    /// The bound on clock rates: drifts are drawn within it, in parts of a million.
    public var driftBound: Int64 = 20_000
    /// How many machines' disks may be damaged. More than a minority and the run is excused.
    public var damagedMachines = 1
    /// The node that isn't healed with the others.
    public var brokenForEver: NodeID?
    /// Small, so that compaction and snapshot install happen in every run.
    public var snapshotLogBytes = 12 << 10
    /// Whether frames between nodes bear the codes that a server's do, or cheap sums instead, which
    /// make a run a tenth shorter: one drawn run of eight has the real ones.
    public var authenticatesFrames = true

    /// What a run must commit in each second of its length to be counted as one.
    public static let commitsPerSecond: Int64 = 5

    public init() {}

    private static let standardPauses: [FaultKind: Duration] = [
        .cut: .seconds(10), .oneWayCut: .seconds(12), .bridge: .seconds(25), .ring: .seconds(40),
        .lateAnswers: .seconds(15), .clog: .seconds(10), .narrow: .seconds(20),
        .reset: .seconds(10),
        .corrupt: .seconds(10), .replay: .seconds(10), .crash: .seconds(12),
        .powerLoss: .seconds(12), .crashAll: .seconds(40), .crashAmidEffects: .seconds(10),
        .crashAmidWrite: .seconds(10),
        .pause: .seconds(12), .stop: .seconds(30), .slowDisk: .seconds(20),
        .hungDisk: .seconds(40), .fullDisk: .seconds(25), .diskError: .seconds(30),
        .rot: .seconds(40), .rottenTail: .seconds(40), .misread: .seconds(40),
        .misdirect: .seconds(40), .wipe: .seconds(150), .wallClock: .seconds(15),
        .clockOffset: .seconds(40), .drift: .seconds(20), .join: .seconds(10),
        .removal: .seconds(12),
    ]

    /// Draws a run's options: half of all runs switch some kinds of faults off (swarm testing;
    /// Groce et al., ISSTA 2012).
    public init(drawnFrom random: inout SeededGenerator) {
        self.init()
        if random.chance(1, in: 8) { nodes = 5 }
        if random.chance(1, in: 2) { drawSwarm(&random) }
        if random.chance(1, in: 8) { for kind in FaultKind.untimely { pauses[kind] = nil } }
        if random.chance(1, in: 2) { longestDelay = .milliseconds(1) }
        if random.chance(1, in: 4) { snapshotLogBytes = 1 << 20 }
        if random.chance(1, in: 4) { brokenForEver = NodeID(UInt32(1 + random.below(3))) }
        if random.chance(1, in: 4) { linkCapacity = 24 << 10 }
        if random.chance(1, in: 2) { drawWorkload(&random) }
        // Long enough for disks that hang, and bytes that come again, after minutes.
        if random.chance(1, in: 30) {
            safetyPhase = .seconds(240)
            stretchPauses(by: 3)
        }
        // Aside, so that the seed stands for the same faults as ever.
        var aside = random
        _ = aside.next()
        authenticatesFrames = aside.chance(1, in: 8)
        if aside.chance(1, in: 2) { (pauses[.join], pauses[.removal]) = (nil, nil) }
        if aside.chance(1, in: 4) { leaseMilliseconds = Self.leaseLengths[Int(aside.below(3))] }
        clientsChangeLease = aside.chance(1, in: 5)
        changesSecret = aside.chance(1, in: 4)
        requestsComeTogether = aside.chance(1, in: 4)
    }

    /// The usual one last.
    static let leaseLengths: [UInt32] = [0, 500, 1_000, 2_000]

    private mutating func drawSwarm(_ random: inout SeededGenerator) {
        for kind in FaultKind.allCases where random.chance(1, in: 2) { pauses[kind] = nil }
        if random.chance(1, in: 2) { resetsPerMille = 0 }
        if random.chance(1, in: 2) { stragglersPerMille = 0 }
        if random.chance(1, in: 2) { diskStallsPerMille = 0 }
    }

    private mutating func drawWorkload(_ random: inout SeededGenerator) {
        workload = WorkloadMix.allCases[Int(random.below(UInt64(WorkloadMix.allCases.count)))]
    }

    /// Fewer faults in as much time.
    private mutating func stretchPauses(by factor: Int64) {
        for kind in FaultKind.allCases { pauses[kind] = pauses[kind].map { $0 * factor } }
    }

    /// Every option by name, in a fixed order.
    public var table: [(name: String, value: String)] {
        let fixed: [(String, String)] = [
            ("nodes", "\(nodes)"), ("clients", "\(clients)"),
            ("workload", workload.rawValue),
            ("lease", "\(leaseMilliseconds) ms"),
            ("lease changes", clientsChangeLease ? "on" : "off"),
            ("secret change", changesSecret ? "on" : "off"),
            ("requests", requestsComeTogether ? "together" : "singly"),
            ("safety phase", safetyPhase.brief), ("liveness phase", livenessPhase.brief),
            ("longest pause of a client", longestPause.brief),
            ("delay of a delivery", "\(shortestDelay.brief) to \(longestDelay.brief)"),
            ("stragglers per mille", "\(stragglersPerMille)"),
            ("resets per mille", "\(resetsPerMille)"),
            ("link capacity", "\(linkCapacity) bytes"),
            ("delay of a disk", "\(diskDelay.shortest.brief) to \(diskDelay.longest.brief)"),
            ("disk stalls per mille", "\(diskStallsPerMille)"),
            ("drift bound", "\(driftBound) ppm"), ("damaged machines", "\(damagedMachines)"),
            ("broken for ever", brokenForEver.map { "\($0)" } ?? "none"),
            ("log bytes between snapshots", "\(snapshotLogBytes)"),
            ("codes of frames", authenticatesFrames ? "authentic" : "checksums"),
        ]
        return fixed
            + FaultKind.allCases.map { kind in
                (kind.rawValue, pauses[kind].map { "every \($0.brief)" } ?? "off")
            }
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
        "\(kind.rawValue) violated at \(time.seconds.drop { $0 == " " }) s: \(law): \(detail)"
    }
}
