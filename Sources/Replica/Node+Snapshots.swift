import Basics
import Consensus
import Journal
import Keyring

/// A snapshot in the making: the encoder over the frozen state, and the chunk it made last. It is
/// advanced beside the loop; a large state takes many turns.
public struct SnapshotEncoding: Sendable {
    /// Which of the snapshots made by this node it belongs to.
    let number: UInt64
    private var encoder: StateEncoder?
    /// Nil once the encoder has come to its end.
    var chunk: [UInt8]?

    init(number: UInt64, of state: FrozenState) {
        self.number = number
        encoder = StateEncoder(state)
    }

    /// Makes the next chunk. Touches nothing but this value.
    public mutating func advance() {
        chunk = encoder?.nextChunk()
        // What the state has changed since it was frozen lies there twice: to give a hundred
        // mebibytes back in one go is not for the thread that answers. At its end the last who
        // knows it is whoever makes chunks.
        if chunk == nil { encoder = nil }
    }
}

/// The snapshots that a node is making, sending and receiving.
struct SnapshotTraffic: Sendable {
    /// A chunk of the current snapshot file on its way to a follower.
    struct Transfer: Sendable {
        var read: DiskRead
        var peer: NodeID
        var offset: UInt64
        var file: SnapshotFile
        var isLast: Bool
    }

    /// Set when somebody asked for one.
    var isWanted = false
    /// Set when a member needs one, and there is none yet.
    var isNeeded = false
    /// Set when a follower found the newest one damaged: its file may have rotted since it was
    /// written, and no follower could ever be brought up to date from it.
    var isDistrusted = false
    /// The follower's own receiving may be what is wrong: no new one is made before this.
    var nextDistrust = Instant.zero
    /// Who waits for the snapshot being made, or the next, in order of their deadlines.
    var waiting: [WaitingTicket] = []
    /// Whether a member was catching up when that was last looked at, and when it is looked at
    /// again.
    var awaitsMember = false
    var nextLook = Instant.zero
    /// Counts the snapshots begun. An encoding of an earlier one, which was given up, is dropped
    /// when it comes back.
    var begun: UInt64 = 0
    /// Whether an encoding is being advanced beside the loop.
    var isEncoderOut = false
    /// The encoding that waits until the disk has caught up.
    var paused: SnapshotEncoding?
    /// After a snapshot found no room, none is begun or received before this; and how long that
    /// is the next time. To fill a disk up again and again would leave no room to anybody.
    var retryAt = Instant.zero
    var retryPause = Duration.zero
    var transfers: [Transfer] = []
    /// The snapshot that is being received.
    var receiving: Reception?
    /// The snapshot that was received whole and is being made durable. Nothing else is received
    /// until it is.
    var installing: Reception?
}

/// Somebody who asked for a snapshot and is answered at the latest at the deadline.
struct WaitingTicket: Sendable {
    var ticket: RequestTicket
    /// The first snapshot begun since, which holds all that was applied when the wish came.
    var snapshot: UInt64
    /// When it is failed unless a snapshot gets on before.
    var deadline: Instant
}

/// A snapshot from the leader, and its state as far as it was decoded.
struct Reception: Sendable {
    var metadata: SnapshotMetadata
    var peer: NodeID
    var decoder = StateDecoder()
}

// Making one.
extension Node {
    /// Begins a snapshot when the log since the last has grown enough, or somebody asked.
    mutating func writeSnapshotIfDue(_ effects: inout [NodeEffect]) {
        if store.wantsChunk, let paused = snapshots.paused {
            snapshots.paused = nil
            order(paused, effects: &effects)
        }
        guard isSnapshotDue, !store.isWriting, !snapshots.isEncoderOut, snapshots.paused == nil,
            snapshots.installing == nil, snapshots.retryAt <= clock.now, !isDiskFull,
            raft.standing.isWhole, !isWaitingForMember()
        else { return }
        snapshots.isWanted = false
        snapshots.isNeeded = false
        let applied = state.appliedIndex
        if snapshots.isDistrusted, applied == raft.snapshot?.lastIndex {
            if raft.lastIndex == applied {
                appendTick()
                performRaftEffects(&effects)
            }
            return
        }
        guard applied > (raft.snapshot?.lastIndex ?? .zero), let term = raft.term(at: applied)
        else {
            let last = raft.snapshot?.lastIndex ?? .zero
            return answerSnapshotTickets(.done(at: last), effects: &effects)
        }
        let metadata = SnapshotMetadata(
            lastIndex: applied, lastTerm: term, lastTime: state.time,
            configuration: raft.configuration(at: applied))
        store.begin(SnapshotDescription(metadata))
        snapshots.begun += 1
        let encoding = SnapshotEncoding(
            number: snapshots.begun, of: state.freeze())
        order(encoding, effects: &effects)
    }

