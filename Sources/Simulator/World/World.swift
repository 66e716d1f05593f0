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
        case arrival(LinkID, to: NodeID, [UInt8])
        case linkEnd(LinkID, to: NodeID)
        case dial(from: NodeID, to: NodeID, life: Int)
        case batchEnd(NodeID, life: Int, DiskBatch.ID)
        case restart(NodeID)
        case client(Int)
        case impatience(Int, RequestTicket)
        case fault(Fault)
    }

    /// Kinds of faults that strike again and again.
    enum Fault {
        case crash
        case partition
        case wallClockJump
    }

    let seed: UInt64
    let options: SimulationOptions
    var random: SeededGenerator
    var now = Instant.zero
    var queue = EventQueue<Event>()
    var network = Network()
    var machines: [Machine]
    var clients: [Client]
    var observer: Observer
    /// True once the last fault has struck.
    var isHealed = false
    var nextTicket: UInt64 = 1
    /// Which client waits for which ticket, and which node holds the question.
    var tickets: [RequestTicket: Int] = [:]
    var ticketHolders: [RequestTicket: NodeID] = [:]
    var population = Population()
    var events = 0
    private var eventsAtThisInstant = 0

    /// Wall-clock time at virtual time zero: 20 s before February 2027, so that every run sees an
    /// hour, a day and a month end.
    static let wallStart = Timestamp(milliseconds: 1_801_439_980_000)
    static let secret = Array("the simulated cluster's secret".utf8)

    init(seed: UInt64, options: SimulationOptions) {
        self.seed = seed
        self.options = options
        random = SeededGenerator(seed: seed)
        observer = Observer()
        machines = []
        clients = []
        formatMachines()
        clients = (0..<options.clients).map { Client(number: $0) }
    }

    func machine(_ id: NodeID) -> Machine {
        guard let machine = machines.first(where: { $0.id == id }) else {
            preconditionFailure("no machine \(id)")
        }
        return machine
    }

    func clock(of machine: Machine) -> ClockReading {
        let elapsed = now - Instant.zero
        return ClockReading(now: now, wall: Self.wallStart + elapsed + machine.wallOffset)
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
                    kind: .liveness, law: "time goes on", detail: "\(event)", time: now)
            }
            now = time
            events += 1
            try perform(event)
        }
        now = end
    }

    private func perform(_ event: Event) throws(Violation) {
        switch event {
        case .timer(let id, let life):
            let machine = machine(id)
            guard machine.life == life, machine.timer <= now else { return }
            machine.timer = .never
            try step(machine, .timePassed)
        case .input(let id, let life, let input):
            let machine = machine(id)
            guard machine.life == life else { return }
            try step(machine, input)
        case .arrival(let link, let id, let bytes):
            try arrive(bytes, on: link, at: id)
        case .linkEnd(let link, let id):
            guard network.isOpen(link, at: id) else { return }
            network.close(link, at: id)
            try step(machine(id), .linkClosed(link))
        case .dial(let from, let to, let life):
            try dial(from: from, to: to, life: life)
        case .batchEnd(let id, let life, let batch):
            try endBatch(batch, machine(id), life: life)
        case .restart(let id):
            try start(machine(id))
        case .client(let number):
            try act(client: number)
        case .impatience(let number, let ticket):
            try loseAttempt(ticket, client: number)
        case .fault(let fault):
            strike(fault)
        }
    }

    /// Gives a node an input, performs what it wants done, and checks every law.
    func step(_ machine: Machine, _ input: NodeInput) throws(Violation) {
        guard machine.node != nil else { return }
        var effects: [NodeEffect] = []
        machine.node?.step(input, clock: clock(of: machine), effects: &effects)
        for effect in effects { try perform(effect, machine) }
        guard let node = machine.node else { return }
        node.checkInvariants()
        try observer.observe(node, at: now)
        setTimer(machine)
    }

    private func setTimer(_ machine: Machine) {
        guard let due = machine.node?.nextDeadline, due < .never, due < machine.timer else {
            return
        }
        machine.timer = max(due, now)
        queue.schedule(.timer(machine.id, life: machine.life), at: machine.timer)
    }
}
