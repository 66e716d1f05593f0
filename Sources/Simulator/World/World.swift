import Basics
import Consensus
import Journal
import Keyring
import Replica

/// A cluster of real nodes in one thread of virtual time: their network, disks, clocks and
/// clients, all drawn from one seed.
///
/// The nodes are the very `Node` values that the server runs, down to frames and file bytes; only
/// the performer of their effects differs.
final class World {
    enum Event {
        case timer(NodeID, life: Int)
        case input(NodeID, life: Int, NodeInput)
        case arrival(LinkID, to: NodeID, [UInt8], sent: Instant)
        case linkEnd(LinkID, to: NodeID)
        case dial(from: NodeID, to: NodeID, life: Int)
        case batchEnd(NodeID, life: Int, DiskBatch.ID)
        case stopDeadline(NodeID, life: Int)
        /// The power of a machine goes in the middle of a batch.
        case powerCut(NodeID, life: Int)
        case restart(NodeID)
        case client(Int)
        case impatience(Int, RequestTicket)
        /// A node that was busy looks for what it was asked meanwhile.
        case requests(NodeID, life: Int)
        case load(NodeID, life: Int, SteppedValidation)
        /// The fault with this number in the plan begins, or is set right.
        case fault(Int)
        case repair(Int)
        /// The operator pursues a wish that the members change, or has waited long enough.
        case wish(Int)
        case wishImpatience(Int, RequestTicket)
        /// The operator takes the next step of a change of the cluster secret.
        case secretStep(Int)
        /// A script's line is due.
        case script(Int)
        /// The node that held the question of a script's line is gone.
        case scriptLoss(Int)
    }

    /// Who waits for the answer to a request.
    enum Asker: Hashable {
        case client(Int)
        case `operator`(Int)
        case script(Int)
    }

    /// A request that has no answer yet.
    struct Ticket {
        var asker: Asker
        var holder: NodeID
        var asked: Instant
        /// The newest change of what secrets give that had been told when it was asked.
        var floor: Revocations.Floor
        /// What the answer will show the power of, if it will.
        var secret: Secret?
        /// The node's own memory will do.
        var isLocal: Bool
    }

    let seed: UInt64
    let options: SimulationOptions
    let plan: [PlannedFault]
    let genesis: Genesis
    /// One generator each, so that a run without one of its faults is otherwise drawn alike.
    var networkRandom: SeededGenerator
    var diskRandom: SeededGenerator
    var clientRandom: SeededGenerator
    var entropyRandom: SeededGenerator
    var faultRandom: SeededGenerator
    var frontRandom: SeededGenerator

    var now = Instant.zero
    var queue = EventQueue<Event>()
    var network = Network()
    var machines: [Machine] = []
    var clients: [Client]
    var observer: Observer
    var trace: Trace?
    var hash = RollingHash()
    /// True once the last fault has struck.
    var isHealed = false
    var nextTicket: UInt64 = 1
    /// Who waits for which ticket, and which node holds the question.
    var tickets: [RequestTicket: Ticket] = [:]
    var population = Population()
    /// What the operator wants of the members, in the order in which it arose.
    var wishes: [MemberWish] = []
    var events = 0
    private var eventsAtThisInstant = 0
    private var checkedTellings = 0
    /// What a script does at its lines, and with the answers to what it asked.
    var onScript: ((World, Int) throws(Violation) -> Void)?
    var onScriptReply: ((World, Int, ClientReply?) throws(Violation) -> Void)?

    /// Wall-clock time at virtual time zero: 20 s before February 2027, so that every run sees an
    /// hour, a day and a month end.
    static let wallStart = Timestamp(milliseconds: 1_801_439_980_000)
    static let secret = Array("the simulated cluster's secret".utf8)

    init(seed: UInt64, options: SimulationOptions, plan: [PlannedFault], tracing: Bool = false) {
        self.seed = seed
        self.options = options
        self.plan = plan
        func generator(_ purpose: UInt64) -> SeededGenerator {
            SeededGenerator(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ purpose)
        }
        networkRandom = generator(1)
        diskRandom = generator(2)
        clientRandom = generator(3)
        entropyRandom = generator(4)
        faultRandom = generator(5)
        frontRandom = generator(6)
        genesis = Workload.genesis(lease: options.leaseMilliseconds)
        observer = Observer(founders: options.nodes, genesis: genesis)
        clients = (0..<options.clients).map { Client(number: $0) }
        trace = tracing ? Trace() : nil
        makeMachines()
    }

