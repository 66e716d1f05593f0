import Basics
import Consensus
import Journal
import Keyring

@testable import Replica
@testable import Simulator

/// A few real nodes, wired in memory and driven with virtual time. No chance is in it: every
/// delivery and every disk batch takes one millisecond, every wall clock shows the same.
final class NodeCluster {
    enum Event {
        case timer(NodeID, life: Int)
        case input(NodeID, life: Int, NodeInput)
        case arrival(LinkID, to: NodeID, [UInt8])
        case linkEnd(LinkID, to: NodeID)
        case dial(from: NodeID, to: NodeID, life: Int)
        case batchEnd(NodeID, life: Int, DiskBatch)
    }

    /// One computer: its disk, and the node while its process runs.
    struct Computer {
        var id: NodeID
        var disk = InMemoryDisk()
        var settings: NodeSettings
        var node: Node?
        /// What was meant for an earlier process is dropped.
        var life = 0
        var timer = Instant.never
        /// Batches of these lanes wait until they are let go.
        var heldLanes: [DiskLane] = []
        var heldBatches: [DiskBatch] = []
        /// Connections are neither made nor kept while it is cut off.
        var isCut = false
        /// How often it has sent bytes.
        var sends = 0
    }

    /// What a node let its performer know, in order.
    enum Word {
        case reply(RequestTicket, ClientReply)
        case event(NodeEvent)
        case stopped
    }

    static let delay = Duration.milliseconds(1)
    static let wallStart = World.wallStart
    static let journalSettings = JournalSettings(
        segmentBytes: 1 << 18, maximumPayloadBytes: 16 << 10)

    private(set) var now = Instant.zero
    private var queue = EventQueue<Event>()
    private var connections: [LinkID: (dialer: NodeID, acceptor: NodeID)] = [:]
    private var lastLink: UInt64 = 0
    private var lastTicket: UInt64 = 0
    var computers: [Computer]
    /// Reads of snapshot files wait until this is taken back: a disk that hangs.
    var holdsReads = false { didSet { if !holdsReads { releaseReads() } } }
    private var heldReads: [(NodeID, life: Int, DiskRead)] = []
    private(set) var words: [(node: NodeID, at: Instant, word: Word)] = []

    /// Formats the directories; starts nobody.
    init(
        nodes: UInt32, settings adjust: (NodeID, inout NodeSettings) -> Void = { _, _ in }
    ) throws {
        let ids = (1...nodes).map { NodeID($0) }
        computers = []
        for id in ids {
            var settings = Self.settings
            adjust(id, &settings)
            try format(
                Self.identity(id, members: ids, incarnation: UInt64(id.rawValue)), settings)
        }
    }

    static var settings: NodeSettings {
        var settings = NodeSettings()
        settings.snapshotLogBytes = 16 << 10
        settings.raft.retainedLogBytes = 4 << 10
        settings.raft.maxEntryBytes = 16 << 10
        settings.raft.snapshotChunkBytes = 4 << 10
        return settings
    }

    static func identity(
        _ id: NodeID, members: [NodeID], incarnation: UInt64, genesis: [UInt8] = Workload.genesis
    ) -> Journal.Identity {
        Journal.Identity(
            clusterID: Array(repeating: 7, count: Journal.Identity.clusterIDCount), node: id,
            members: members.map { IdentityMember(node: $0, address: "\($0)") },
            incarnation: incarnation, genesis: genesis)
    }

    private func format(_ identity: Journal.Identity, _ settings: NodeSettings) throws {
        var computer = Computer(id: identity.node, settings: settings)
        try computer.disk.perform(identity.format(settings: Self.journalSettings))
        if place(identity.node) < computers.count {
            self[identity.node] = computer
        } else {
            computers.append(computer)
        }
    }

    /// Formats the next node to join, and starts it.
    @discardableResult
    func join() throws -> NodeID {
        let id = NodeID(UInt32(computers.count + 1))
        try format(
            Self.identity(id, members: [id], incarnation: UInt64(id.rawValue), genesis: []),
            Self.settings)
        try start(id)
        return id
    }

