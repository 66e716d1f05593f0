import Basics
import Foundation
import Simulator

/// `simulate seeds`: many runs, each from its own seed, with a line of progress and an account.
enum SimulateCommand {
    static let help = """
        simulate: real Keyclave nodes in one thread of virtual time, broken on purpose

        USAGE
          simulate seeds [--from N] [--count N] [--jobs N]   run many seeds (default: 1, 1000, 2)
          simulate replay SEED                               run one seed and tell what it saw
          simulate mutants [--only NAME,…] [--seconds N] [--jobs N] [--json]
                                                             plant one bug at a time, and tell
                                                             which checker finds it, how soon

        EXAMPLE
          swift run -c release simulate seeds --from 1 --count 10000

        EXIT CODES
          0 passed · 1 safety violated · 2 liveness violated · 64 bad usage
        """

    static func run(_ arguments: [String]) -> Int32 {
        switch arguments.first {
        case "seeds": return seeds(Array(arguments.dropFirst()))
        case "replay": return replay(Array(arguments.dropFirst()))
        case "mutants": return MutantsCommand.run(Array(arguments.dropFirst()))
        case "--help", "-h", "help":
            print(help)
            return 0
        default:
            return refuse("expected seeds, replay or mutants")
        }
    }

    private static func refuse(_ reason: String) -> Int32 {
        FileHandle.standardError.write(Data("simulate: \(reason); see simulate --help\n".utf8))
        return 64
    }

    private static func replay(_ arguments: [String]) -> Int32 {
        guard arguments.count >= 1, let seed = UInt64(arguments[0]) else {
            return refuse("replay takes one seed, a whole number")
        }
        let report = Simulation(seed: seed).run(tracing: true)
        for item in report.trace?.items ?? [] {
            if case .sent = item.event, !arguments.contains("--sent") { continue }
            print("\(item.time.nanoseconds / 1000) \(item.event)".prefix(200))
        }
        for (name, count) in report.coverage.table { print("\(name): \(count)") }
        print("events: \(report.events), hash: \(String(report.hash, radix: 16))")
        return conclude(report.violation, seed: seed)
    }

    private static func conclude(_ violation: Violation?, seed: UInt64) -> Int32 {
        guard let violation else { return 0 }
        print("seed \(seed) failed: \(violation)")
        print("to see it again: simulate replay \(seed)")
        return violation.kind == .safety ? 1 : 2
    }

    private static func seeds(_ arguments: [String]) -> Int32 {
        var numbers: [String: UInt64] = ["--from": 1, "--count": 1000, "--jobs": 2]
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard numbers[option] != nil else { return refuse("\(option) is no option of seeds") }
            guard let text = rest.popFirst(), let number = UInt64(text), number > 0 else {
                return refuse("\(option) takes a whole number above 0")
            }
            numbers[option] = number
        }
        guard let first = numbers["--from"], let count = numbers["--count"],
            let jobs = numbers["--jobs"], count <= 1 << 32, jobs <= 256
        else { return refuse("a number is too large") }
        return Campaign(first: first, count: count, jobs: Int(jobs)).run()
    }
}
