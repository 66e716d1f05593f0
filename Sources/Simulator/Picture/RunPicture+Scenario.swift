import Basics

extension RunPicture {
    /// A scenario's run; nil unless the report is of a detailed one.
    public init?(_ scenario: Scenario, _ report: ScenarioReport, file: String) {
        guard let trace = report.detailedTrace else { return nil }
        let outcome: Simulation.Outcome =
            switch report.outcome {
            case .passed: .passed
            case .violated(let violation): .violated(violation)
            case .unmet(let unmet):
                .violated(
                    Violation(
                        kind: .liveness, law: "line \(unmet.line) expects \(unmet.expected)",
                        detail: unmet.seen, time: unmet.time))
            }
        let name = file.split(separator: "/").last.map(String.init) ?? file
        var subject = Subject(
            title: name, command: "simulate run \(file)", nodes: scenario.nodes,
            outcome: outcome, events: report.events, committed: report.coverage.committed,
            end: .zero + report.virtualTime, trace: trace)
        subject.about = scenario.about.joined(separator: " ")
        subject.options = scenario.lines.map { ("line \($0.number)", $0.statement.text) }
        self.init(subject)
    }
}
