import Basics
import Consensus
import Journal
import Keyring
import Replica

/// A process with its node, which is large and must never be copied to be looked at.
final class NodeProcess {
    let id: NodeID
    var node: Node
    /// What its next state is judged against.
    private var milestones: NodeMilestones?

    init(_ node: consuming Node) {
        id = node.id
        self.node = node
    }

    /// Checks the laws of the node, and tells what the checkers look at and when the next step is
    /// due.
    func examine() -> (view: NodeInspection, due: Instant) { node.examine(since: &milestones) }

    /// Asked of a mutable node: of an immutable one it would be asked of a copy.
    func entries(from first: LogIndex, through last: LogIndex) -> [Entry] {
        func read(_ node: inout Node) -> [Entry] { node.entries(from: first, through: last) }
        return read(&node)
    }

    /// Mutable for the same reason.
    var inspection: NodeInspection {
        func read(_ node: inout Node) -> NodeInspection { node.inspection }
        return read(&node)
    }

    /// Mutable for the same reason.
    var voters: [NodeID] {
        func read(_ node: inout Node) -> [NodeID] { node.voters }
        return read(&node)
    }

    /// Mutable for the same reason.
    var footprint: NodeFootprint {
        func read(_ node: inout Node) -> NodeFootprint { node.footprint }
        return read(&node)
    }

    /// Mutable for the same reason.
    var grants: LeaseGrants? {
        func read(_ node: inout Node) -> LeaseGrants? { node.grants }
        return read(&node)
    }

    /// Mutable for the same reason. Whom this leader waits for; nil unless it leads.
    var awaitedHolders: [NodeID]? {
        func read(_ node: inout Node) -> [NodeID]? { node.awaitedHolders }
        return read(&node)
    }

    /// Mutable for the same reason.
    func knowsIncarnation(of peer: NodeID) -> Bool {
        func read(_ node: inout Node) -> Bool { node.knowsIncarnation(of: peer) }
        return read(&node)
    }

    /// Mutable for the same reason.
    var configuration: Configuration {
        func read(_ node: inout Node) -> Configuration { node.configuration }
        return read(&node)
    }

    /// Mutable for the same reason. How far this leader believes that another has its log.
    func seen(by other: NodeID) -> LogIndex {
        func read(_ node: inout Node) -> LogIndex { node.seen(by: other) }
        return read(&node)
    }

    /// Mutable for the same reason. Who bears the token, from the node's memory.
    func identify(_ token: Digest, at now: SteadyInstant) -> QueryAnswer? {
        func read(_ node: inout Node) -> QueryAnswer? { node.identifyLocally(token, at: now) }
        return read(&node)
    }

    /// Mutable for the same reason.
    func onDisk(_ view: NodeInspection) -> NodeOnDisk {
        func read(_ node: inout Node) -> NodeOnDisk {
            NodeOnDisk(
                vote: node.durableHardState, end: node.durablePosition, commit: view.commitIndex,
                isWhole: view.standing.isWhole, isSynced: node.isSynced, doubt: view.standing.doubt)
        }
        return read(&node)
    }
}

/// One simulated computer: its disk, its clocks, and the node process while one runs.
final class Machine {
    let id: NodeID
    let identity: Journal.Identity
    var disk = InMemoryDisk()
    var clock: MachineClock
    /// Whether it is one of the first, or has been started since to join them.
    var hasJoined: Bool
    /// What stands in the file of its cluster secret.
    var secrets = [World.secret]
    /// Nil while the process is down.
    var process: NodeProcess?
    /// Counts the processes that ran here: what was meant for an earlier one is dropped.
    var life = 0
    /// When the timer set last is due, in the world's time.
    var timer = Instant.never
    /// Batches given out by the node, by lane, in order; the first is being performed.
    var batches: [DiskLane: [DiskBatch]] = [:]
    /// Effects of the last step, whose storage is used again.
    var effects: [NodeEffect] = []

    /// What the process was asked and hasn't looked at yet; empty while none runs.
    var requests: [ClientRequest] = []
    /// What waits for a process that stands still; nil while it runs.
    var backlog: [World.Event]?
    #if MUTANTS
    /// When the front thread last began to wait for requests.
    var frontThreadWaits = Instant.zero
    #endif
    /// When the process last went on after standing still.
    var wentOn = Instant.zero
    /// The next step that has more effects than this ends the process after so many.
    var crashesAfterEffects: Int?
    /// The power goes amid the next batch that writes this.
    var crashesAmid: WrittenPart?
    /// Every disk operation takes this much longer.
    var diskLag = Duration.zero
    /// What ended while the disk hangs, and waits until it is freed; nil while it doesn't.
    var hanging: [World.Event]?
    var failsNextBatch = false
    /// The next thing that is read from the disk has a wrong bit.
    var misreadsNext = false
    /// The next batch's failure was planned: the node may end itself over it.
    var mayFail = false
    /// A graceful stop was asked of the process.
    var isStopping = false
    /// The files that were damaged in this run, each at most once.
    var rottenFiles: [String] = []
    /// The node can't come back, and why: its votes or its directory are lost.
    var loss: String?

    init(
        identity: Journal.Identity, clock: MachineClock, settings: JournalSettings, hasJoined: Bool
    ) {
        id = identity.node
        self.hasJoined = hasJoined
        self.identity = identity
        self.clock = clock
        format(identity, settings: settings)
    }

    /// Makes the machine's directory that of a new node.
    func format(_ identity: Journal.Identity, settings: JournalSettings) {
        do {
            try disk.perform(identity.format(settings: settings))
        } catch {
            preconditionFailure("an empty disk can be formatted: \(error)")
        }
    }

    /// What a front thread of this machine would answer about a key. The loads are those of the
    /// server, one after the other; nil while no process runs.
    func validate(_ digest: Digest, at world: Instant) -> Validation? {
        guard let process else { return nil }
        let reader = process.node.table.makeReader()
        return ValidationLoads.Applied(reader).states(of: digest).leases(reader)
            .judge(for: nil, cost: .zero, at: clock.steady(at: world))
    }

    var isUp: Bool { process != nil }
    var isPaused: Bool { backlog != nil }
    var damagedFiles: [String] { rottenFiles + disk.misdirectedFiles }
    var isDamaged: Bool { !damagedFiles.isEmpty || loss != nil }
}
