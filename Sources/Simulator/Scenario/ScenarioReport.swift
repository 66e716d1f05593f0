import Basics

/// What a scripted run came to.
public struct ScenarioReport: Sendable {
    public enum Outcome: Sendable {
        case passed
        /// What a line expects wasn't so.
        case unmet(Unmet)
        /// A law that holds in every run was broken.
        case violated(Violation)
    }

    /// An expectation that wasn't met.
    public struct Unmet: Hashable, Sendable, CustomStringConvertible {
        /// As counted in the scenario's text.
        public var line: Int
        public var time: Instant
        public var expected: String
        public var seen: String

        public var description: String {
            "line \(line), at \(ScenarioTrace.text(of: time)) ms: expected \(expected), "
                + "but \(seen)"
        }
    }

    public var outcome: Outcome
    /// One line for each noteworthy event, its virtual time in milliseconds first.
    public var trace: [String]
    /// Events performed, and how far virtual time went.
    public var events: Int
    public var virtualTime: Duration
    public var coverage: Coverage
    /// All that happened, if it was asked for.
    public var detailedTrace: Trace?

    public var hasPassed: Bool {
        if case .passed = outcome { true } else { false }
    }

    /// The trace and, below it, how the run ended: what a golden trace holds.
    public var text: String {
        let end =
            switch outcome {
            case .passed: "passed"
            case .unmet(let unmet): "failed: \(unmet)"
            case .violated(let violation): "failed: \(violation)"
            }
        return (trace + [end]).map { $0 + "\n" }.joined()
    }
}
