import Basics

/// The search for the smallest run that still breaks the same law: first without most of its
/// faults, then with shorter ones, an earlier end, fewer clients.
///
/// What a run breaks is asked of an oracle, which may run it in a process of its own: a run that
/// ends in a trap can be shrunk as well.
public struct PlanShrinking {
    /// What was tried and what came of it.
    public struct Attempt: Sendable {
        public var number: Int
        /// What was dropped or shortened, in words.
        public var what: String
        public var stillFails: Bool
        /// The faults that are left by now.
        public var faults: Int
    }

    private let plan: [PlannedFault]
    private let options: SimulationOptions
    private let limit: Int
    private let fails: (PlanReduction) -> Bool
    private let report: (Attempt) -> Void

    public private(set) var smallest = PlanReduction()
    /// Runs made, at most the limit.
    public private(set) var runs = 0

    /// `fails` tells whether a reduced run still breaks the law; at most `limit` are asked about.
    public init(
        _ simulation: Simulation, limit: Int, fails: @escaping (PlanReduction) -> Bool,
        report: @escaping (Attempt) -> Void = { _ in }
    ) {
        plan = simulation.plan
        options = simulation.options
        self.limit = limit
        self.fails = fails
        self.report = report
        smallest.kept = plan.indices.map { PlanReduction.Kept(number: $0) }
    }

    /// Searches. `end` is when the whole run broke the law: what was planned for later had no part
    /// in it.
    public mutating func run(brokenAt end: Instant) {
        let early = kept.filter { plan[$0.number].at <= end }
        if early.count < kept.count {
            attempt("without the faults after the end") { $0.kept = early }
        }
        dropFaults()
        shortenPhase(end)
        dropClients()
        shortenFaults()
        // Shorter and fewer may make others needless.
        dropFaults()
    }

    private var kept: [PlanReduction.Kept] { smallest.kept ?? [] }
    private var isOver: Bool { runs >= limit }

    /// Keeps the change if the run still fails; nil at the limit.
    @discardableResult
    private mutating func attempt(
        _ what: String, _ change: (inout PlanReduction) -> Void
    ) -> Bool? {
        guard !isOver else { return nil }
        var candidate = smallest
        change(&candidate)
        guard candidate != smallest else { return false }
        runs += 1
        let stillFails = fails(candidate)
        if stillFails { smallest = candidate }
        report(Attempt(number: runs, what: what, stillFails: stillFails, faults: kept.count))
        return stillFails
    }

    private mutating func dropFaults() {
        guard !kept.isEmpty else { return }
        let whole = kept
        let least = DeltaDebugging.minimize(whole) { part in
            guard part.count < whole.count else { return true }
            return attempt("\(part.count) of \(kept.count) faults") { $0.kept = part }
        }
        // What failed last is the smallest, and has been kept.
        precondition(isOver || smallest.kept == least, "the smallest plan was lost")
    }

    /// Halves what is between the shortest that could do and the shortest known to do.
    private mutating func shortenPhase(_ end: Instant) {
        guard end < .zero + options.safetyPhase else {
            return shorten(
                from: options.safetyPhase, to: lastStrike, what: "faults end at"
            ) { $0.safetyPhase = $1 }
        }
        // It broke while faults still struck.
        attempt("faults end where the law was broken") {
            $0.safetyPhase = end - .zero + .milliseconds(1)
        }
    }

    /// The last planned fault must still strike.
    private var lastStrike: Duration {
        kept.map { plan[$0.number].at - .zero }.max() ?? .zero
    }

    private mutating func shorten(
        from longest: Duration, to shortest: Duration, what: String,
        _ change: (inout PlanReduction, Duration) -> Void
    ) {
        var good = longest
        var bad = shortest
        // To a tenth of what is left: a minimum of more digits tells no more.
        while good - bad > .milliseconds(1), (good - bad).nanoseconds > good.nanoseconds / 10 {
            let middle = bad + .nanoseconds((good - bad).nanoseconds / 2)
            let rounded = Duration.milliseconds(max(1, middle.milliseconds))
            guard rounded > bad, rounded < good else { return }
            guard let stillFails = attempt("\(what) \(rounded.brief)", { change(&$0, rounded) })
            else { return }
            if stillFails { good = rounded } else { bad = rounded }
        }
    }

    private mutating func dropClients() {
        for count in [1, 2, 4] where count < smallest.clients ?? options.clients {
            guard let stillFails = attempt("clients: \(count)", { $0.clients = count }) else {
                return
            }
            if stillFails { return }
        }
    }

    private mutating func shortenFaults() {
        for item in kept where !plan[item.number].repairs.isEmpty {
            let planned = plan[item.number]
            shorten(
                from: item.lasting ?? planned.lasting, to: .zero,
                what: "\(planned.kind.rawValue) lasts"
            ) { reduction, lasting in
                guard let place = reduction.kept?.firstIndex(where: { $0.number == item.number })
                else { return }
                reduction.kept?[place].lasting = lasting
            }
        }
    }
}