    @inline(__always)
    var isSnapshotDue: Bool {
        snapshots.isWanted || snapshots.isNeeded || snapshots.isDistrusted || isLogLong(times: 1)
    }

    private func isLogLong(times factor: Int) -> Bool {
        let logBytes = raft.logBytesSinceSnapshot
        return logBytes >= settings.snapshotLogBytes * factor
            || journal.retainedBytes >= settings.journalFileBytes * factor
                && logBytes >= settings.snapshotLogBytes / 64
    }

    /// A member that takes this node's snapshot, or the entries behind it, would have to begin anew
    /// with the next one, and under a steady load again and again. So that one waits as long as
    /// the member gets on and the log has not become too long altogether.
    private mutating func isWaitingForMember() -> Bool {
        guard !snapshots.isWanted, !snapshots.isNeeded, !snapshots.isDistrusted,
            !isLogLong(times: NodeLimits.deferredLogFactor)
        else { return false }
        if snapshots.nextLook <= clock.now {
            snapshots.nextLook = clock.now + settings.raft.heartbeatInterval
            snapshots.awaitsMember = raft.awaitsMember(patience: settings.snapshotPatience)
        }
        return snapshots.awaitsMember
    }

    private mutating func order(_ encoding: SnapshotEncoding, effects: inout [NodeEffect]) {
        snapshots.isEncoderOut = true
        effects.append(.encodeSnapshot(encoding))
    }

    mutating func takeEncoded(_ encoding: SnapshotEncoding, effects: inout [NodeEffect]) {
        snapshots.isEncoderOut = false
        // Given up for want of room meanwhile.
        guard store.isWriting, encoding.number == snapshots.begun else { return }
        for place in snapshots.waiting.indices {
            snapshots.waiting[place].deadline = clock.now + settings.snapshotDeadline
        }
        guard let chunk = encoding.chunk else { return store.finish() }
        store.append(chunk)
        if store.wantsChunk {
            order(encoding, effects: &effects)
        } else {
            snapshots.paused = encoding
        }
    }

    /// Answers everybody who waits for a snapshot, or only those who wait for this one.
    mutating func answerSnapshotTickets(
        _ reply: ClientReply, through number: UInt64 = .max, effects: inout [NodeEffect]
    ) {
        for waiting in snapshots.waiting where waiting.snapshot <= number {
            effects.append(.reply(waiting.ticket, reply))
        }
        snapshots.waiting.removeAll { $0.snapshot <= number }
    }

    /// Ends the waiting for a snapshot that doesn't get on: none may be begun while the disk has no
    /// room or one is being received. What was begun goes on.
    mutating func expireSnapshotTickets(_ effects: inout [NodeEffect]) {
        while let first = snapshots.waiting.first, first.deadline <= clock.now {
            let failure: ClientFailure = isDiskFull ? .diskFull : .unavailable
            effects.append(.reply(first.ticket, .failed(failure)))
            snapshots.waiting.removeFirst()
        }
        // What nobody waits for any more is made when it is due.
        if snapshots.waiting.isEmpty { snapshots.isWanted = false }
    }

    /// A follower refused the newest snapshot: makes another one, of a later entry.
    mutating func distrustSnapshot(at position: LogPosition) {
        guard position.index == raft.snapshot?.lastIndex, snapshots.nextDistrust <= clock.now
        else { return }
        snapshots.nextDistrust = clock.now + settings.snapshotDeadline
        snapshots.isDistrusted = true
    }

