import Foundation
import Simulator

/// `simulate run FILE…`: performs scenarios and says whether what they expect was seen.
enum Scenarios {
    static func run(_ arguments: [String]) throws(UsageError) -> Int32 {
        var words = Arguments(arguments)
        var tells = false
        var page: String?
        var files: [String] = []
        while let word = words.next() {
            switch word {
            case "--trace": tells = true
            case "--html": page = try words.value(of: word)
            case _ where word.hasPrefix("--"): throw UsageError("run has no option '\(word)'")
            default: files.append(word)
            }
        }
        guard !files.isEmpty else { throw UsageError("run takes one or more scenario files") }
        if let page {
            guard files.count == 1 else { throw UsageError("--html draws one scenario") }
            try Page.checkWritable(page)
        }
        var scenarios: [(file: String, scenario: Scenario)] = []
        for file in files {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw UsageError("\(file) can't be read")
            }
            do throws(ScenarioError) {
                scenarios.append((file, try Scenario(text, file: file)))
            } catch {
                Console.complain("\(error)")
                return ExitCode.badUsage
            }
        }
        var code = ExitCode.passed
        for (file, scenario) in scenarios {
            let report = scenario.run(detailed: page != nil)
            if let page, let picture = RunPicture(scenario, report, file: file) {
                try Page.write(picture, to: page)
            }
            if tells { Console.write(report.text, to: .standardOutput) }
            Console.write("\(file): \(told(report.outcome))")
            if code != ExitCode.safety { code = max(code, exitCode(report.outcome)) }
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
        case .passed: ExitCode.passed
        case .violated(let violation) where violation.kind == .safety: ExitCode.safety
        case .unmet, .violated: ExitCode.liveness
        }
    }

    static let help = """
        simulate run: performs scenarios, and looks whether they come out as they say

        USAGE
          simulate run [--trace] FILE.scenario …
          simulate run --html PAGE FILE.scenario

          --trace      print what happened, line by line, with the virtual time in milliseconds
          --html PAGE  the run as a page to look at, all in one file

        EXAMPLE
          simulate run Simulations/leader-cut-off.scenario --html leader-cut-off.html

        The language is told in Simulations/README.md.
        """
}
