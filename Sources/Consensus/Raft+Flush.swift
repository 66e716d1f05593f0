import Basics

// The one place from which a step's results leave: what the disk must hold first, then what
// followers, the leader or clients are owed.
extension Raft {
    mutating func flush(_ effects: inout [RaftEffect]) {
        settleStanding(&effects)
        emitHardState(&effects)
        emitLogRestart(&effects)
        switch state {
        case .leader:
            beginRoundIfNeeded(&effects)
            sendToFollowers(&effects)
        case .follower:
            acknowledgeIfAdvanced(&effects)
            forwardReads(&effects)
        case .preCandidate, .candidate: break
        }
        releaseWithheld(&effects)
        announce(&effects)
    }

    mutating func setHardState(_ new: HardState) {
        precondition(new.term >= hardState.term, "a term went backwards")
        precondition(
            new.term > hardState.term || hardState.votedFor == nil
                || hardState.votedFor == new.votedFor, "a vote was changed")
        guard new != hardState else { return }
        hardState = new
        hardStateIsNew = true
        if hardStateSince == nil { hardStateSince = clock.now }
        withheld.removeAll { $0.requirement.term < new.term }
    }

    mutating func emitHardState(_ effects: inout [RaftEffect]) {
        guard hardStateIsNew else { return }
        hardStateIsNew = false
        effects.append(.saveHardState(hardState))
    }

    /// Sends a message as soon as the present term, and `vote` in it, are durable.
    mutating func sendWhenDurable(_ message: Message, to recipient: NodeID, vote: NodeID? = nil) {
        let item = WithheldMessage(
            message: message, recipient: recipient,
            requirement: HardState(term: term, votedFor: vote))
        // However often a peer asks while the disk is slow, it gets one answer.
        if !withheld.contains(item) { withheld.append(item) }
    }

    mutating func releaseWithheld(_ effects: inout [RaftEffect]) {
        guard withheld.contains(where: { $0.mayLeave(durableHardState) }) else { return }
        for item in withheld where item.mayLeave(durableHardState) {
            effects.append(.send(item.message, to: item.recipient))
        }
        withheld.removeAll { $0.mayLeave(durableHardState) }
    }

    /// Appends entries to log and disk. The term's record precedes them.
    mutating func persist(_ entries: [Entry], _ effects: inout [RaftEffect]) {
        guard let first = entries.first else { return }
        for entry in entries { appendToLog(entry) }
        if configurations.newestIndex >= first.index { alignProgress() }
        writes.begin(from: first.index, through: log.last, at: clock.now)
        emitHardState(&effects)
        emitLogRestart(&effects)
        effects.append(.appendEntries(entries))
    }

    private mutating func emitLogRestart(_ effects: inout [RaftEffect]) {
        guard hasStaleEntries else { return }
        hasStaleEntries = false
        effects.append(.restartLog(after: log.base))
    }

    mutating func commit(through index: LogIndex, _ effects: inout [RaftEffect]) {
        precondition(index <= lastIndex, "an entry was committed that doesn't exist")
        guard index > commitIndex else { return }
        commitIndex = index
        effects.append(.committed(index))
    }

    /// Tells of a change of role, leader or members once a step, whatever happened in between.
    private mutating func announce(_ effects: inout [RaftEffect]) {
        let present = Announcement(
            role: role, term: term, leader: leader, members: configurations.version)
        guard present != announced else { return }
        if (present.role, present.term) != (announced.role, announced.term) {
            effects.append(.roleChanged(present.role, term: term))
        }
        if (present.leader, present.term) != (announced.leader, announced.term),
            present.leader != nil || announced.leader != nil
        {
            effects.append(.leaderChanged(present.leader, term: term))
        }
        if present.members != announced.members {
            effects.append(.configurationChanged(configuration))
        }
        announced = present
    }

    /// Whether a write hangs: such a node neither leads nor campaigns. Entries that wait for room
    /// on the disk of the only voter don't hang.
    var isStorageStalled: Bool {
        let limit = settings.storageStallTimeout
        let waitsForRoom = isDiskFull && isOnlyVoter
        if !waitsForRoom, let oldest = writes.oldest, clock.now - oldest >= limit { return true }
        if let since = hardStateSince, clock.now - since >= limit { return true }
        return false
    }
}