    /// Takes what became of a snapshot file.
    mutating func take(_ event: SnapshotEvent, effects: inout [NodeEffect]) {
        snapshots.retryPause = .zero
        switch event {
        case .written(let description):
            guard let metadata = SnapshotMetadata(description) else {
                preconditionFailure("a snapshot of our own with a configuration not ours")
            }
            raft.snapshotSaved(metadata)
            snapshots.isDistrusted = false
            journal.compact(through: metadata.lastIndex)
            effects.append(.report(.snapshotWritten(metadata.lastIndex)))
            answerSnapshotTickets(
                .done(at: metadata.lastIndex), through: snapshots.begun, effects: &effects)
        case .installed(let description):
            install(description, effects: &effects)
        }
    }

    /// The snapshot being made, or the one being received, found no room and was given up.
    mutating func abandonSnapshots(_ effects: inout [NodeEffect]) {
        let pause = max(snapshots.retryPause, settings.roomCheckInterval)
        snapshots.retryAt = clock.now + pause
        snapshots.retryPause = min(pause * 2, settings.roomCheckInterval * 16)
        if !store.isWriting {
            snapshots.paused = nil
            snapshots.isWanted = false
            answerSnapshotTickets(.failed(.diskFull), effects: &effects)
        }
        guard !store.isReceiving,
            let reception = snapshots.receiving ?? snapshots.installing
        else { return }
        snapshots.receiving = nil
        snapshots.installing = nil
        raft.snapshotRejected(
            reception.metadata, isDamaged: false, clock: clock, effects: &raftEffects)
    }
}

// Sending one.
extension Node {
    /// Raft wants a chunk of the newest snapshot sent: reads it first.
    mutating func readSnapshot(
        for peer: NodeID, offset: UInt64, maxBytes: Int, effects: inout [NodeEffect]
    ) {
        guard let file = store.current else {
            // Raft asks again.
            snapshots.isNeeded = true
            return
        }
        // Raft asks again for what a hanging disk hasn't read yet: one read is enough.
        guard
            !snapshots.transfers.contains(where: {
                $0.peer == peer && $0.offset == offset && $0.file == file
            })
        else { return }
        guard let (read, isLast) = store.read(from: Int(clamping: offset), maximum: maxBytes) else {
            guard let metadata = SnapshotMetadata(file.description) else { return }
            return raft.sendSnapshotChunk(
                [], of: metadata, offset: offset, isLast: true, to: peer, clock: clock,
                effects: &raftEffects)
        }
        snapshots.transfers.append(
            SnapshotTraffic.Transfer(
                read: read, peer: peer, offset: offset, file: file, isLast: isLast))
        effects.append(.read(read))
    }

    mutating func sendSnapshot(_ read: DiskRead, _ bytes: [UInt8]) {
        guard let position = snapshots.transfers.firstIndex(where: { $0.read == read }) else {
            return
        }
        let transfer = snapshots.transfers.remove(at: position)
        // Another snapshot may have taken its place; Raft asks again.
        guard transfer.file == store.current, bytes.count == read.count,
            let metadata = SnapshotMetadata(transfer.file.description)
        else { return }
        raft.sendSnapshotChunk(
            bytes, of: metadata, offset: transfer.offset, isLast: transfer.isLast,
            to: transfer.peer, clock: clock, effects: &raftEffects)
    }
}

// Receiving one.
extension Node {
    /// Stores a part of the leader's snapshot and decodes what is whole of it.
    mutating func receive(
        _ chunk: SnapshotChunk, from peer: NodeID, effects: inout [NodeEffect]
    ) {
        guard snapshots.installing == nil, snapshots.retryAt <= clock.now else {
            return raft.snapshotRejected(
                chunk.metadata, isDamaged: false, clock: clock, effects: &raftEffects)
        }
        if chunk.offset == 0 {
            snapshots.receiving = Reception(metadata: chunk.metadata, peer: peer)
        }
        // A part of another snapshot says nothing of this one's bytes.
        let isOfOne = snapshots.receiving?.metadata == chunk.metadata
        do {
            guard isOfOne else { throw MalformedBytes("a part of another snapshot") }
            let progress = try store.receive(
                chunk.bytes, at: Int(clamping: chunk.offset),
                of: JournalPosition(chunk.metadata.position))
            for part in progress.chunks { try snapshots.receiving?.decoder.feed(part) }
            guard chunk.isLast else { return }
            let description = try store.install()
            guard SnapshotMetadata(description) == chunk.metadata else {
                throw MalformedBytes("the file and its announcement differ")
            }
            snapshots.installing = snapshots.receiving
            snapshots.receiving = nil
        } catch {
            store.rejectReceived()
            snapshots.receiving = nil
            raft.snapshotRejected(
                chunk.metadata, isDamaged: isOfOne, clock: clock, effects: &raftEffects)
            effects.append(.report(.snapshotRefused("\(error)", from: peer)))
        }
    }

