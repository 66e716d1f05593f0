import Basics
import Testing

@testable import Consensus

/// Some Rafts in one thread of virtual time, with a network and disks that obey the test.
///
/// Checks after every step: each Raft's own invariants, one leader a term, the same entry
/// committed everywhere, committed entries in every later leader's log, linearizable reads.
final class World {
    struct Node {
        let id: NodeID
        var raft: Raft?
        var disk = SimulatedDisk()
        /// When the batch under way is durable, and how many operations are in it.
        var batch: (due: Instant, count: Int)?
        /// The wall clock minus virtual time.
        var wallOffset = Duration.zero
        /// A snapshot on its way in, in bytes.
        var incoming: [UInt8] = []
        /// A reachable node's messages arrive.
        var isCut = false
        /// Up to here its commits were compared with everybody's.
        var checked = LogIndex.zero
        var starts: UInt64 = 0
        /// What recovery finds as long as Raft hasn't declared the node whole again.
        var standing = Standing.whole
        /// Came to a cluster that runs, with nothing.
        var joins = false
        /// What it commits is applied later, or never.
        var holdsApplying = false
    }

    struct Flying {
        var due: Instant
        var number: Int
        var sender: NodeID
        var recipient: NodeID
        var message: Message
    }

    var now = Instant(nanoseconds: 0)
    /// Virtual wall time at `now` 0.
    let epoch = Timestamp(milliseconds: 1_000_000)
    /// The first members.
    let configuration: Configuration
    var settings = RaftSettings()
    var nodes: [Node]
    var flying: [Flying] = []
    var latency = Duration.milliseconds(1)
    var diskLatency = Duration.microseconds(500)
    /// Holds messages and disks back until they are told.
    var isManual = false
    /// Cut links, one way.
    var cuts: [(NodeID, NodeID)] = []
    var faults: Faults?
    var seed: UInt64

    var trace: [String] = []
    var tracesAll = false
    var tracesTimes = true

    /// What was committed, by anyone, at index 1 and up.
    var committed: [Entry?] = []
    var leaders: [Term: NodeID] = [:]
    var readFloors: [UInt64: LogIndex] = [:]
    var readAnswers: [UInt64: LogIndex?] = [:]
    var refusals = 0
    private var sent = 0
    private var deferred: [() -> Void] = []

    init(voters: Int, learners: Int = 0, seed: UInt64 = 1) {
        let ids = (1...UInt32(voters + learners)).map { NodeID($0) }
        configuration = Configuration(
            voters: [NodeID](ids.prefix(voters)), learners: [NodeID](ids.dropFirst(voters)))
        nodes = ids.map { Node(id: $0) }
        self.seed = seed
    }

    func startAll() { for node in nodes { start(node.id) } }

    func position(_ id: NodeID) -> Int { Int(id.rawValue) - 1 }

    /// One more node, which knows of no member.
    func join() -> NodeID {
        let id = NodeID(UInt32(nodes.count + 1))
        nodes.append(Node(id: id, joins: true))
        start(id)
        return id
    }

    func raft(_ id: NodeID) -> Raft {
        guard let raft = nodes[position(id)].raft else { preconditionFailure("\(id) is down") }
        return raft
    }

    func reading(_ id: NodeID) -> ClockReading {
        let elapsed = now - .zero
        return ClockReading(now: now, wall: epoch + elapsed + nodes[position(id)].wallOffset)
    }

    // MARK: Life of a node

    func start(_ id: NodeID) {
        let place = position(id)
        let standing = nodes[place].standing
        nodes[place].starts += 1
        let disk = nodes[place].disk
        let start = RaftStart(
            id: id, configuration: nodes[place].joins ? Configuration(members: []) : configuration,
            hardState: disk.hardState, snapshot: disk.snapshot, entries: disk.entries,
            standing: standing, isBlank: nodes[place].joins)
        let entropy = EntropyStream(
            seed: Digest(seed, UInt64(id.rawValue), nodes[place].starts, 7))
        nodes[place].raft = Raft(
            start: start, settings: settings, entropy: entropy, clock: reading(id))
        nodes[place].checked = disk.snapshot?.lastIndex ?? .zero
        nodes[place].incoming = []
        step(id) { _, _, _ in }
    }

