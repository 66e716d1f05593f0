import Basics
import Replica

/// One of the 64 ways in which the six directions between three nodes can be cut, and what must
/// hold under it: whenever some node has two-way links to a majority, writes flow and the
/// leadership settles (Howard and Abraham, "Raft does not guarantee liveness in the face of
/// network faults", 2020: it takes both PreVote and CheckQuorum).
public struct CutPattern: Sendable, CustomStringConvertible {
    /// Bit `k` says whether the direction number `k` is cut.
    public let number: UInt8

    public static let all = (0..<64).map { CutPattern(number: $0) }

    private static let directions: [(from: NodeID, to: NodeID)] = [
        (NodeID(1), NodeID(2)), (NodeID(1), NodeID(3)), (NodeID(2), NodeID(1)),
        (NodeID(2), NodeID(3)), (NodeID(3), NodeID(1)), (NodeID(3), NodeID(2)),
    ]

    /// What was seen under a pattern.
    public struct Report: Sendable {
        public var outcome: Simulation.Outcome
        /// Entries committed while the cuts had stood for some time.
        public var committed: Int
        /// Terms that the nodes went through in the same time.
        public var terms: UInt64
    }

    public init(number: UInt8) {
        precondition(number < 64, "there are 64 patterns")
        self.number = number
    }

    /// The directions that are cut, in words.
    public var description: String {
        let cut = CutPattern.directions.enumerated().filter { isCut($0.offset) }
        return cut.isEmpty
            ? "none" : cut.map { "\($0.element.from)→\($0.element.to)" }.joined(separator: " ")
    }

    private func isCut(_ direction: Int) -> Bool { number >> UInt8(direction) & 1 == 1 }

    private func isCut(_ from: Int, _ to: Int) -> Bool {
        CutPattern.directions.indices.contains { direction in
            let (one, other) = CutPattern.directions[direction]
            return isCut(direction) && one == NodeID(UInt32(from)) && other == NodeID(UInt32(to))
        }
    }

    /// Whether some node has two-way links to a majority, itself included.
    public var hasConnectedMajority: Bool {
        (1...3).contains { node in
            (1...3).contains { other in
                other != node && !isCut(node, other) && !isCut(other, node)
            }
        }
    }

    private static let cutAt = Duration.seconds(3)
    private static let settledAt = Duration.seconds(13)
    private static let mendedAt = Duration.seconds(23)

    /// Cuts a working cluster, lets it settle, watches it, and mends it.
    public func run(seed: UInt64) -> Report {
        var options = SimulationOptions()
        // The plan is made by hand; this tells the checkers what is in it.
        options.pauses = [.oneWayCut: .seconds(1)]
        options.clientsMoveLeadership = false
        options.resetsPerMille = 0
        options.stragglersPerMille = 0
        options.diskStallsPerMille = 0
        options.clients = 12
        options.safetyPhase = CutPattern.mendedAt
        let cuts = CutPattern.directions.enumerated().filter { isCut($0.offset) }
            .map { Fault.cut(from: $0.element.from, to: $0.element.to) }
        let plan = [PlannedFault(kind: .oneWayCut, at: .zero + CutPattern.cutAt, faults: cuts)]
        let world = World(seed: seed, options: options, plan: plan)
        var report = Report(outcome: .passed, committed: 0, terms: 0)
        do throws(Violation) {
            try watch(world, &report)
        } catch {
            report.outcome = .violated(error)
        }
        return report
    }

    private func watch(_ world: World, _ report: inout Report) throws(Violation) {
        try world.begin()
        try world.run(until: .zero + CutPattern.settledAt)
        let before = (commits: world.observer.log.count, terms: terms(of: world))
        try world.run(until: .zero + CutPattern.mendedAt)
        report.committed = world.observer.log.count - before.commits
        report.terms = zip(terms(of: world), before.terms).map { $0 - $1 }.max() ?? 0
        if hasConnectedMajority {
            guard report.committed >= 10 else {
                throw world.unsettled("writes flow", "\(report.committed) entries in 10 s")
            }
            guard report.terms == 0 else {
                throw world.unsettled("the leadership settles", "\(report.terms) terms in 10 s")
            }
        }
        try world.finish()
    }

    private func terms(of world: World) -> [UInt64] {
        world.machines.map { $0.process?.inspection.term.rawValue ?? 0 }
    }
}