    /// The received snapshot is durable: state, applied index and read side change in one step.
    private mutating func install(
        _ description: SnapshotDescription, effects: inout [NodeEffect]
    ) {
        guard let reception = snapshots.installing,
            SnapshotMetadata(description) == reception.metadata
        else { preconditionFailure("a snapshot was installed that wasn't received") }
        snapshots.installing = nil
        let metadata = reception.metadata
        // Where the log doesn't lead up to the snapshot, Raft asks for a new one.
        if raft.term(at: metadata.lastIndex) == metadata.lastTerm {
            journal.compact(through: metadata.lastIndex)
        }
        // The entries came by other ways meanwhile: the file serves, the state stays.
        guard metadata.lastIndex > state.appliedIndex else {
            return raft.snapshotInstalled(metadata, clock: clock, effects: &raftEffects)
        }
        let lease = leaseTimes.duration
        do {
            state = try reception.decoder.finish()
        } catch {
            // The file's checksum holds, so it was written so: the sender's state is not ours.
            isFailed = true
            return effects.append(.fatal("the installed snapshot can't be read: \(error)"))
        }
        raft.snapshotInstalled(metadata, clock: clock, effects: &raftEffects)
        raft.applied = state.appliedIndex
        keyChanges = Self.keyChanges(in: raft, after: state.appliedIndex)
        followLeaseTimes(since: lease)
        Self.fill(table, from: &state, blocking: keyChanges)
        effects.append(.report(.snapshotInstalled(metadata.lastIndex, from: reception.peer)))
        followMembers()
        leaveClusterIfRemoved(&effects)
        answerFromRecords(&effects)
        answerReadyReads(&effects)
        performRaftEffects(&effects)
    }

    /// Lets go of a snapshot whose sender has stopped and whose entries came by other ways.
    mutating func dropOvertakenReception() {
        guard let last = snapshots.receiving?.metadata.lastIndex, last <= state.appliedIndex
        else { return }
        snapshots.receiving = nil
        store.rejectReceived()
    }

    /// Replaces the read side's contents by the state's, at once for whoever looks.
    static func fill(
        _ table: KeyTable, from state: inout StateMachine, blocking changes: PendingKeyChanges
    ) {
        let replacement = table.makeReplacement()
        replacement.block(changes.subjects)
        replacement.fill(from: &state)
        table.install(replacement, at: state.appliedIndex)
    }

    /// Entries that a snapshot stepped over were not applied here one by one: what this node's
    /// clients wait for stands in the snapshot's records, or comes by another attempt.
    private mutating func answerFromRecords(_ effects: inout [NodeEffect]) {
        func recorded(_ mutation: PendingMutation) -> Outcome? {
            guard let envelope = try? Envelope(decoding: mutation.envelope) else { return nil }
            return state.recordedOutcome(for: envelope)
        }
        let answered =
            pending.takeAll(where: recorded) + memberChanges.takeAll(where: recorded)
        for (mutation, outcome) in answered {
            hold(
                .outcome(outcome, at: state.appliedIndex), of: mutation,
                until: state.keyStateIndex)
        }
        pending.handOverAgain(since: .never)
        memberChanges.handOverAgain(since: .never)
    }
}

extension JournalPosition {
    init(_ position: LogPosition) { self.init(term: position.term, index: position.index) }
}

extension SnapshotDescription {
    init(_ metadata: SnapshotMetadata) {
        var writer = ByteWriter()
        metadata.configuration.encode(into: &writer)
        self.init(
            last: JournalPosition(metadata.position), lastTime: metadata.lastTime,
            configuration: writer.bytes)
    }
}

extension SnapshotMetadata {
    /// Nil if the configuration isn't one.
    init?(_ description: SnapshotDescription) {
        var reader = ByteReader(description.configuration)
        guard let configuration = try? Configuration(from: &reader), reader.isAtEnd else {
            return nil
        }
        self.init(
            lastIndex: description.last.index, lastTerm: description.last.term,
            lastTime: description.lastTime, configuration: configuration)
    }
}
