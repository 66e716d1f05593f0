import Basics

/// A run with less of everything: some of its planned faults, some of them shorter, an earlier end
/// of the faults, fewer clients. What is left is drawn as in the whole run.
public struct PlanReduction: Hashable, Sendable {
    /// A planned fault that is kept.
    public struct Kept: Hashable, Sendable {
        /// Its place in the whole plan, from 0.
        public var number: Int
        /// How long it lasts; nil leaves it as it was drawn.
        public var lasting: Duration?

        public init(number: Int, lasting: Duration? = nil) {
            self.number = number
            self.lasting = lasting
        }
    }

    /// In the order of their numbers; nil keeps all.
    public var kept: [Kept]?
    /// When the faults end; nil leaves it as the options say.
    public var safetyPhase: Duration?
    /// How many clients there are; nil leaves it as the options say.
    public var clients: Int?

    public init() {}

    /// The run that is left. Numbers beyond the plan keep nothing.
    public func reducing(_ whole: Simulation) -> Simulation {
        var options = whole.options
        if let safetyPhase { options.safetyPhase = safetyPhase }
        if let clients { options.clients = clients }
        return Simulation(seed: whole.seed, options: options, plan: reducing(whole.plan))
    }

    /// What is left of the plan.
    public func reducing(_ plan: [PlannedFault]) -> [PlannedFault] {
        guard let kept else { return plan }
        return kept.filter { plan.indices.contains($0.number) }.map { item in
            var fault = plan[item.number]
            if let lasting = item.lasting { fault.lasting = lasting }
            return fault
        }
    }

    /// The faults kept, as a command names them: `3,7=150ms`; empty if all are.
    public var text: String {
        guard let kept else { return "" }
        guard !kept.isEmpty else { return "none" }
        return kept.map { item in
            "\(item.number)\(item.lasting.map { "=\($0.exact)" } ?? "")"
        }.joined(separator: ",")
    }
}

extension PlannedFault {
    /// What strikes, when, and for how long; a scenario's lines.
    public var lines: [String] {
        let start = "at \(at.brief)"
        let end = "at \((at + lasting).brief)"
        return faults.map { "\(start)  \($0.text)" } + repairs.map { "\(end)  \($0.text)" }
    }
}

extension Instant {
    /// As a scenario writes it, to the nanosecond.
    fileprivate var brief: String {
        guard nanoseconds % 1_000_000 != 0 else { return (self - .zero).brief }
        var decimals = String(nanoseconds % 1_000_000 + 1_000_000).dropFirst()
        while decimals.last == "0" { decimals.removeLast() }
        return "\(nanoseconds / 1_000_000).\(decimals)ms"
    }
}
