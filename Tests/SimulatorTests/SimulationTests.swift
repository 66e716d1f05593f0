import Basics
import Testing

@testable import Simulator

/// Whole runs of the simulated cluster. Debug builds are slow, so these are short; the long ones
/// are `simulate seeds`.
@Suite struct SimulationTests {
    /// Faults come thick and fast, so that a short run sees them all.
    static var short: SimulationOptions {
        var options = SimulationOptions()
        options.safetyPhase = .seconds(5)
        options.livenessPhase = .seconds(20)
        options.clients = 3
        for kind in FaultKind.allCases {
            options.pauses[kind] = options.pauses[kind].map {
                .nanoseconds($0.nanoseconds / 4)
            }
        }
        options.snapshotLogBytes = 6 << 10
        return options
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `a cluster under faults keeps every promise`(seed: UInt64) {
        let report = Simulation(seed: seed, options: Self.short).run()
        #expect(report.violation == nil, "\(report.violation.map { "\($0)" } ?? "")")
        #expect(report.coverage.restarts > 3)
        #expect(report.coverage.elections > 0)
        #expect(report.coverage.committed > 8)
    }

    @Test func `the same seed gives the same run`() {
        var options = Self.short
        options.safetyPhase = .seconds(3)
        options.livenessPhase = .seconds(14)
        let first = Simulation(seed: 11, options: options).run()
        let second = Simulation(seed: 11, options: options).run()
        #expect(first.hash == second.hash)
        #expect(first.secondHashes == second.secondHashes)
        #expect(first.secondHashes.count == 16)
        #expect(first.events == second.events)
        let other = Simulation(seed: 12, options: options).run()
        #expect(other.hash != first.hash)
    }

    @Test func `damage to the disks of a majority is excused, not passed`() {
        var options = Self.short
        options.damagedMachines = 2
        options.pauses[.rot] = .milliseconds(300)
        let report = Simulation(seed: 5, options: options).run()
        guard case .excused(let reason) = report.outcome else {
            Issue.record("\(report.outcome)")
            return
        }
        #expect(reason.contains("majority"))
    }

    @Test func `a plan is drawn alike from one seed, in the order of time`() {
        var random = SeededGenerator(seed: 9)
        let options = SimulationOptions(drawnFrom: &random)
        let plan = FaultPlan.draw(options, seed: 9)
        #expect(plan == FaultPlan.draw(options, seed: 9))
        #expect(plan != FaultPlan.draw(options, seed: 10))
        for (one, next) in zip(plan, plan.dropFirst()) { #expect(one.at <= next.at) }
        for planned in plan { #expect(options.pauses[planned.kind] != nil) }
    }

    /// Who can't send to whom, by the plan's only kind.
    private func cuts(
        _ kind: FaultKind, nodes: Int, seed: UInt64
    ) -> Set<[NodeID]> {
        var options = SimulationOptions()
        options.nodes = nodes
        options.pauses = [kind: .seconds(1)]
        let first = FaultPlan.draw(options, seed: seed).first
        return Set(
            (first?.faults ?? []).compactMap { fault in
                if case .cut(let from, let to) = fault { [from, to] } else { nil }
            })
    }

    @Test(arguments: (1...20).map { UInt64($0) })
    func `over a bridge one node reaches all, and some others don't reach each other`(
        seed: UInt64
    ) {
        for count in [3, 4, 5] {
            let cuts = cuts(.bridge, nodes: count, seed: seed)
            let nodes = (1...count).map { NodeID(UInt32($0)) }
            #expect(!cuts.isEmpty)
            #expect(nodes.contains { node in !cuts.contains { $0.contains(node) } })
            for pair in cuts { #expect(cuts.contains([pair[1], pair[0]])) }
        }
    }

    @Test(arguments: (1...20).map { UInt64($0) })
    func `in a ring each node reaches its neighbours only`(seed: UInt64) {
        for count in [4, 5] {
            let cuts = cuts(.ring, nodes: count, seed: seed)
            for node in (1...count).map({ NodeID(UInt32($0)) }) {
                #expect(cuts.count { $0[0] == node } == count - 3)
                #expect(cuts.count { $0[1] == node } == count - 3)
            }
        }
        // Of three, each sends one way round.
        let cuts = cuts(.ring, nodes: 3, seed: seed)
        #expect(cuts.count == 3)
        for pair in cuts { #expect(!cuts.contains([pair[1], pair[0]])) }
    }

    @Test(arguments: WorkloadMix.allCases)
    func `every mix asks for everything`(mix: WorkloadMix) {
        var random = SeededGenerator(seed: 3)
        var drawn: Set<Simulator.Operation.Kind> = []
        for _ in 0..<5_000 { drawn.insert(mix.draw(&random)) }
        // Members are changed by the operator alone.
        #expect(Set(Simulator.Operation.Kind.allCases).subtracting(drawn) == [.changeMember])
    }
}