    func machine(_ id: NodeID) -> Machine {
        guard let machine = machines.first(where: { $0.id == id }) else {
            preconditionFailure("no machine \(id)")
        }
        return machine
    }

    func schedule(_ event: Event, after delay: Duration) {
        queue.schedule(event, at: now + delay)
    }
}

// One event after the other.
extension World {
    /// Runs until `end`.
    func run(until end: Instant) throws(Violation) {
        while let next = queue.nextTime, next <= end, let (time, event) = queue.popFirst() {
            eventsAtThisInstant = time == now ? eventsAtThisInstant + 1 : 0
            guard eventsAtThisInstant < 100_000 else {
                throw Violation(
                    kind: .liveness, law: "time goes on",
                    detail: "100,000 events at one instant, the next of them \(event.kind)",
                    time: now)
            }
            now = time
            events += 1
            hash.advance(to: time)
            try perform(event)
        }
        now = end
    }

    func perform(_ event: Event) throws(Violation) {
        switch event {
        case .timer(let id, let life):
            let machine = machine(id)
            guard machine.life == life, machine.timer <= now else { return }
            machine.timer = .never
            try give(.timePassed, to: machine, event)
        case .input(let id, let life, let input):
            let machine = machine(id)
            guard machine.life == life else { return }
            try give(input, to: machine, event)
        case .arrival(let link, let id, let bytes, let sent):
            try arrive(bytes, on: link, at: id, sent: sent, event)
        case .linkEnd(let link, let id):
            try endLink(link, at: id, event)
        case .dial(let from, let to, let life):
            try dial(from: from, to: to, life: life)
        case .batchEnd(let id, let life, let batch):
            try endBatch(batch, machine(id), life: life, event)
        case .stopDeadline(let id, let life):
            let machine = machine(id)
            // As an operator would: what doesn't stop is killed.
            if machine.life == life { crash(machine, losingPower: false) }
        case .powerCut(let id, let life):
            cutPower(of: machine(id), life: life)
        case .restart(let id):
            try start(machine(id))
        case .client(let number):
            try act(client: number)
        case .impatience(let number, let ticket):
            try loseAttempt(ticket, client: number)
        case .requests(let id, let life):
            let machine = machine(id)
            if machine.life == life { try handOver(to: machine) }
        case .load(let id, let life, let validation):
            let machine = machine(id)
            if machine.life == life { try load(validation, at: machine, event) }
        case .fault(let number):
            try begin(plan[number], number)
        case .repair(let number):
            guard !isHealed else { return }
            for fault in plan[number].repairs { try strike(fault) }
        case .wish(let number):
            try pursue(number)
        case .wishImpatience(let number, let ticket):
            try loseWish(number, ticket)
        case .secretStep(let number):
            try changeSecret(number)
        case .script(let line):
            try onScript?(self, line)
        case .scriptLoss(let line):
            try onScriptReply?(self, line, nil)
        }
    }

    private func begin(_ fault: PlannedFault, _ number: Int) throws(Violation) {
        guard !isHealed else { return }
        for part in fault.faults { try strike(part) }
        observer.coverage.count(fault.kind)
        if !fault.repairs.isEmpty { schedule(.repair(number), after: fault.lasting) }
    }

    /// Gives a node an input, or lets it wait for a process that stands still: `event` is then
    /// performed again when it goes on.
    func give(_ input: NodeInput, to machine: Machine, _ event: Event) throws(Violation) {
        guard !machine.isPaused else { return machine.backlog!.append(event) }
        try step(machine, input)
    }

    /// Gives a node an input, performs what it wants done, and checks every law.
    func step(_ machine: Machine, _ input: NodeInput) throws(Violation) {
        guard let process = machine.process else { return }
        var effects: [NodeEffect] = []
        swap(&effects, &machine.effects)
        process.node.step(input, clock: machine.clock.reading(at: now), effects: &effects)
        defer {
            effects.removeAll(keepingCapacity: true)
            swap(&effects, &machine.effects)
        }
        // Before its effects: the process may end amid them, with some of it said.
        let inspection = process.inspection
        observer.permissions.noteVerified(
            inspection.verifiedIndex, by: machine.id, in: inspection.term)
        try observer.observeDisk(of: process, inspection, at: now)
        try performAll(effects, machine)
        guard machine.process === process else { return }
        let known = observer.lastCommitted
        let (view, due) = process.examine()
        try observer.observe(process, view, at: now)
        mix(view)
        trace?.noteView(
            view, of: machine.id,
            answersUntil: machine.clock.worldTime(of: view.leaseExpiry.running), at: now)
        setTimer(machine, due: due)
        traceCommitted(since: known)
        try checkAnswers(of: machine)
        if view.role == .leader { try checkLeases(of: process, machine, in: view.term) }
        try checkFootprint(machine)
    }

