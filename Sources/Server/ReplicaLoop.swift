import Basics
import Journal
import Keyring
import Linux
import Replica

/// Owns the node: gives it what happens and performs what it asks, in the order asked.
///
/// One turn: wait; give the node every input that has come; perform the effects of each; then
/// write to the sockets and to the other threads' mailboxes once.
///
/// A value that is run once, and not an object: asking a node that is an object's property for
/// anything copies the whole of it, which was 3 % of a charge.
struct ReplicaLoop: ~Copyable {
    private var node: Node
    private let network: PeerNetwork
    private let resolver: PeerResolver
    private let mailbox: Mailbox<ReplicaLetter>
    private let disk: Mailbox<DiskThread.Order>
    private let snapshots: Mailbox<SnapshotThread.Order>
    private let fronts: [Mailbox<FrontLetter>]
    private let events: NodeEventLog
    private let pulse: Pulse
    private let board: StatusBoard
    private var nextShow = Instant.zero
    private var memory = MemoryReturn()
    private let onStopped: @Sendable () -> Void

    /// Comes round at least this often, to show that it does.
    private static let longestWait = Duration.seconds(1)

    private var effects: [NodeEffect] = []
    private var letters: [ReplicaLetter] = []
    /// Replies of this turn, by front thread.
    private var replies: [[FrontLetter]]
    /// The graceful stop is done; told once this turn's replies are on their way.
    private var hasStopped = false
    private var isEnded = false

    init(node: consuming Node, network: PeerNetwork, wiring: ReplicaThread.Wiring) {
        self.node = node
        self.network = network
        resolver = wiring.resolver
        mailbox = wiring.mailbox
        disk = wiring.disk
        snapshots = wiring.snapshots
        fronts = wiring.fronts
        events = wiring.events
        pulse = wiring.pulse
        board = wiring.board
        onStopped = wiring.onStopped
        replies = wiring.fronts.map { _ in [] }
    }

    mutating func run() {
        step(.timePassed)
        finishTurn()
        while !isEnded {
            turn()
            pulse.beat()
        }
    }

    private mutating func turn() {
        let begin = Clocks.now()
        let deadline = min(node.nextDeadline, network.nextDeadline)
        let timeout = min(deadline - begin, ReplicaLoop.longestWait)
        if network.wait(timeout, { step($0) }) { takeLetters() }
        let now = Clocks.now()
        network.checkDeadlines(now) { step($0) }
        if node.nextDeadline <= now { step(.timePassed) }
        finishTurn()
        show(now)
    }

    private mutating func takeLetters() {
        mailbox.receive(into: &letters)
        // Requests of several front threads become one input: they share a frame and a sync.
        var requests: [ClientRequest] = []
        for letter in letters {
            switch letter {
            case .input(.requests(let more)):
                if requests.isEmpty { requests = more } else { requests += more }
            case .input(.stopRequested):
                // Requests go behind all else that has come, but not behind this: it would have
                // those refused that came before it.
                if !requests.isEmpty { step(.requests(requests)) }
                requests = []
                step(.stopRequested)
            case .input(let input): step(input)
            case .resolved(let peer, let addresses): network.dial(peer, addresses) { step($0) }
            case .end: isEnded = true
            }
        }
        letters.removeAll(keepingCapacity: true)
        if !requests.isEmpty { step(.requests(requests)) }
    }

    /// Writes what the turn has left in buffers.
    private mutating func finishTurn() {
        network.flush { step($0) }
        for front in fronts.indices where !replies[front].isEmpty {
            fronts[front].send(contentsOf: &replies[front])
        }
        if hasStopped {
            hasStopped = false
            onStopped()
        }
    }

    private mutating func show(_ now: Instant) {
        board.setReady(node.isReady)
        guard now >= nextShow else { return }
        nextShow = now + StatusBoard.interval
        board.show(node.status)
        events.tellRecurring(at: now)
        if memory.isDue(logBytes: node.footprint.logBytes) {
            ProcessControl.returnFreeMemory()
            KeyMemory.discardFree { ProcessControl.discard($0) }
        }
    }

    /// Gives one input to the node and performs its effects. May be called again from within an
    /// effect, whose own effects then stand behind those already asked for.
    private mutating func step(_ input: NodeInput) {
        let isOutermost = effects.isEmpty
        node.step(input, clock: Clocks.reading(), effects: &effects)
        guard isOutermost else { return }
        var next = 0
        while next < effects.count {
            let effect = effects[next]
            next += 1
            perform(effect)
        }
        effects.removeAll(keepingCapacity: true)
    }

    private mutating func perform(_ effect: NodeEffect) {
        switch effect {
        case .dial(let peer, let address):
            if let addresses = resolver.addresses(of: peer, at: address) {
                network.dial(peer, addresses) { step($0) }
            }
        case .send(let link, let bytes): network.send(bytes, on: link)
        case .close(let link): network.close(link)
        case .disk(let batch):
            switch batch.id.lane {
            case .journal: disk.send(.batch(batch))
            case .snapshots: snapshots.send(.batch(batch))
            }
        case .read(let read): snapshots.send(.read(read))
        case .encodeSnapshot(let encoding): snapshots.send(.encode(encoding))
        case .reply(let ticket, let reply):
            let front = FrontTicket(ticket).front
            replies[front].append(.reply(ticket, reply))
        case .report(let event): events.note(event, at: Clocks.now())
        case .stopped: hasStopped = true
        case .fatal(let reason): events.end(reason)
        }
    }
}
