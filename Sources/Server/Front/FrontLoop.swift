import Basics
import HTTP
import Keyring
import Linux
import Replica

/// What one front thread does: its own poller, its own listening socket, its own connections.
///
/// It answers validations from the key table and hands everything else to the replica thread, in
/// one letter a turn. It shares nothing that waits with any other thread.
///
/// A value that is run once, and not an object: every access to an object's property is checked
/// at run time to overlap no other, which was 6 % of a validation's instructions.
struct FrontLoop: ~Copyable {
    static let listenerToken: UInt64 = 0
    static let mailboxToken: UInt64 = 1
    static let firstPlace: UInt64 = 2

    let number: Int
    let services: FrontServices
    /// As in the services' settings, which would be copied whole for each.
    let idleDeadline: Duration
    let headDeadline: Duration
    let mailbox: Mailbox<FrontLetter>
    let metrics: FrontMetrics
    let poller: Poller
    private var listener: Listener?
    var router: Router
    var connections = ConnectionTable()
    /// Requests of this turn for the node.
    var requests: [ClientRequest] = []
    private var letters: [FrontLetter] = []
    /// Where the answers to what was looked up are written: `scratch` may already hold the answer
    /// to the request behind them.
    var verdicts = ResponseWriter(capacity: 4096)
    /// Requests of this batch that the thread has answered.
    var answeredRequests: UInt64 = 0
    /// Oldest first.
    var held: [HeldValidation] = []
    /// Where answers are written before they go to their connection.
    var scratch = ResponseWriter(capacity: 4096)
    /// For the `Date` field; at most a second old.
    private(set) var date: HTTPDate
    /// Read once a turn; deadlines need no better.
    var now: Instant
    private var nextSweep: Instant
    private var acceptAgain: Instant?
    private var acceptFailures = Recurrence()
    var isDraining = false
    /// Connections that have had their turn and have more to be taken, those that had it first
    /// before the others.
    var behind: [FrontConnection] = []
    /// Connections beyond the limit that are being told so.
    var turnedAway = 0
    /// Since the last sweep.
    private var failuresLogged = 0
    private static let failuresLoggedPerSweep = 5

    /// So that the socket can be closed while the thread lives.
    private final class Listener {
        let socket: ListeningSocket
        init(_ socket: consuming ListeningSocket) { self.socket = socket }
    }

    /// How often deadlines are looked after.
    private static let sweepInterval = Duration.milliseconds(250)

    init(
        number: Int, listener: consuming ListeningSocket, mailbox: Mailbox<FrontLetter>,
        services: FrontServices, metrics: FrontMetrics
    ) throws(SystemError) {
        let poller = try Poller()
        try poller.add(listener.descriptor, .read, token: FrontLoop.listenerToken)
        try poller.add(mailbox.wakeup.descriptor, .read, token: FrontLoop.mailboxToken)
        self.number = number
        self.poller = poller
        self.listener = Listener(listener)
        self.mailbox = mailbox
        self.services = services
        idleDeadline = services.settings.idleDeadline
        headDeadline = services.settings.headDeadline
        self.metrics = metrics
        router = Router(
            settings: services.settings.router, reader: services.table.makeReader(),
            entropy: EntropyStream(seed: Digest(Entropy.bytes(Digest.count))))
        now = Clocks.now()
        date = HTTPDate(Clocks.wall())
        nextSweep = now + FrontLoop.sweepInterval
    }

    mutating func run() {
        while !(isDraining && connections.isEmpty) { turn() }
        router.park()
    }

    mutating func turn() {
        let count = waitForEvents()
        now = Clocks.now()
        let due = takeBehind()
        if now >= nextSweep { sweep() }
        for index in 0..<count {
            let ready = poller.readiness(at: index)
            switch ready.token {
            case FrontLoop.listenerToken: accept()
            case FrontLoop.mailboxToken: takeLetters()
            default:
                let place = Int(ready.token - FrontLoop.firstPlace)
                if let connection = connections[place] { handle(ready, connection) }
            }
        }
        goOn(with: due)
        lookAgain()
        if !requests.isEmpty {
            services.replica.send(.input(.requests(requests)))
            requests = []
        }
    }

    private mutating func waitForEvents() -> Int {
        router.park()
        defer { router.unpark() }
        // Without connections nothing is ever due but a pause in accepting.
        let isIdle = connections.isEmpty && acceptAgain == nil && !isDraining
        var patience = max(nextSweep - now, .zero)
        if !held.isEmpty { patience = min(patience, FrontLimits.holdInterval) }
        if !behind.isEmpty { patience = .zero }
        return poller.wait(isIdle ? nil : patience)
    }

    private mutating func handle(_ ready: Readiness, _ connection: FrontConnection) {
        if ready.failed && !ready.readable { return close(connection) }
        if ready.writable { flush(connection) }
        if ready.readable, connections.holds(connection) { read(connection) }
    }

    // MARK: - Letters

    private mutating func takeLetters() {
        mailbox.receive(into: &letters)
        for letter in letters {
            switch letter {
            case .reply(let ticket, let reply): take(reply, FrontTicket(ticket))
            case .backup(let ticket, let reply): take(reply, FrontTicket(ticket))
            case .drain: beginDraining()
            }
        }
        letters.removeAll(keepingCapacity: true)
        flushAnswered()
    }

    /// What requests of connections that are gone take at the node until it answers.
    private(set) var departed: [FrontTicket: WaitingLoad] = [:]

    /// Connections that got an answer from the node this turn and were not written to yet.
    var answered: [FrontConnection] = []

