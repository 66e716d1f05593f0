#if MUTANTS
import Basics
import Foundation
import Simulator

/// `simulate mutants --child NAME FROM SECONDS`: runs seed after seed with one bug planted, in a
/// process of its own, because a bug may end it by a broken precondition.
///
/// Tells one line for each event: `seed N` when it begins; `caught KIND: LAW: DETAIL` when a
/// checker objects, and that is the end; `excused N` after a run of which nothing can be asked;
/// `quiet` when the time is over.
enum MutantsChild {
    /// Seconds beyond its time after which a child is taken for hanging.
    private static let patience = 60

    static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count == 3, let experiment = MutantsExperiment(arguments[0]),
            let first = UInt64(arguments[1]), let seconds = Int(arguments[2])
        else { return 64 }
        switch experiment {
        case .bug(let bug): PlantedBug.planted = bug
        case .control(.nothing): PlantedBug.planted = .nothing
        case .control(.majorityLost), .control(.driftBeyondBound): break
        }
        var limit = rlimit(
            rlim_cur: rlim_t(seconds + patience), rlim_max: rlim_t(seconds + patience))
        setrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &limit)
        var seed = first
        while processorSeconds() < Double(seconds) {
            tell("seed \(seed)")
            switch simulation(experiment, seed: seed).run().outcome {
            case .passed:
                if experiment == .control(.majorityLost) {
                    tell("caught control: nothing was excused: seed \(seed)")
                    return 0
                }
            case .violated(let violation):
                tell("caught \(violation.kind.rawValue): \(violation.law): \(violation.detail)")
                return 0
            case .excused:
                tell("excused \(seed)")
            }
            seed += 1
        }
        tell("quiet")
        return 0
    }

    private static func simulation(_ experiment: MutantsExperiment, seed: UInt64) -> Simulation {
        let drawn = Simulation(seed: seed)
        if experiment == .control(.driftBeyondBound) {
            var options = drawn.options
            options.driftBound *= 3
            options.pauses[.drift] = SimulationOptions().pauses[.drift]
            return Simulation(seed: seed, options: options)
        }
        guard experiment == .control(.majorityLost) else { return drawn }
        let loss = PlannedFault(
            kind: .wipe, at: .zero + .seconds(10),
            faults: (1...(drawn.options.nodes / 2 + 1)).map { .wipe(NodeID(UInt32($0))) })
        return Simulation(seed: seed, options: drawn.options, plan: drawn.plan + [loss])
    }

    private static func tell(_ line: String) {
        print(line.split(separator: "\n").joined(separator: " ").prefix(4000))
        fflush(nil)
    }

    private static func processorSeconds() -> Double {
        Double(clock()) / Double(CLOCKS_PER_SEC)
    }
}
#endif
