import Basics
import Consensus
import Journal
import Keyring
import Replica

/// Performs a scenario: real nodes, no fault and no request but the scripted ones, and every law
/// that a random run is held to.
///
/// The same scenario gives the same trace, line for line, in every build and process.
final class ScenarioRun {
    let scenario: Scenario
    let world: World
    var cast: ScenarioCast
    var trace = ScenarioTrace()
    /// What falls due, by the number under which the world's queue holds it.
    private var tasks: [Due] = []
    /// What was asked, by the number under which the answer comes.
    var requests: [Asked] = []
    var pending: [Pending] = []
    /// The first expectation that wasn't met; the run ends there.
    var unmet: ScenarioReport.Unmet?
    /// The nodes that lines have named.
    var called: [String: NodeID] = [:]
    /// Who led, and in which term, at the times that lines refer to.
    var samples: [Duration: Leader] = [:]
    /// What waits for the answer to a line, by that line's position.
    private var waiting: [Int: [(task: Due, plus: Duration)]] = [:]
    /// Validations asked of processes that stand still.
    var stalledValidations: [Int] = []
    private var hasRun: [Bool]
    /// Repeated lines whose end has come.
    private var hasEnded: [Bool]
    var tallies: [Tally]
    /// Where each machine's wall clock would be had it not been shifted.
    let wallOffset: Duration
    private var preparations: [ScenarioRequest] = []
    private var prepared = 0

    enum Due {
        case prepare
        case sample(Duration)
        case line(Int)
        case endOfLine(Int)
        case deadline(request: Int)
    }

    struct Leader: Hashable {
        var id: NodeID
        var term: Term
    }

    private init(_ scenario: Scenario) {
        self.scenario = scenario
        // The month that the world begins in is nearly over: the next one's end is used, so that
        // no clock is behind the log's first time.
        wallOffset = .seconds(28 * 86_400 + 20) - scenario.conditions.monthsEndIn
        cast = ScenarioCast(wallStart: World.wallStart + wallOffset)
        hasRun = scenario.lines.map { _ in false }
        hasEnded = hasRun
        tallies = scenario.lines.map { _ in Tally() }
        world = World(
            seed: scenario.seed, options: SimulationOptions(of: scenario), plan: [],
            tracing: true)
        world.onScript = { [unowned self] _, number throws(Violation) in
            try perform(tasks[number])
        }
        world.onScriptReply = { [unowned self] _, number, reply throws(Violation) in
            try take(reply, request: number)
        }
    }

    static func run(_ scenario: Scenario, detailed: Bool = false) -> ScenarioReport {
        let run = ScenarioRun(scenario)
        if detailed { run.world.trace = Trace(isDetailed: true) }
        var outcome = ScenarioReport.Outcome.passed
        do throws(Violation) {
            try run.play()
        } catch {
            outcome = .violated(error)
        }
        if let unmet = run.unmet { outcome = .unmet(unmet) }
        run.world.observer.coverage.committed = run.world.observer.log.count
        return ScenarioReport(
            outcome: outcome, trace: run.trace.lines, events: run.world.events,
            virtualTime: run.world.now - .zero, coverage: run.world.observer.coverage,
            detailedTrace: detailed ? run.world.trace : nil)
    }

    private func play() throws(Violation) {
        for machine in world.machines {
            machine.clock.wallOffset = wallOffset
            try world.start(machine)
        }
        schedule()
        let end = Instant.zero + scenario.end
        while unmet == nil, let next = world.queue.nextTime, next <= end {
            try world.run(until: next)
            takeNotes()
            check()
        }
        guard unmet == nil else { return }
        try world.run(until: end)
        try finish()
    }

    func takeNotes() {
        trace.take(from: world, cast: cast) { position, event in
            notice(event, at: position)
        }
    }

    // MARK: What falls due

    func schedule(_ task: Due, at time: Instant) {
        tasks.append(task)
        world.queue.schedule(.script(tasks.count - 1), at: time)
    }

    private func schedule() {
        if scenario.usesHome { preparations.append(.createAccount(ScenarioCast.home)) }
        for line in scenario.lines {
            if case .first(let request) = line.statement { preparations.append(request) }
        }
        schedule(.prepare, at: .zero)
        // First, so that they come before what the lines at the same instant do.
        for time in scenario.sampledTimes { schedule(.sample(time), at: .zero + time) }
        for (position, line) in scenario.lines.enumerated() {
            switch line.statement {
            case .first:
                hasRun[position] = true
            case .at(let moment, _, _):
                schedule(.line(position), at: moment, of: position)
            case .every(_, let from, let until, _, _):
                schedule(.line(position), at: from, of: position)
                if case .answer? = until {
                    schedule(.endOfLine(position), at: until ?? from, of: position)
                }
            }
        }
    }

    private func schedule(_ task: Due, at moment: Scenario.Moment, of position: Int) {
        switch moment {
        case .time(let time):
            schedule(task, at: .zero + time)
        case .answer(let reference, let plus):
            let asked = scenario.position(of: reference, before: position)
            waiting[asked, default: []].append((task, plus))
        }
    }

    /// A line's request was answered.
    func wake(behind position: Int) {
        for (task, plus) in waiting.removeValue(forKey: position) ?? [] {
            schedule(task, at: world.now + plus)
        }
    }

