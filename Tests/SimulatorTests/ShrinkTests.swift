import Basics
import Testing

@testable import Simulator

@Suite struct ShrinkTests {
    /// A hundred pauses, one a second, each of half a second.
    private static let simulation: Simulation = {
        var options = SimulationOptions()
        options.safetyPhase = .seconds(100)
        let plan = (0..<100).map { number in
            PlannedFault(
                kind: .pause, at: .zero + .seconds(Int64(number)), faults: [.pause(NodeID(1))],
                repairs: [.resume(NodeID(1))], lasting: .milliseconds(500))
        }
        return Simulation(seed: 1, options: options, plan: plan)
    }()

    @Test func `delta debugging finds the items that fail together, and few runs do`() {
        for culprits: Set<Int> in [[0], [99], [17, 63], [3, 4, 50, 98], Set(40..<48)] {
            var runs = 0
            let found = DeltaDebugging.minimize(Array(0..<100)) { part in
                runs += 1
                return culprits.isSubset(of: part)
            }
            #expect(found == culprits.sorted())
            #expect(runs < 100 * culprits.count, "\(culprits.count) of 100 took \(runs)")
        }
    }

    @Test func `what fails with nothing at all is shrunk to nothing`() {
        #expect(DeltaDebugging.minimize(Array(0..<10)) { _ in true } == [])
        #expect(DeltaDebugging.minimize([Int]()) { _ in true } == [])
    }

    @Test func `no single item can be dropped from what is left`() {
        // Fails with an even number of the first ten and the last.
        func fails(_ part: [Int]) -> Bool {
            part.contains(40) && part.count { $0 < 10 } % 2 == 0
        }
        let found = DeltaDebugging.minimize(Array(0...40), fails: fails)
        #expect(fails(found))
        for position in found.indices {
            var less = found
            less.remove(at: position)
            #expect(!fails(less))
        }
    }

    @Test func `a plan is shrunk to the faults, lengths and clients that the failure needs`() {
        var asked = 0
        var shrinking = PlanShrinking(Self.simulation, limit: 1_000) { reduction in
            asked += 1
            let kept = reduction.kept ?? []
            let long = kept.first { $0.number == 20 }
            return long.map { $0.lasting ?? .milliseconds(500) >= .milliseconds(120) } == true
                && kept.contains { $0.number == 31 } && (reduction.clients ?? 6) >= 2
                && (reduction.safetyPhase ?? .seconds(100)) >= .seconds(40)
        }
        shrinking.run(brokenAt: .zero + .seconds(60))
        #expect(shrinking.runs == asked)
        #expect(asked < 100, "\(asked) runs")
        let smallest = shrinking.smallest
        #expect(smallest.kept?.map(\.number) == [20, 31])
        #expect(smallest.clients == 2)
        #expect(smallest.safetyPhase == .milliseconds(60_001))
        let lasting = smallest.kept?.first?.lasting ?? .zero
        #expect(lasting >= .milliseconds(120) && lasting < .milliseconds(135), "\(lasting)")
        #expect(smallest.kept?.last?.lasting ?? .seconds(1) <= .milliseconds(1))
    }

    @Test func `a failure after the faults keeps the last of them within the phase`() {
        var shrinking = PlanShrinking(Self.simulation, limit: 1_000) { reduction in
            reduction.kept?.contains { $0.number == 70 } == true
        }
        shrinking.run(brokenAt: .zero + .seconds(130))
        #expect(shrinking.smallest.kept?.map(\.number) == [70])
        let phase = shrinking.smallest.safetyPhase ?? .zero
        #expect(phase > .seconds(70) && phase < .seconds(80), "\(phase)")
    }

    @Test func `the number of runs is bounded`() {
        var asked = 0
        var shrinking = PlanShrinking(Self.simulation, limit: 25) { reduction in
            asked += 1
            return Set([5, 50, 95]).isSubset(of: (reduction.kept ?? []).map(\.number))
        }
        shrinking.run(brokenAt: .zero + .seconds(130))
        #expect(asked == 25)
        #expect(shrinking.runs == 25)
        #expect(Set([5, 50, 95]).isSubset(of: (shrinking.smallest.kept ?? []).map(\.number)))
    }

    @Test func `what is left is drawn as in the whole run`() {
        var reduction = PlanReduction()
        reduction.kept = [.init(number: 7), .init(number: 9, lasting: .milliseconds(150))]
        reduction.clients = 2
        let whole = Simulation(seed: 3)
        let less = reduction.reducing(whole)
        #expect(less.seed == 3)
        #expect(less.options.clients == 2)
        #expect(less.plan.count == 2)
        #expect(less.plan[0] == whole.plan[7])
        #expect(less.plan[1].at == whole.plan[9].at)
        #expect(less.plan[1].lasting == .milliseconds(150))
        #expect(reduction.text == "7,9=150ms")
    }
}
