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
            let excuse = world.excuse ?? (error.kind == .liveness ? world.standstill : nil)
            outcome = excuse.map { .excused("\($0); then \(error)") } ?? .violated(error)
        }
        if case .passed = outcome, let excuse = world.excuse { outcome = .excused(excuse) }
        var coverage = world.observer.coverage
        coverage.committed = world.observer.log.count
        coverage.fullRuns = world.hasEnoughCommits ? 1 : 0
        return Report(
            seed: seed, outcome: outcome, coverage: coverage, events: world.events,
            virtualTime: world.now - .zero, hash: world.hash.value,
            secondHashes: world.hash.seconds,
            trace: world.trace)
    }
}

extension World {
    fileprivate func runAll() throws(Violation) {
        try begin()
        try run(until: .zero + options.safetyPhase)
        try finish()
    }

    func begin() throws(Violation) {
        if options.authenticatesFrames { observer.coverage.authenticRuns = 1 }
        for machine in machines { try start(machine) }
        startClients()
        startSecretChange()
        schedulePlan()
    }

    /// Heals the core, lets it come to rest and renders the account.
    func finish() throws(Violation) {
        try heal()
        try run(until: .zero + options.safetyPhase + options.livenessPhase)
        try awaitLevel()
        try checkConvergence()
        try checkFormerMembers()
        try observer.verifyNothingIsMissing(at: now)
        for client in clients {
            guard let errand = client.errand else { continue }
            observer.record(errand, of: client.number, nil, at: .zero, now)
        }
        try observer.judgeHistories(at: now)
        try observer.replay.compareAudit(at: now)
        try ReadReplay.verify(
            observer.reads, against: observer.log, genesis: genesis, at: now)
        try observer.replay.compare(with: upToDate(core), at: now)
    }

    /// The leader may have noted just now that time ended something, by an entry that no client
    /// asked for and that the others haven't heard of: they are given a moment more.
    private func awaitLevel() throws(Violation) {
        let latest = now + .seconds(2)
        while now < latest, !isLevel { try run(until: now + .milliseconds(20)) }
    }

    /// Whether all of the core have applied what any of them has in its log.
    private var isLevel: Bool {
        let views = core.compactMap(\.process?.inspection)
        let end = views.map(\.lastIndex).max()
        return views.allSatisfy { $0.appliedIndex == end }
    }

    /// The processes that have applied all that is committed.
    func upToDate(_ machines: [Machine]) -> [NodeProcess] {
        machines.compactMap(\.process).filter {
            $0.inspection.appliedIndex == observer.lastCommitted
        }
    }

    /// Why nothing can be asked of this run; nil if everything can.
    fileprivate var excuse: String? {
        let damaged = machines.filter(\.isDamaged)
        guard damaged.count * 2 > observer.fewestVoters else { return nil }
        return
            "the disks of a majority were damaged: \(damaged.map { "\($0.id)" }.joined(separator: ", "))"
    }

    /// Why the core may rightly stand still; nil if it may not. A node in doubt about its last
    /// write needs a majority besides itself to settle it, and one that was damaged a leader: with
    /// another node gone for good, or not whole either, there may be neither.
    fileprivate var standstill: String? {
        func isWhole(_ machine: Machine) -> Bool {
            machine.process?.inspection.standing == .whole
        }
        let voters = lastVoters
        let able = core.count { isWhole($0) && voters.contains($0.id) }
        guard able * 2 <= voters.count else { return nil }
        guard core.count(where: isWhole) < core.count else {
            let lost = voters.filter { id in !core.contains { $0.id == id } }
            return
                "too few of the voters are well: \(lost.map { "\($0)" }.joined(separator: ", ")) "
                + "aren't"
        }
        let lacking = core.filter { !isWhole($0) }.map { "\($0.id)" }.joined(separator: ", ")
        let broken = machines.filter { machine in
            voters.contains(machine.id) && !core.contains { $0 === machine }
        }
        guard !broken.isEmpty else {
            return "\(lacking) aren't whole, and what one lost may have been acknowledged with "
                + "another: too few are left to settle it"
        }
        let missing = broken.map { "\($0.id)" }.joined(separator: ", ")
        return "\(lacking) isn't whole, and what it lost may be on \(missing), which stays broken"
    }

