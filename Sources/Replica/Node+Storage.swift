import Basics
import Consensus
import Journal
import Keyring

extension Node {
    /// A batch is durable: tells whoever waited for that.
    mutating func takeDone(_ batch: DiskBatch.ID, effects: inout [NodeEffect]) {
        switch batch.lane {
        case .journal:
            takeDurable(journal.completed(batch), effects: &effects)
        case .snapshots:
            for event in store.completed(batch) { take(event, effects: &effects) }
        }
    }

    private mutating func takeDurable(_ durable: Durable, effects: inout [NodeEffect]) {
        if durable.isOpen {
            isOpen = true
            if !raft.standing.isWhole { effects.append(.report(.standingChanged(raft.standing))) }
        }
        if let hardState = durable.hardState {
            raft.hardStateSaved(HardState(hardState), clock: clock, effects: &raftEffects)
            for peer in links.remember(hardState.peers) { reopened(peer) }
        }
        if let last = durable.last {
            raft.entriesSaved(
                through: last.index, term: last.term, clock: clock, effects: &raftEffects)
        }
        if durable.roomIsBack { setDiskFull(false, effects: &effects) }
        // Its snapshot may tell that already; the others may never be heard again.
        if durable.isOpen { leaveClusterIfRemoved(&effects) }
        performRaftEffects(&effects)
    }

    /// A batch failed. Only a lack of room, found before anything was acknowledged, is survived:
    /// after any other failure nobody knows what the disk holds.
    mutating func takeFailed(
        _ batch: DiskBatch.ID, _ failure: DiskFailure, effects: inout [NodeEffect]
    ) {
        #if MUTANTS
        if PlantedBug.isOn(.syncErrorIgnored), failure != .noSpace {
            return takeDone(batch, effects: &effects)
        }
        #endif
        let consequence =
            switch batch.lane {
            case .journal: journal.failed(batch, failure)
            case .snapshots: store.failed(batch, failure)
            }
        switch consequence {
        case .fatal(let reason):
            isFailed = true
            effects.append(.fatal(reason))
        case .full:
            switch batch.lane {
            case .journal: setDiskFull(true, effects: &effects)
            case .snapshots: abandonSnapshots(&effects)
            }
        }
    }

    /// A node without room goes on validating and voting, but appends nothing: it gives up
    /// leadership and refuses writes until there is room.
    private mutating func setDiskFull(_ isFull: Bool, effects: inout [NodeEffect]) {
        guard isFull != isDiskFull else { return }
        isDiskFull = isFull
        nextRoomCheck = isFull ? clock.now + settings.roomCheckInterval : .never
        raft.setDiskFull(isFull, clock: clock, effects: &raftEffects)
        performRaftEffects(&effects)
        effects.append(.report(.diskFull(isFull)))
    }

    /// Gives out what journal and snapshots want done now.
    mutating func writeDisk(_ effects: inout [NodeEffect]) {
        if nextRoomCheck <= clock.now {
            nextRoomCheck = clock.now + settings.roomCheckInterval
            journal.retryForRoom()
        }
        if let batch = journal.nextBatch() { effects.append(.disk(batch)) }
        if let batch = store.nextBatch() { effects.append(.disk(batch)) }
    }
}

extension HardState {
    init(_ hardState: JournalHardState) {
        self.init(term: hardState.term, votedFor: hardState.votedFor)
    }
}

extension JournalRecord {
    init(_ entry: Entry) {
        self.init(
            term: entry.term, index: entry.index, time: entry.time, kind: entry.kind.rawValue,
            payload: entry.payload)
    }
}

extension Entry {
    /// Throws if the record's kind is none of this version's.
    init(_ record: JournalRecord) throws(MalformedBytes) {
        guard let kind = EntryKind(rawValue: record.kind) else {
            throw MalformedBytes("an entry of kind \(record.kind)")
        }
        self.init(
            term: record.term, index: record.index, time: record.time, kind: kind,
            payload: record.payload)
        if kind == .configuration, configuration == nil {
            throw MalformedBytes("the configuration at \(index)")
        }
    }
}
