import Basics
import Foundation
import Testing

@testable import Simulator

/// Every scenario in `Simulations` is performed, passes, and leaves the trace that stands beside
/// it. `REGENERATE_TRACES=1 swift test --filter ScenarioTests` writes the traces anew, to be read
/// as a diff.
@Suite struct ScenarioTests {
    private static var isRegenerating: Bool {
        ProcessInfo.processInfo.environment["REGENERATE_TRACES"] != nil
    }

    @Test(arguments: try ScenarioFiles.all())
    func `a scenario passes and leaves its golden trace`(file: ScenarioFiles.File) throws {
        let report = try Scenario(file.text, file: file.name).run()
        #expect(report.hasPassed, "\(file.name): \(report.text.suffix(400))")
        #expect(report.trace.count < 200, "a trace is there to be read")
        try compare(report, with: file)
    }

    /// Compares what is told with the golden trace, or makes that anew.
    private func compare(_ report: ScenarioReport, with file: ScenarioFiles.File) throws {
        if Self.isRegenerating {
            try report.text.write(
                to: ScenarioFiles.folder.appending(path: file.traceName), atomically: true,
                encoding: .utf8)
        }
        let golden = try ScenarioFiles.text(of: file.traceName)
        #expect(firstDifference(report.text, golden) == nil, "\(file.traceName)")
    }

    /// The number of the first line that differs, and both lines.
    private func firstDifference(_ left: String, _ right: String) -> String? {
        guard left != right else { return nil }
        let pairs = [left, right].map { $0.split(separator: "\n") }
        for number in 0..<max(pairs[0].count, pairs[1].count) {
            let lines = pairs.map { number < $0.count ? $0[number] : "nothing" }
            if lines[0] != lines[1] { return "\(number + 1): \(lines[0]) ≠ \(lines[1])" }
        }
        return "in their ends of lines"
    }

    @Test(arguments: try ScenarioFiles.controls())
    func `a control breaks the law that its golden trace names`(file: ScenarioFiles.File) throws {
        let report = try Scenario(file.text, file: file.name).run()
        guard case .violated(let violation) = report.outcome else {
            Issue.record("\(file.name): \(report.outcome)")
            return
        }
        #expect(violation.kind == .safety)
        try compare(report, with: file)
    }

    @Test func `clocks too far apart break no promise once they are within the bound`() throws {
        let file = try #require(
            try ScenarioFiles.controls().first { $0.name.hasSuffix("too-far-apart.scenario") })
        let text = file.text.replacing("60000 ppm", with: "20000 ppm")
        #expect(try Scenario(text, file: file.name).run().hasPassed)
    }

    @Test func `every trace has its scenario`() throws {
        let scenarios = Set(try ScenarioFiles.all().map(\.traceName))
        let traces = Set(try ScenarioFiles.names(endingIn: ".trace"))
        #expect(traces == scenarios)
    }

    @Test func `every verb is used by some scenario`() throws {
        let lines = try ScenarioFiles.all().flatMap { file in
            try Scenario(file.text, file: file.name).lines.map(\.statement.text)
        }
        for verb in Set(ScenarioFault.verbs + ScenarioRequest.verbs + ["call"]) {
            let isUsed = lines.contains { $0.split(separator: " ").contains(verb[...]) }
            #expect(isUsed, "no scenario says \(verb)")
        }
    }

    @Test func `another seed gives another run, the same the same`() throws {
        let file = try #require(
            try ScenarioFiles.all().first { $0.name == "leader-cut-off.scenario" })
        var scenario = try Scenario(file.text, file: file.name)
        let first = scenario.run()
        let second = scenario.run()
        #expect(first.text == second.text)
        #expect(first.events == second.events)
        scenario.seed += 100
        #expect(scenario.run().text != first.text)
    }
}

/// Expectations can fail: each says something that the run could have broken.
@Suite struct ScenarioExpectationTests {
    /// Every expectation of these, one after the other, is turned into its contrary.
    static let thorough: Set = [
        "two-nodes-spend-the-last-credit.scenario", "leader-cut-off.scenario",
        "graceful-stop-hands-over.scenario", "minority-refuses.scenario",
        "corrupted-link-is-found-out.scenario", "wiped-node-is-refused.scenario",
        "torn-journal-tail.scenario",
    ]

    @Test(arguments: try ScenarioFiles.all())
    func `a scenario fails at the line whose expectation is turned round`(
        file: ScenarioFiles.File
    ) throws {
        let scenario = try Scenario(file.text, file: file.name)
        let positions = scenario.lines.indices.filter {
            scenario.lines[$0].statement.expectation != nil
        }
        #expect(!positions.isEmpty, "\(file.name) expects nothing")
        let isThorough = Self.thorough.contains(file.name)
        for position in isThorough ? positions : positions.suffix(1) {
            var changed = scenario
            changed.lines[position].statement.turnRound()
            let report = changed.run()
            guard case .unmet(let unmet) = report.outcome else {
                Issue.record("\(changed.lines[position].statement.text): \(report.outcome)")
                continue
            }
            #expect(unmet.line == changed.lines[position].number, "\(unmet)")
        }
    }

