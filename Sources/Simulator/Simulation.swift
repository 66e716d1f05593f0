import Basics
import Consensus
import Keyring
import Replica

/// A run of the cluster from one seed: faults first, then quiet, then the account.
///
/// The same seed, options and plan give the same run, event for event, in every build and process.
public struct Simulation: Sendable {
    public let seed: UInt64
    public let options: SimulationOptions
    public let plan: [PlannedFault]

    /// The run that a seed stands for, or one with other options.
    public init(seed: UInt64, options: SimulationOptions? = nil) {
        var random = SeededGenerator(seed: seed)
        let drawn = SimulationOptions(drawnFrom: &random)
        self.seed = seed
        self.options = options ?? drawn
        plan = FaultPlan.draw(self.options, seed: random.next())
    }

    /// The same run with another plan of faults.
    public init(seed: UInt64, options: SimulationOptions, plan: [PlannedFault]) {
        self.seed = seed
        self.options = options
        self.plan = plan
    }

    /// How a run ended.
    public enum Outcome: Sendable {
        case passed
        case violated(Violation)
        /// The plan damaged more than a majority can repair, so nothing is promised.
        case excused(String)
    }

    /// What a run came to.
    public struct Report: Sendable {
        public var seed: UInt64
        public var outcome: Outcome
        public var coverage: Coverage
        /// Events performed and virtual time passed.
        public var events: Int
        public var virtualTime: Duration
        /// A hash of all events, equal in equal runs; and as it was at each second.
        public var hash: UInt64
        public var secondHashes: [UInt64]
        /// The longest time after a change's return that a node would still have answered by an
        /// older state.
        public var longestGap: Duration
        /// What happened, if it was to be traced.
        public var trace: Trace?

        public var violation: Violation? {
            if case .violated(let violation) = outcome { violation } else { nil }
        }
    }

    /// Runs it. A traced run tells each item when it happens, and its report holds what every
    /// message said and how every node looked.
    public func run(
        tracing: Bool = false, telling listener: (@Sendable (Trace.Item) -> Void)? = nil
    ) -> Report {
        let world = World(seed: seed, options: options, plan: plan)
        if tracing { world.trace = Trace(isDetailed: true, listener: listener) }
        var outcome = Outcome.passed
        do throws(Violation) {
            try world.runAll()
        } catch {
            outcome = world.excuse.map { .excused("\($0); then \(error)") } ?? .violated(error)
        }
        if case .passed = outcome, let excuse = world.excuse { outcome = .excused(excuse) }
        var coverage = world.observer.coverage
        coverage.committed = world.observer.log.count
        return Report(
            seed: seed, outcome: outcome, coverage: coverage, events: world.events,
            virtualTime: world.now - .zero, hash: world.hash.value,
            secondHashes: world.hash.seconds, longestGap: world.observer.staleness.longestGap,
            trace: world.trace)
    }
}

extension World {
    fileprivate func runAll() throws(Violation) {
        for machine in machines { try start(machine) }
        startClients()
        schedulePlan()
        try run(until: .zero + options.safetyPhase)
        try heal()
        try run(until: .zero + options.safetyPhase + options.livenessPhase)
        try checkConvergence()
        try observer.verifyNothingIsMissing(at: now)
        try observer.replay.compareAudit(at: now)
        try ReadReplay.verify(observer.reads, against: observer.log, at: now)
        for machine in core where machine.process?.node.inspection.appliedIndex == observer.lastCommitted {
            if let process = machine.process {
                try observer.replay.compare(with: process.node, at: now)
            }
        }
    }

    /// Why nothing can be asked of this run; nil if everything can.
    fileprivate var excuse: String? {
        let damaged = machines.filter(\.isDamaged)
        guard damaged.count * 2 > machines.count else { return nil }
        return
            "the disks of a majority were damaged: \(damaged.map { "\($0.id)" }.joined(separator: ", "))"
    }

    /// After the quiet: one leader, every errand done, one state.
    private func checkConvergence() throws(Violation) {
        guard core.allSatisfy(\.isUp) else { throw unsettled("the whole core is up", "") }
        // One that was left broken may lead nevertheless, if it is well enough.
        let terms = core.compactMap(\.process?.node.inspection.term)
        let leaders = machines.filter { machine in
            guard !machine.isPaused, let view = machine.process?.node.inspection else { return false }
            return view.role == .leader && terms.allSatisfy { $0 <= view.term }
        }
        guard leaders.count == 1, let leader = leaders.first else {
            throw unsettled("one leader", "\(leaders.count) lead; \(views)")
        }
        for client in clients where client.errand != nil {
            throw unsettled("every errand ends", "client \(client.number): \(client.errand!)")
        }
        let nodes = core.filter { isConnected($0, leader) }.compactMap(\.process?.node)
        for node in nodes {
            guard node.inspection.standing == .whole else {
                throw unsettled("all of the core become whole", views)
            }
            guard node.inspection.appliedIndex == nodes[0].inspection.appliedIndex,
                node.stateDigest() == nodes[0].stateDigest()
            else { throw unsettled("all reach one state", views) }
        }
    }

    /// Whether a cut to or from a broken leader excuses the machine from following it.
    private func isConnected(_ machine: Machine, _ leader: Machine) -> Bool {
        let there = Network.Direction(from: machine.id, to: leader.id)
        let back = Network.Direction(from: leader.id, to: machine.id)
        return !network.isCut(there) && !network.isCut(back)
    }

    private var views: String {
        machines.map { machine in
            let place = core.contains { $0 === machine } ? "core" : "not core"
            let view = machine.process.map { "\($0.node.inspection) \($0.node.stateDigest())" } ?? "down"
            return "\(machine.id) (\(place)) \(view)"
        }.joined(separator: ", ")
    }

    private func unsettled(_ law: String, _ detail: String) -> Violation {
        Violation(kind: .liveness, law: law, detail: detail, time: now)
    }
}