    private func perform(_ task: Due) throws(Violation) {
        guard unmet == nil else { return }
        // What happened before, by the world's own notes, stands before what is done now.
        takeNotes()
        switch task {
        case .prepare: try prepare()
        case .sample(let time): samples[time] = leader
        case .line(let position): try perform(line: position)
        case .endOfLine(let position): hasEnded[position] = true
        case .deadline(let request): expire(request)
        }
    }

    private func perform(line position: Int) throws(Violation) {
        let line = scenario.lines[position]
        guard prepared == preparations.count else {
            return fail(position, "the first lines done by now", "they aren't")
        }
        hasRun[position] = true
        switch line.statement {
        case .first:
            break
        case .at(_, let deed, let expectation):
            try perform(deed, expectation, position)
        case .every(let period, _, let until, let deed, let expectation):
            if case .time(let time)? = until, world.now > .zero + time { return }
            guard !hasEnded[position] else { return }
            try perform(deed, expectation, position)
            schedule(.line(position), at: world.now + period)
        }
    }

    // MARK: The first lines

    /// Asks for the next thing to be prepared, at the leader.
    private func prepare() throws(Violation) {
        guard prepared < preparations.count else { return }
        guard let leader else { return retryPreparation() }
        try ask(
            preparations[prepared], of: leader.id,
            Asked.Purpose.preparation(prepared), expecting: nil)
    }

    private func retryPreparation() {
        schedule(.prepare, at: world.now + .milliseconds(20))
    }

    func takePrepared(_ heard: Heard, _ request: ScenarioRequest) {
        switch heard {
        case .changed:
            prepared += 1
            trace.note("first \(request.text): done", at: world.now)
            schedule(.prepare, at: world.now)
        case .refused(let code):
            unmet = ScenarioReport.Unmet(
                line: scenario.lines.first?.number ?? 1, time: world.now,
                expected: "first \(request.text)", seen: "it was refused with \(code)")
        default:
            retryPreparation()
        }
    }

    // MARK: The end

    func fail(_ position: Int, _ expected: String, _ seen: String) {
        guard unmet == nil else { return }
        unmet = ScenarioReport.Unmet(
            line: scenario.lines[position].number, time: world.now, expected: expected,
            seen: seen)
    }

    /// Nothing may be left open, and the account must be right.
    private func finish() throws(Violation) {
        for (position, hasRun) in hasRun.enumerated() where !hasRun {
            fail(position, "the line to run", "what it waits for was never answered")
        }
        closeExpectations()
        for (position, tally) in tallies.enumerated() where !tally.isEmpty {
            trace.note("line \(scenario.lines[position].number): \(tally.text)", at: world.now)
        }
        trace.summarize(at: world.now)
        guard unmet == nil else { return }
        try world.checkFormerMembers()
        try world.observer.verifyNothingIsMissing(at: world.now)
        try world.observer.replay.compareAudit(at: world.now)
        try ReadReplay.verify(
            world.observer.reads, against: world.observer.log, genesis: world.genesis,
            at: world.now)
        try world.observer.replay.compare(with: world.upToDate(world.machines), at: world.now)
    }
}

extension Scenario {
    /// Performs the scenario and tells what came of it.
    /// If it is to be detailed, the report holds all that a picture needs.
    public func run(detailed: Bool = false) -> ScenarioReport {
        ScenarioRun.run(self, detailed: detailed)
    }
}

extension Scenario {
    /// Whether a user is in the account that every scenario begins with.
    fileprivate var usesHome: Bool {
        lines.contains { line in
            switch line.statement {
            case .first(.createUser(_, nil)), .at(_, .request(.createUser(_, nil), _)?, _): true
            default: false
            }
        }
    }

    /// The times that expectations refer to.
    fileprivate var sampledTimes: [Duration] {
        lines.compactMap { line in
            switch line.statement {
            case .at(_, _, let expectation?), .every(_, _, _, _, let expectation?):
                guard case .cluster(.sameLeader(let time)) = expectation.condition else {
                    return nil
                }
                return time
            default:
                return nil
            }
        }
    }

    /// The last line before `position` that asks what the reference names; the parser has seen to
    /// it that there is one.
    fileprivate func position(of reference: RequestReference, before position: Int) -> Int {
        let found = lines[..<position].lastIndex { line in
            guard case .at(_, .request(let request, _)?, _) = line.statement else { return false }
            return reference.matches(request)
        }
        guard let found else { preconditionFailure("a reference to no line") }
        return found
    }
}

extension SimulationOptions {
    /// Of a run without faults but the scripted ones.
    fileprivate init(of scenario: Scenario) {
        self.init()
        nodes = scenario.nodes
        scriptedJoiners = scenario.joiners
        clients = 0
        resetsPerMille = 0
        stragglersPerMille = 0
        diskStallsPerMille = 0
        shortestDelay = scenario.conditions.networkDelay.shortest
        longestDelay = scenario.conditions.networkDelay.longest
        diskDelay = (scenario.conditions.diskDelay.shortest, scenario.conditions.diskDelay.longest)
        snapshotLogBytes = Int(scenario.conditions.snapshotKibibytes) << 10
        // Nothing is drawn; that these may strike is what the checkers go by.
        pauses = [.cut: scenario.end, .pause: scenario.end, .slowDisk: scenario.end]
    }
}