    func crash(_ id: NodeID, using generator: inout SeededGenerator) {
        let place = position(id)
        nodes[place].raft = nil
        nodes[place].batch = nil
        nodes[place].disk.crash(using: &generator)
    }

    /// One input to a node, and what follows from it.
    func step(
        _ id: NodeID, _ input: (inout Raft, ClockReading, inout [RaftEffect]) -> Void
    ) {
        let place = position(id)
        guard nodes[place].raft != nil else { return }
        let before = nodes[place].raft!.milestones
        var effects: [RaftEffect] = []
        input(&nodes[place].raft!, reading(id), &effects)
        check(id, since: before)
        for effect in effects { perform(effect, of: id) }
        beginBatch(id)
        // What an effect leads to is an input of its own, after all effects of this one.
        while !deferred.isEmpty { deferred.removeFirst()() }
    }

    // MARK: Effects

    private func perform(_ effect: RaftEffect, of id: NodeID) {
        let place = position(id)
        tell(effect, of: id)
        switch effect {
        case .saveHardState(let state): nodes[place].disk.waiting.append(.save(state))
        case .appendEntries(let entries): nodes[place].disk.waiting.append(.append(entries))
        case .restartLog: nodes[place].disk.waiting.append(.restart)
        case .send(let message, let recipient): send(message, from: id, to: recipient)
        case .committed(let index): apply(through: index, at: id)
        case .readReady(let token, let index): answerRead(token, index)
        case .readFailed(let token): answerRead(token, nil)
        case .sendSnapshot(let peer, let offset, let maxBytes):
            deferred.append { [unowned self] in
                sendChunk(from: id, to: peer, offset: offset, maxBytes: maxBytes)
            }
        case .receivedSnapshotChunk(let chunk, _): store(chunk, at: id)
        case .roleChanged(.leader, let term): checkLeader(id, term)
        case .standingChanged(let standing): nodes[place].standing = standing
        case .roleChanged, .leaderChanged, .configurationChanged, .transferEnded,
            .clockDisagreement, .snapshotRefused:
            break
        }
    }

    private func tell(_ effect: RaftEffect, of id: NodeID) {
        guard tracesAll || effect.isNotable else { return }
        let time = tracesTimes ? "\(now.trace) " : ""
        trace.append("\(time)\(id) \(effect.trace)")
    }

    func send(_ message: Message, from sender: NodeID, to recipient: NodeID) {
        var copies = 1
        var due = now + latency
        if faults != nil {
            (copies, due) = faults!.fate(of: message, at: now)
        }
        for _ in 0..<copies {
            sent += 1
            flying.append(
                Flying(
                    due: due, number: sent, sender: sender, recipient: recipient, message: message))
            if faults != nil { due = faults!.delay(from: now) }
        }
    }

    private func apply(through index: LogIndex, at id: NodeID) {
        checkCommitted(through: index, at: id)
        if !nodes[position(id)].holdsApplying { nodes[position(id)].raft?.applied = index }
    }

    /// A snapshot's bytes follow from what it covers, so that any node can check them.
    func snapshotBytes(_ metadata: SnapshotMetadata) -> [UInt8] {
        var writer = ByteWriter()
        metadata.encode(into: &writer)
        return writer.bytes
            + [UInt8](repeating: UInt8(metadata.lastIndex.rawValue & 0xff), count: 26)
    }

