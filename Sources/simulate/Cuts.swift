import Simulator

/// `simulate cuts`: every way to cut the six directions between three nodes.
enum Cuts {
    static func run() -> Int32 {
        var code: Int32 = 0
        for pattern in CutPattern.all {
            let report = pattern.run(seed: 1)
            let promise = pattern.hasConnectedMajority ? "must flow" : "may stop"
            var line = "\(pattern.number): \(promise), \(report.committed) committed, "
            line += "\(report.terms) terms: \(pattern)"
            if case .violated(let violation) = report.outcome {
                line += ": \(violation)"
                code = violation.kind == .safety ? 1 : max(code, 2)
            }
            print(line)
        }
        return code
    }
}