    /// Formats a node's directory anew under its old id, as nobody should, and starts it.
    func reformat(_ id: NodeID, members: [NodeID]) throws {
        try format(
            Self.identity(id, members: members, incarnation: 1_000 + UInt64(id.rawValue)),
            Self.settings)
        try start(id)
    }

    /// Formats and starts all nodes, and lets them elect a leader.
    static func started(
        nodes: UInt32, settings: (NodeID, inout NodeSettings) -> Void = { _, _ in }
    ) throws -> NodeCluster {
        let cluster = try NodeCluster(nodes: nodes, settings: settings)
        for computer in cluster.computers { try cluster.start(computer.id) }
        cluster.run(.seconds(2))
        return cluster
    }

    func place(_ id: NodeID) -> Int { Int(id.rawValue) - 1 }

    subscript(id: NodeID) -> Computer {
        get { computers[place(id)] }
        set { computers[place(id)] = newValue }
    }

    /// Requires a running node.
    func node(_ id: NodeID) -> Node {
        guard let node = self[id].node else { preconditionFailure("\(id) is down") }
        return node
    }

    // MARK: Processes

    /// Starts a process from what the disk holds. Throws what recovery or the node refuses.
    func start(_ id: NodeID) throws {
        self[id].life += 1
        self[id].timer = .never
        self[id].heldBatches = []
        let life = UInt8(self[id].life)
        let start = NodeStart(
            directory: try NodeRecovery(of: self[id].disk.files), settings: self[id].settings,
            journalSettings: Self.journalSettings, secrets: [World.secret],
            entropy: Digest([UInt8(id.rawValue), life] + Array(repeating: 0, count: 30)))
        self[id].node = try Node(start, clock: clock)
        step(id, .timePassed)
    }

    /// Ends a process at once; the disk keeps what was written.
    func crash(_ id: NodeID) {
        self[id].node = nil
        self[id].life += 1
        endConnections(of: id)
    }

    /// Ends the node's connections and lets it make no new ones.
    func cut(_ id: NodeID) {
        self[id].isCut = true
        endConnections(of: id)
    }

    func heal(_ id: NodeID) { self[id].isCut = false }

    private func endConnections(of id: NodeID) {
        for link in connections.keys.sorted() {
            guard let (dialer, acceptor) = connections[link], dialer == id || acceptor == id else {
                continue
            }
            connections[link] = nil
            schedule(.linkEnd(link, to: dialer))
            schedule(.linkEnd(link, to: acceptor))
        }
    }

    /// Keeps the lane's batches until `release`: a disk that hangs.
    func hold(_ lane: DiskLane, of id: NodeID) { self[id].heldLanes.append(lane) }

    func release(_ id: NodeID) {
        let held = self[id].heldBatches
        self[id].heldLanes = []
        self[id].heldBatches = []
        for batch in held { schedule(.batchEnd(id, life: self[id].life, batch)) }
    }

    // MARK: Time

    /// How long all machines have been suspended, which only one of their clocks shows.
    var suspended = Duration.zero

    var clock: ClockReading {
        ClockReading(
            steady: SteadyInstant(running: now, sinceBoot: now + suspended),
            wall: Self.wallStart + (now - .zero))
    }

    func run(_ duration: Duration) { run(until: now + duration) }

    func run(until end: Instant) {
        var eventsAtOnce = 0
        while let next = queue.nextTime, next <= end, let (time, event) = queue.popFirst() {
            eventsAtOnce = time == now ? eventsAtOnce + 1 : 0
            precondition(eventsAtOnce < 1_000, "time stands still")
            now = time
            perform(event)
        }
        now = end
    }

    private func schedule(_ event: Event) { queue.schedule(event, at: now + Self.delay) }

    private func perform(_ event: Event) {
        switch event {
        case .timer(let id, let life):
            guard self[id].life == life, self[id].timer <= now else { return }
            self[id].timer = .never
            step(id, .timePassed)
        case .input(let id, let life, let input):
            if self[id].life == life { step(id, input) }
        case .arrival(let link, let id, let bytes):
            if connections[link] != nil { step(id, .bytesReceived(link, bytes)) }
        case .linkEnd(let link, let id):
            step(id, .linkClosed(link))
        case .dial(let dialer, let peer, let life):
            guard self[dialer].life == life else { return }
            connect(dialer, to: peer)
        case .batchEnd(let id, let life, let batch):
            if self[id].life == life { end(batch, of: id) }
        }
    }