    private func sendChunk(from id: NodeID, to peer: NodeID, offset: UInt64, maxBytes: Int) {
        if nodes[position(id)].disk.snapshot == nil { takeSnapshot(id) }
        guard let metadata = nodes[position(id)].disk.snapshot else { return }
        let file = snapshotBytes(metadata)
        let begin = min(Int(offset), file.count)
        let end = min(begin + maxBytes, file.count)
        step(id) { raft, clock, effects in
            raft.sendSnapshotChunk(
                [UInt8](file[begin..<end]), of: metadata, offset: offset, isLast: end == file.count,
                to: peer, clock: clock, effects: &effects)
        }
    }

    private func store(_ chunk: SnapshotChunk, at id: NodeID) {
        let place = position(id)
        if chunk.offset == 0 { nodes[place].incoming = [] }
        #expect(nodes[place].incoming.count == Int(chunk.offset), "\(id): chunk out of place")
        nodes[place].incoming += chunk.bytes
        guard chunk.isLast else { return }
        if nodes[place].incoming == snapshotBytes(chunk.metadata) {
            nodes[place].disk.waiting.append(.install(chunk.metadata))
        } else {
            deferred.append { [unowned self] in
                step(id) { raft, clock, effects in
                    raft.snapshotRejected(
                        chunk.metadata, isDamaged: true, clock: clock, effects: &effects)
                }
            }
        }
    }

    /// The node writes a snapshot of what it has applied; at once durable.
    func takeSnapshot(_ id: NodeID) {
        let place = position(id)
        guard let raft = nodes[place].raft, raft.applied > raft.snapshot?.lastIndex ?? .zero,
            let entry = raft.entry(at: raft.applied)
        else { return }
        let metadata = SnapshotMetadata(
            lastIndex: entry.index, lastTerm: entry.term, lastTime: entry.time,
            configuration: raft.configuration(at: entry.index))
        nodes[place].disk.snapshot = metadata
        step(id) { raft, _, _ in raft.snapshotSaved(metadata) }
        let first = nodes[place].raft!.firstIndex
        nodes[place].disk.entries.removeAll { $0.index < first }
    }

    // MARK: Disks

    private func beginBatch(_ id: NodeID) {
        let place = position(id)
        guard nodes[place].batch == nil, !nodes[place].disk.waiting.isEmpty else { return }
        let duration = faults?.diskDelay() ?? diskLatency
        nodes[place].batch = (now + duration, nodes[place].disk.waiting.count)
    }

    /// The batch under way is durable: the last of each kind is reported.
    func completeBatch(_ id: NodeID) {
        let place = position(id)
        guard let batch = nodes[place].batch else { return }
        nodes[place].batch = nil
        let done = nodes[place].disk.waiting.prefix(batch.count)
        nodes[place].disk.waiting.removeFirst(min(batch.count, nodes[place].disk.waiting.count))
        for operation in done { nodes[place].disk.perform(operation) }
        report([SimulatedDisk.Operation](done), at: id)
        beginBatch(id)
    }

    private func report(_ done: [SimulatedDisk.Operation], at id: NodeID) {
        var savedState: HardState?
        var savedEntry: Entry?
        for operation in done {
            switch operation {
            case .save(let state): savedState = state
            case .append(let entries): savedEntry = entries.last ?? savedEntry
            case .install, .restart: break
            }
        }
        step(id) { raft, clock, effects in
            if let savedState { raft.hardStateSaved(savedState, clock: clock, effects: &effects) }
        }
        step(id) { raft, clock, effects in
            guard let savedEntry else { return }
            raft.entriesSaved(
                through: savedEntry.index, term: savedEntry.term, clock: clock, effects: &effects)
        }
        for case .install(let metadata) in done { install(metadata, at: id) }
    }

    private func install(_ metadata: SnapshotMetadata, at id: NodeID) {
        step(id) { raft, clock, effects in
            raft.snapshotInstalled(metadata, clock: clock, effects: &effects)
        }
        let place = position(id)
        nodes[place].checked = max(nodes[place].checked, metadata.lastIndex)
    }
}