    /// Whether what was told still holds at the machine, or everywhere if more has been told.
    private func checkAnswers(of machine: Machine) throws(Violation) {
        observer.passLapses(at: now)
        if observer.revocations.tellings > checkedTellings {
            checkedTellings = observer.revocations.tellings
            for other in machines { try observer.revocations.observe(other, at: now) }
        } else {
            try observer.revocations.observe(machine, at: now)
        }
    }

    /// Whether the leader grants what it may, and knows of whoever may answer from memory.
    private func checkLeases(
        of leader: NodeProcess, _ machine: Machine, in term: Term
    ) throws(Violation) {
        if let grants = leader.grants {
            let fresh = try observer.permissions.observe(
                grants, by: machine.id, in: term, machine.clock, at: now)
            if !fresh.isEmpty {
                try observer.permissions.judge(
                    fresh, of: machine.id, in: term, committed: observer.configuration,
                    newest: leader.configuration, at: now)
            }
        }
        for other in machines where other !== machine {
            try observer.permissions.judge(
                seen: leader.seen(by: other.id), by: other.id, of: machine.id, in: term, at: now)
        }
        guard let awaited = leader.awaitedHolders else { return }
        for other in machines where !awaited.contains(other.id) {
            try observer.permissions.judge(unawaited: other, by: machine.id, in: term, at: now)
        }
    }

    private func mix(_ view: NodeInspection) {
        hash.mix(view.term.rawValue)
        hash.mix(view.commitIndex.rawValue)
        hash.mix(view.lastIndex.rawValue)
    }

    private func traceCommitted(since known: LogIndex) {
        guard trace != nil, observer.lastCommitted > known else { return }
        for position in Int(known.rawValue)..<observer.log.count {
            let entry = observer.log[position]
            let what = (try? Envelope(decoding: entry.payload)).map { $0.command.brief }
            trace?.note(
                .committed(
                    LogIndex(UInt64(position + 1)), entry.term, what ?? "\(entry.kind)"),
                at: now)
        }
    }

    private func performAll(_ effects: [NodeEffect], _ machine: Machine) throws(Violation) {
        let life = machine.life
        for (position, effect) in effects.enumerated() {
            if let last = machine.crashesAfterEffects, effects.count > last, position == last {
                machine.crashesAfterEffects = nil
                return crash(machine, losingPower: true)
            }
            try perform(effect, machine)
            guard machine.life == life else { return }
        }
    }

    private func setTimer(_ machine: Machine, due: Instant) {
        guard due < .never else { return }
        let time = max(machine.clock.worldTime(of: due), now)
        guard time < machine.timer else { return }
        machine.timer = time
        queue.schedule(.timer(machine.id, life: machine.life), at: time)
    }

    /// The clock's rate changed: what was set goes by the old one.
    func resetTimer(_ machine: Machine) {
        machine.timer = .never
        if let process = machine.process { setTimer(machine, due: process.node.nextDeadline) }
    }
}

extension World.Event {
    /// What kind of event it is, and whom it concerns.
    fileprivate var kind: String {
        switch self {
        case .timer(let id, _): "timer of \(id)"
        case .input(let id, _, _): "input of \(id)"
        case .arrival(let link, let id, let bytes, _):
            "arrival of \(bytes.count) bytes at \(id) on link \(link.rawValue)"
        case .linkEnd(let link, let id): "end of link \(link.rawValue) at \(id)"
        case .dial(let from, let to, _): "dial of \(from) to \(to)"
        case .batchEnd(let id, _, _): "end of a batch of \(id)"
        case .stopDeadline(let id, _): "deadline of \(id)'s stop"
        case .powerCut(let id, _): "power cut of \(id)"
        case .restart(let id): "restart of \(id)"
        case .client(let number), .impatience(let number, _): "turn of client \(number)"
        case .requests(let id, _): "requests of \(id)"
        case .load(let id, _, _): "load of a validation at \(id)"
        case .fault(let number): "fault \(number)"
        case .repair(let number): "repair \(number)"
        case .wish(let number), .wishImpatience(let number, _): "the operator's wish \(number)"
        case .secretStep(let number): "step \(number) of a change of the secret"
        case .script(let line), .scriptLoss(let line): "line \(line) of the script"
        }
    }
}