    /// The voters of the newest configuration that the furthest of the core knows: it may be one
    /// that can't be committed.
    fileprivate var lastVoters: [NodeID] {
        let nodes = core.compactMap(\.process?.node)
        let furthest = nodes.max { $0.inspection.commitIndex < $1.inspection.commitIndex }
        return (furthest?.configuration ?? observer.configuration).voters
    }

    /// Who was removed answers nothing, wherever it is and whether or not it knows.
    func checkFormerMembers() throws(Violation) {
        for machine in machines where observer.configuration.isFormer(machine.id) {
            guard let view = machine.process?.inspection, !machine.isPaused,
                machine.clock.steady(at: now).precedes(view.leaseExpiry)
            else { continue }
            throw Violation(
                kind: .safety, law: "a removed node validates nothing",
                detail: "\(machine.id) \(view)", time: now)
        }
    }

    /// After the quiet: one leader, every errand done, one state.
    private func checkConvergence() throws(Violation) {
        guard core.allSatisfy(\.isUp) else { throw unsettled("the whole core is up", "") }
        // One that was left broken may lead nevertheless, if it is well enough for a majority: the
        // others, who hardly hear it, may have gone on to a term in which they can't win.
        let voters = observer.configuration.voters
        let terms = machines.filter { voters.contains($0.id) }
            .compactMap(\.process?.inspection.term)
        let leaders = machines.filter { machine in
            guard !machine.isPaused, let view = machine.process?.inspection else {
                return false
            }
            return view.role == .leader && terms.count { $0 <= view.term } * 2 > voters.count
        }
        guard leaders.count == 1, let leader = leaders.first else {
            throw unsettled("one leader", "\(leaders.count) lead; \(views)")
        }
        guard core.contains(where: { $0 === leader }) else { return try checkMajority(of: leader) }
        for client in clients where client.errand != nil {
            throw unsettled("every errand ends", "client \(client.number): \(client.errand!.brief)")
        }
        try checkNobodyWaits()
        let processes = core.compactMap(\.process)
        guard processes.allSatisfy({ $0.inspection.standing == .whole }) else {
            throw unsettled("all of the core become whole", views)
        }
        guard count(processes, abreastOf: leader) == processes.count else {
            throw unsettled("all reach one state", views)
        }
    }

    /// A node that was left broken may lead, if it is well enough to commit; those that it can
    /// hardly reach then lag behind it, and what is asked of them takes its time.
    private func checkMajority(of leader: Machine) throws(Violation) {
        let voters = observer.configuration.voters
        let able = machines.filter { voters.contains($0.id) }.compactMap(\.process)
        guard count(able, abreastOf: leader) * 2 > voters.count else {
            throw unsettled("a majority reaches one state", views)
        }
    }

    /// How many of the nodes have the leader's state.
    private func count(_ processes: [NodeProcess], abreastOf leader: Machine) -> Int {
        guard let leading = leader.process else { return 0 }
        let index = leading.inspection.appliedIndex
        let state = leading.node.encodedState()
        return processes.count { process in
            process.inspection.appliedIndex == index
                && (process === leading || process.node.encodedState() == state)
        }
    }

    private var views: String {
        machines.map { machine in
            let place = core.contains { $0 === machine } ? "core" : "not core"
            let view =
                machine.process.map {
                    "\($0.inspection), state \($0.node.stateDigest().brief)"
                } ?? "down"
            return "\(machine.id) (\(place)) \(view)"
        }.joined(separator: ", ")
    }

    func unsettled(_ law: String, _ detail: String) -> Violation {
        Violation(kind: .liveness, law: law, detail: detail, time: now)
    }
}
