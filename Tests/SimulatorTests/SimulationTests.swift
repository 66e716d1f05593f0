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
                .nanoseconds($0.nanoseconds / 6)
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
}
