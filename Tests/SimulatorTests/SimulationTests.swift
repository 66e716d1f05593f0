import Basics
import Testing

@testable import Simulator

/// Whole runs of the simulated cluster. Debug builds are slow, so these are short; the long ones
/// are `simulate seeds`.
@Suite struct SimulationTests {
    /// Faults come thick and fast, so that a short run sees them all.
    static var short: SimulationOptions {
        var options = SimulationOptions()
        options.safetyPhase = .seconds(6)
        options.livenessPhase = .seconds(20)
        options.crashes = .milliseconds(1500)
        options.partitions = .seconds(2)
        options.wallClockJumps = .seconds(2)
        options.snapshotLogBytes = 6 << 10
        return options
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a cluster under faults keeps every promise`(seed: UInt64) {
        let report = Simulation.run(seed: seed, options: Self.short)
        #expect(report.violation == nil, "\(report.violation.map(String.init(describing:)) ?? "")")
        #expect(report.coverage.crashes > 0)
        #expect(report.coverage.elections > 0)
        #expect(report.coverage.charged > 0)
    }

    @Test func `the same seed gives the same run`() {
        var options = Self.short
        options.safetyPhase = .seconds(3)
        options.livenessPhase = .seconds(14)
        let first = Simulation.run(seed: 11, options: options)
        let second = Simulation.run(seed: 11, options: options)
        #expect(first.digest == second.digest)
        #expect(first.events == second.events)
        let other = Simulation.run(seed: 12, options: options)
        #expect(other.digest != first.digest)
    }
}