    private func connect(_ dialer: NodeID, to peer: NodeID) {
        guard place(peer) < computers.count, self[peer].node != nil, !self[dialer].isCut,
            !self[peer].isCut
        else {
            return step(dialer, .dialFailed(to: peer))
        }
        lastLink += 1
        let link = LinkID(lastLink)
        connections[link] = (dialer, peer)
        step(peer, .linkAccepted(link))
        step(dialer, .linkDialed(link, to: peer))
    }

    private func end(_ batch: DiskBatch, of id: NodeID) {
        do {
            try self[id].disk.perform(batch.operations)
            step(id, .diskDone(batch.id))
        } catch {
            step(id, .diskFailed(batch.id, error))
        }
    }

    // MARK: Steps

    /// Gives the node an input now and performs what it wants done.
    func step(_ id: NodeID, _ input: NodeInput) {
        var effects: [NodeEffect] = []
        guard self[id].node != nil else { return }
        computers[place(id)].node?.step(input, clock: clock, effects: &effects)
        node(id).checkInvariants()
        for effect in effects { perform(effect, of: id) }
        let due = max(node(id).nextDeadline, now)
        if due < self[id].timer {
            self[id].timer = due
            queue.schedule(.timer(id, life: self[id].life), at: due)
        }
    }

    /// Asks the leader's Raft for a change of the members.
    func changeMembers(_ change: MembershipChange, at id: NodeID) {
        guard var node = computers[place(id)].node.take() else { return }
        _ = node.raft.changeMembers(change, clock: clock, effects: &node.raftEffects)
        computers[place(id)].node = node
        step(id, .timePassed)
    }

    /// Lets one node hear something of another, as if it had come on their link.
    func say(_ frame: PeerFrame, by peer: NodeID, to id: NodeID) {
        var effects: [NodeEffect] = []
        computers[place(id)].node?.receive(frame, from: peer, effects: &effects)
        for effect in effects { perform(effect, of: id) }
        step(id, .timePassed)
    }

    private func perform(_ effect: NodeEffect, of id: NodeID) {
        let life = self[id].life
        switch effect {
        case .dial(let peer, _): schedule(.dial(from: id, to: peer, life: life))
        case .send(let link, let bytes):
            guard let (dialer, acceptor) = connections[link] else { return }
            self[id].sends += 1
            schedule(.arrival(link, to: dialer == id ? acceptor : dialer, bytes))
        case .close(let link):
            guard let (dialer, acceptor) = connections.removeValue(forKey: link) else { return }
            schedule(.linkEnd(link, to: dialer == id ? acceptor : dialer))
        case .disk(let batch):
            if self[id].heldLanes.contains(batch.id.lane) {
                self[id].heldBatches.append(batch)
            } else {
                schedule(.batchEnd(id, life: life, batch))
            }
        case .read(let read):
            heldReads.append((id, life, read))
            if !holdsReads { releaseReads() }
        case .encodeSnapshot(var encoding):
            encoding.advance()
            schedule(.input(id, life: life, .snapshotEncoded(encoding)))
        case .reply(let ticket, let reply): words.append((id, now, .reply(ticket, reply)))
        case .report(let event): words.append((id, now, .event(event)))
        case .stopped: words.append((id, now, .stopped))
        case .fatal(let reason): preconditionFailure("\(id) ends itself: \(reason)")
        }
    }

    private func releaseReads() {
        for (id, life, read) in heldReads {
            schedule(.input(id, life: life, .diskRead(read, self[id].disk.read(read) ?? [])))
        }
        heldReads = []
    }

    // MARK: Clients

    @discardableResult
    func ask(_ id: NodeID, _ body: ClientRequest.Body) -> RequestTicket {
        ask(id, together: [body])[0]
    }

    /// Asks for several things in one input.
    func ask(_ id: NodeID, together bodies: [ClientRequest.Body]) -> [RequestTicket] {
        let requests = bodies.map { body in
            lastTicket += 1
            return ClientRequest(ticket: RequestTicket(lastTicket), body: body)
        }
        step(id, .requests(requests))
        return requests.map(\.ticket)
    }
}