    private func outcome(_ lines: String) throws -> String {
        let text = """
            # A test.
            cluster 3 nodes, seed 1
            first create user alice
            first create key K for alice
            \(lines)
            """
        let report = try Scenario(text, file: "test").run()
        return String(report.text.split(separator: "\n").last ?? "")
    }

    @Test func `a failure says the line, the time, what was expected and what was seen`() throws {
        #expect(
            try outcome("at 1s validate K on n1 expect invalid\nat 2s end")
                == "failed: line 5, at 1000.000 ms: expected invalid, but n1 answered: valid")
        #expect(
            try outcome("at 1s expect n3 is down\nat 2s end")
                == "failed: line 5, at 1000.000 ms: expected n3 is down, but n3 is a follower in "
                + "term 1, whole")
        #expect(
            try outcome("at 1s crash all\nat 1s expect a leader within 500ms\nat 2s end")
                == "failed: line 6, at 2000.000 ms: expected a leader, but n1 is down, n2 is "
                + "down, n3 is down")
        #expect(
            try outcome(
                "at 1s cut n1 from the others\nat 1s heal\nat 2s crash n1\n"
                    + "at 3s validate K on n1 expect valid\nat 4s end")
                == "failed: line 8, at 3000.000 ms: expected valid, but n1 answered: the node is "
                + "down")
    }

    @Test func `a line that waits for an answer that never came fails the run`() throws {
        let text = """
            at 1s pause n1
            at 1s pause n2
            at 1s pause n3
            at 1s deactivate K on n1 expect no answer
            at return of deactivate heal
            at 3s end
            """
        #expect(
            try outcome(text)
                == "failed: line 9, at 3000.000 ms: expected the line to run, but what it waits "
                + "for was never answered")
    }

    @Test func `a deadline beyond the end counts at the end`() throws {
        let text = "at 1s crash all\nat 1s expect a leader within 10s\nat 2s end"
        #expect(try outcome(text).hasPrefix("failed: line 6, at 2000.000 ms: expected a leader"))
    }

    @Test func `a node that isn't there is an unmet expectation`() throws {
        #expect(
            try outcome("at 1s crash all\nat 2s pause the leader\nat 3s end")
                == "failed: line 6, at 2000.000 ms: expected the leader, but there is none")
    }

    @Test func `the first lines must be done in time`() throws {
        #expect(
            try outcome("at 1ms heal\nat 3s end")
                == "failed: line 5, at 1.000 ms: expected the first lines done by now, but they "
                + "aren't")
    }
}

extension Scenario.Statement {
    fileprivate var expectation: ScenarioExpectation? {
        switch self {
        case .first: nil
        case .at(_, _, let expectation), .every(_, _, _, _, let expectation): expectation
        }
    }

    fileprivate mutating func turnRound() {
        switch self {
        case .first: break
        case .at(let moment, let deed, let expectation):
            self = .at(moment, deed, expectation?.contrary)
        case .every(let period, let from, let until, let deed, let expectation):
            self = .every(period, from: from, until: until, deed, expectation?.contrary)
        }
    }
}

extension ScenarioExpectation {
    /// What can't be so where this was. Of what is reached in time the contrary is that it is so
    /// no sooner than it was looked at, so it has no deadline.
    fileprivate var contrary: ScenarioExpectation {
        switch condition {
        case .answer(let answer):
            ScenarioExpectation(condition: .answer(answer.contrary), within: within)
        case .cluster(.leader), .cluster(.anotherLeader), .cluster(.sameLeader),
            .cluster(.converged):
            ScenarioExpectation(condition: .cluster(.noLeader))
        case .cluster(.noLeader):
            ScenarioExpectation(condition: .cluster(.leader))
        case .node(let place, let state):
            ScenarioExpectation(condition: .node(place, state.contrary))
        case .occurs(let place, let occurrence):
            ScenarioExpectation(
                condition: .occurs(
                    place, occurrence == .findsRoom ? .installsSnapshot : .findsRoom),
                within: within)
        }
    }
}

extension ScenarioExpectation.Answer {
    fileprivate var contrary: Self {
        switch self {
        case .ok, .left: .refused("forbidden")
        case .refused, .failed, .unknown, .silence, .exhausted: .ok
        case .charged: .replayed
        case .replayed: .charged
        case .valid: .notValid
        case .notInvalid: .invalid
        case .notValid, .invalid, .unavailable: .valid
        }
    }
}

extension ScenarioExpectation.NodeState {
    fileprivate var contrary: Self {
        switch self {
        case .leads, .follows, .running: .down
        case .whole: .down
        case .inDoubt: .whole
        case .damaged: .whole
        case .voter: .learner
        case .learner: .voter
        case .removed: .voter
        case .down: .running
        }
    }
}
