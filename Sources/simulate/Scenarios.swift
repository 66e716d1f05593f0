import Foundation
import Simulator

/// `simulate run FILE…`: performs scenarios and says whether what they expect was seen.
enum Scenarios {
    static func run(_ arguments: [String]) -> Int32 {
        let tells = arguments.contains("--trace")
        let files = arguments.filter { $0 != "--trace" }
        guard !files.isEmpty else { return refuse("run takes one or more scenario files") }
        var code: Int32 = 0
        for file in files {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                return refuse("\(file) can't be read")
            }
            do throws(ScenarioError) {
                let report = try Scenario(text, file: file).run()
                if tells {
                    print(report.text, terminator: "")
                } else {
                    print("\(file): \(told(report.outcome))")
                }
                if code != 1 { code = max(code, exitCode(report.outcome)) }
            } catch {
                FileHandle.standardError.write(Data("\(error)\n".utf8))
                return 64
            }
        }
        return code
    }

    private static func told(_ outcome: ScenarioReport.Outcome) -> String {
        switch outcome {
        case .passed: "passed"
        case .unmet(let unmet): "failed: \(unmet)"
        case .violated(let violation): "failed: \(violation)"
        }
    }

    /// An expectation that wasn't met counts as liveness, unless a law of safety was broken.
    private static func exitCode(_ outcome: ScenarioReport.Outcome) -> Int32 {
        switch outcome {
        case .passed: 0
        case .violated(let violation) where violation.kind == .safety: 1
        case .unmet, .violated: 2
        }
    }

    private static func refuse(_ reason: String) -> Int32 {
        FileHandle.standardError.write(Data("simulate: \(reason)\n".utf8))
        return 64
    }
}
