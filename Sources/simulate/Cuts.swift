import Simulator

/// `simulate cuts`: every way to cut the six directions between three nodes.
enum Cuts {
    static func run(_ arguments: [String]) throws(UsageError) -> Int32 {
        guard arguments.isEmpty else { throw UsageError("cuts takes nothing") }
        var code = ExitCode.passed
        for pattern in CutPattern.all {
            let report = pattern.run(seed: 1)
            let promise = pattern.hasConnectedMajority ? "must flow" : "may stop"
            var line = "\(pattern.number): \(promise), \(report.committed) committed, "
            line += "\(report.terms) terms: \(pattern)"
            if case .violated(let violation) = report.outcome {
                line += ": \(violation)"
                let own = violation.kind == .safety ? ExitCode.safety : ExitCode.liveness
                if code != ExitCode.safety { code = own }
            }
            Console.write(line)
        }
        return code
    }

    static let help = """
        simulate cuts: cuts the six directions between three nodes in all 64 ways, one after the
        other, and looks whether writes flow and the leadership settles wherever some node has
        two-way links to a majority

        USAGE
          simulate cuts

        EXAMPLE
          simulate cuts
        """
}
