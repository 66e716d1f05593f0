import Basics

// What happens to a node. Each input takes in the clock, does its work, and ends in `flush`.
extension Raft {
    /// Time has passed; due at `nextDeadline` at the latest.
    public mutating func advance(to reading: ClockReading, effects: inout [RaftEffect]) {
        observe(reading)
        if isLeader {
            tickAsLeader(&effects)
        } else {
            if clock.now >= electionDeadline { electionTimeoutPassed(&effects) }
        }
        flush(&effects)
    }

    /// A message arrived from the member that the peer link has authenticated as `sender`.
    /// Whatever makes no sense is ignored.
    public mutating func receive(
        _ message: Message, from sender: NodeID, clock reading: ClockReading,
        effects: inout [RaftEffect]
    ) {
        observe(reading)
        guard sender != id, message.isPlausible, isWritable(message) else { return }
        if message.term > term, !followHigherTerm(of: message, from: sender, &effects) { return }
        switch message {
        case .voteRequest(let request): handle(request, from: sender, &effects)
        case .voteReply(let reply): handle(reply, from: sender, &effects)
        case .append(let request): handle(request, from: sender, &effects)
        case .appendReply(let reply): handle(reply, from: sender, &effects)
        case .snapshotChunk(let chunk): handle(chunk, from: sender, &effects)
        case .snapshotReply(let reply): handle(reply, from: sender, &effects)
        case .readRequest(let request): handle(request, from: sender, &effects)
        case .readReply(let reply): handle(reply, from: sender, &effects)
        case .transfer(let request): handle(request, from: sender, &effects)
        case .doubtQuestion(let question): handle(question, from: sender)
        case .doubtAnswer(let answer): handle(answer, from: sender, &effects)
        }
        flush(&effects)
    }

    /// The newest hard state that is durable. Requires one that was given out.
    public mutating func hardStateSaved(
        _ saved: HardState, clock reading: ClockReading, effects: inout [RaftEffect]
    ) {
        precondition(saved.term <= hardState.term, "a hard state was saved that never was")
        observe(reading)
        durableHardState = saved
        if saved == hardState { hardStateSince = nil }
        countOwnVote(&effects)
        flush(&effects)
    }

    /// The write that ended with this entry, and all before it, are durable. A write that was
    /// truncated meanwhile is recognised and doesn't count.
    public mutating func entriesSaved(
        through index: LogIndex, term: Term, clock reading: ClockReading,
        effects: inout [RaftEffect]
    ) {
        observe(reading)
        guard writes.confirm(LogPosition(term: term, index: index)) else { return }
        if isLeader { advanceCommit(&effects) }
        flush(&effects)
    }

    /// The disk is full, or has room again. While it is full the node gives up leadership,
    /// doesn't campaign, and takes no entries.
    public mutating func setDiskFull(
        _ isFull: Bool, clock reading: ClockReading, effects: inout [RaftEffect]
    ) {
        observe(reading)
        isDiskFull = isFull
        if !isFull { writes.beginAgain(at: clock.now) }
        if isFull, isLeader, !isOnlyVoter { handOver(&effects) }
        flush(&effects)
    }

    /// Whether this node's disk takes whatever the message wants written.
    private func isWritable(_ message: Message) -> Bool {
        guard case .append(let request) = message else { return true }
        return request.entries.allSatisfy { $0.payload.count <= settings.maxEntryBytes }
    }

    mutating func observe(_ reading: ClockReading) {
        // Never backwards, whatever the caller's clock does.
        if reading.now >= clock.now { clock = reading } else { clock.wall = reading.wall }
    }
}