    mutating func take(_ reply: ClientReply, _ ticket: FrontTicket) {
        giveBackRoom(of: ticket)
        // Gone: the client closed, or was too slow.
        guard let connection = connections[ticket.place] else { return }
        // Nothing about a backup is answered with an outcome, and nearly everything else is.
        if !reply.isOutcome, goOnWithBackup(reply, ticket, connection) { return }
        // Nobody but an operator is told how the cluster stands.
        if case .status = reply,
            connection.context(of: ticket.number)?.endpoint == .reloadSecrets
        {
            services.wishes.send(.rereadSecrets)
        }
        let isTaken = complete(connection, ticket.number, reply)
        if isTaken { answered.append(connection) }
    }

    /// A request of a connection that is gone waits no longer.
    mutating func giveBackRoom(of ticket: FrontTicket) {
        guard !departed.isEmpty, let load = departed.removeValue(forKey: ticket) else { return }
        services.waitingRoom.leave(load)
    }

    /// Renders the node's reply into its exchange.
    @discardableResult
    mutating func complete(
        _ connection: FrontConnection, _ number: UInt32, _ reply: ClientReply
    ) -> Bool {
        if case .validation(let validation) = reply { metrics.note(validation.verdict) }
        guard let (context, began) = connection.awaited(number) else { return false }
        scratch.removeAll()
        let status = router.render(reply, context, date: date, to: &scratch)
        metrics.note(status)
        metrics.replyTime.note(now - began)
        // A refusal says nothing of how long charges take.
        if context.endpoint == .charge, reply.isOutcome {
            services.waitingRoom.note(now - began, at: now)
        }
        if status.rawValue >= 500 { logFailure(status, context) }
        services.waitingRoom.leave(connection.complete(number, with: scratch))
        return true
    }

    /// A line for a request that this cluster couldn't serve, a few of them a second at most: a
    /// lost leader fails thousands.
    mutating func logFailure(_ status: Status, _ context: AnswerContext) {
        guard failuresLogged < FrontLoop.failuresLoggedPerSweep else { return }
        failuresLogged += 1
        services.log.warning(
            "request_failed",
            [
                "request": context.mark, "endpoint": context.endpoint.rawValue,
                "status": status.rawValue,
            ])
    }

    mutating func flushAnswered() {
        for connection in answered where connections.holds(connection) {
            // What was read but had to wait for room goes on first: one write for all.
            serve(connection, hasProgressed: true)
        }
        answered.removeAll(keepingCapacity: true)
    }

    // MARK: - Coming and going

    private mutating func accept() {
        guard !isDraining else { return }
        for _ in 0..<64 {
            do throws(SystemError) {
                guard let socket = try listener?.socket.accept() else { return }
                try admit(socket)
            } catch {
                // Out of descriptors or memory. The listener stays readable, so look away.
                if let count = acceptFailures.note(at: now) {
                    services.log.warning("accept_failed", ["reason": error], count: count)
                }
                acceptAgain = now + .milliseconds(100)
                suspendListener()
                return
            }
        }
    }

    private mutating func admit(_ socket: consuming StreamSocket) throws(SystemError) {
        guard services.connectionCount.enter() else { return try turnAway(socket) }
        let deadline = now + headDeadline
        try enroll(connections.insert(socket, deadline: deadline))
        metrics.accepted.add()
    }

    /// Lets the poller watch a new connection, which is gone if that can't be.
    mutating func enroll(_ connection: FrontConnection) throws(SystemError) {
        let token = FrontLoop.firstPlace + UInt64(connection.place)
        do throws(SystemError) {
            try poller.add(connection.socket.descriptor, .read, token: token)
        } catch {
            close(connection)
            throw error
        }
        metrics.open.set(UInt64(connections.count))
    }

    private func suspendListener() {
        guard let listener else { return }
        poller.change(listener.socket.descriptor, [], token: FrontLoop.listenerToken)
    }

    mutating func close(_ connection: FrontConnection) {
        guard connections.holds(connection) else { return }
        connections.remove(connection)
        // The node knows nothing of connections: what it was given waits there until it answers.
        connection.forEachWaiting { request, load in
            departed[FrontTicket(front: number, place: connection.place, number: request)] = load
        }
        // Its socket closes with the last that knows it. Until then the poller may name its place,
        // which another may have: so that nothing comes of it but a look.
        if connection.isBehind { behind.removeAll { $0 === connection } }
        if connection.isTurnedAway {
            turnedAway -= 1
        } else {
            services.connectionCount.leave()
        }
        metrics.open.set(UInt64(connections.count))
    }

    private mutating func sweep() {
        nextSweep = now + FrontLoop.sweepInterval
        failuresLogged = 0
        let wall = Clocks.wall()
        if wall.milliseconds / 1000 != date.second { date = HTTPDate(wall) }
        if let again = acceptAgain, again <= now, let listener {
            acceptAgain = nil
            poller.change(
                listener.socket.descriptor, .read, token: FrontLoop.listenerToken)
        }
        for place in connections.places {
            guard let connection = connections[place], connection.deadline <= now else { continue }
            expire(connection)
        }
    }

    /// No new connections; idle ones end now, the others once they are answered.
    private mutating func beginDraining() {
        // What the kernel has accepted already would be reset by closing the listener.
        accept()
        isDraining = true
        listener = nil
        for place in connections.places {
            guard let connection = connections[place] else { continue }
            // What has arrived by now is still looked at.
            read(connection)
            guard connections.holds(connection) else { continue }
            failUnanswered(connection)
            connection.stage = .finishing
            connection.deadline = min(connection.deadline, now + services.settings.drainDeadline)
            flush(connection)
        }
    }
}
