import Basics

// Compaction and the installation of snapshots: Ongaro 2014, §5.1, §5.3.
extension Raft {
    /// A snapshot of this node's own state is durable: the log it covers may go. Requires one of
    /// committed entries. Disk and memory may drop what precedes `firstIndex`.
    public mutating func snapshotSaved(_ metadata: SnapshotMetadata) {
        precondition(metadata.lastIndex <= commitIndex, "a snapshot of uncommitted entries")
        guard metadata.lastIndex > snapshot?.lastIndex ?? .zero else { return }
        snapshot = metadata
        log.compact(to: metadata, retaining: settings.retainedLogBytes)
        configurations.compact(to: log.base.index)
        // What is committed may be applied before this node's own disk has it; now it has.
        writes.skip(through: metadata.lastIndex)
    }

    // MARK: The leader

    /// Whether a member that takes this leader's snapshot, or has taken it and is still further
    /// behind than the entries that the next one would leave in memory, has got on within
    /// `patience`.
    public mutating func awaitsMember(patience: Duration) -> Bool {
        guard case .leader(let leading) = state else { return false }
        var awaits = false
        for (number, progress) in leading.progress.enumerated() where progress.isCatchingUp {
            let takes = if case .snapshot = progress.pace { true } else { false }
            if !takes, !log.holds(moreThan: settings.retainedLogBytes, after: progress.match) {
                leadership.progress[number].isCatchingUp = false
                continue
            }
            if clock.now - progress.advancedAt < patience { awaits = true }
        }
        return awaits
    }

    /// Heartbeat and chunk for a follower that needs a snapshot.
    mutating func sendSnapshotOwed(to number: Int, _ effects: inout [RaftEffect]) {
        let progress = leadership.progress[number]
        guard case .snapshot(var transfer) = progress.pace else { return }
        if progress.sentRound < leadership.round {
            // Index 0 is in every log: this asks for nothing but an answer, and the commit index
            // tells the follower how far behind it is.
            let heartbeat = AppendRequest(
                term: term, round: leadership.round, session: progress.session, previous: .start,
                commit: commitIndex, repair: progress.repair, entries: [])
            leadership.progress[number].sentRound = leadership.round
            effects.append(.send(.append(heartbeat), to: progress.id))
        }
        guard !transfer.isAwaiting || clock.now >= transfer.retryAt else { return }
        transfer.isAwaiting = true
        transfer.retryAt = clock.now + settings.retryInterval
        leadership.progress[number].pace = .snapshot(transfer)
        effects.append(
            .sendSnapshot(
                to: progress.id, offset: transfer.offset, maxBytes: settings.snapshotChunkBytes))
    }

    /// The answer to the effect `sendSnapshot`: bytes of the newest snapshot from `offset`. If
    /// that is another snapshot than the bytes before came from, the transfer begins anew.
    public mutating func sendSnapshotChunk(
        _ bytes: [UInt8], of metadata: SnapshotMetadata, offset: UInt64, isLast: Bool,
        to peer: NodeID, clock reading: ClockReading, effects: inout [RaftEffect]
    ) {
        observe(reading)
        defer { flush(&effects) }
        guard case .leader(let leading) = state, let number = leading.position(of: peer),
            case .snapshot(var transfer) = leading.progress[number].pace,
            transfer.isAwaiting, transfer.offset == offset
        else { return }
        if offset > 0, transfer.position != metadata.position {
            leadership.progress[number].pace = .snapshot(SnapshotTransfer())
            return
        }
        transfer.position = metadata.position
        transfer.end = offset + UInt64(bytes.count)
        transfer.isLast = isLast
        leadership.progress[number].pace = .snapshot(transfer)
        let chunk = SnapshotChunk(
            term: term, round: leading.round, metadata: metadata, offset: offset, bytes: bytes,
            isLast: isLast)
        effects.append(.send(.snapshotChunk(chunk), to: peer))
    }

    mutating func handle(
        _ reply: SnapshotReply, from member: NodeID, _ effects: inout [RaftEffect]
    ) {
        guard reply.term == term, case .leader(let leading) = state,
            let number = leading.position(of: member), reply.round <= leading.round
        else { return }
        let answered = max(leading.progress[number].answeredRound, reply.round)
        leadership.progress[number].answeredRound = answered
        leadership.progress[number].lastContact = clock.now
        guard case .snapshot(var transfer) = leading.progress[number].pace,
            transfer.position == reply.snapshot
        else { return }
        if reply.nextOffset > transfer.offset {
            leadership.progress[number].advancedAt = clock.now
            leadership.progress[number].isCatchingUp = true
        }
        if reply.nextOffset == transfer.end, transfer.isLast {
            // All is there; the follower's next acknowledgement tells that it is installed. The
            // last chunk is offered again from time to time, in case it was refused.
            return
        }
        if reply.isDamaged { effects.append(.snapshotRefused(reply.snapshot, by: member)) }
        // No progress, or back to the beginning: the chunk was lost or refused, and is sent again
        // in due time.
        transfer.isAwaiting = reply.nextOffset <= transfer.offset
        transfer.offset = reply.nextOffset
        leadership.progress[number].pace = .snapshot(transfer)
    }

    // MARK: The follower

    mutating func handle(
        _ chunk: SnapshotChunk, from sender: NodeID, _ effects: inout [RaftEffect]
    ) {
        guard hear(from: sender, in: chunk.term, &effects) else { return }
        heardCommit = max(heardCommit, chunk.metadata.lastIndex)
        let position = chunk.metadata.position
        guard position.index > commitIndex else {
            // What is committed here is in the leader's log, so it agrees up to there.
            follower.verified = max(follower.verified, position.index)
            return
        }
        if follower.incoming?.position != position {
            follower.incoming = IncomingSnapshot(position: position)
        }
        if let incoming = follower.incoming, !incoming.isComplete,
            chunk.offset == incoming.nextOffset, !chunk.bytes.isEmpty || chunk.isLast
        {
            follower.incoming?.nextOffset += UInt64(chunk.bytes.count)
            follower.incoming?.isComplete = chunk.isLast
            effects.append(.receivedSnapshotChunk(chunk, from: sender))
        }
        replyToChunk(of: position, round: chunk.round, &effects)
    }

    private mutating func replyToChunk(
        of position: LogPosition, round: UInt64, isDamaged: Bool = false,
        _ effects: inout [RaftEffect]
    ) {
        guard let leader = follower.leader else { return }
        let reply = SnapshotReply(
            term: term, round: round, snapshot: position,
            nextOffset: follower.incoming?.nextOffset ?? 0, isDamaged: isDamaged)
        effects.append(.send(.snapshotReply(reply), to: leader))
    }

    /// A received snapshot is durable and its state swapped in. Entries behind it that belong to
    /// it are kept; an older one than is committed changes nothing.
    public mutating func snapshotInstalled(
        _ metadata: SnapshotMetadata, clock reading: ClockReading, effects: inout [RaftEffect]
    ) {
        observe(reading)
        if case .follower(let following) = state,
            following.incoming?.position == metadata.position
        {
            follower.incoming = nil
        }
        if metadata.lastIndex > snapshot?.lastIndex ?? .zero {
            let isContinued = log.holds(metadata.position)
            precondition(
                isContinued || metadata.lastIndex > commitIndex,
                "a snapshot contradicts what is committed")
            snapshot = metadata
            log.restart(from: metadata)
            if isContinued {
                configurations.compact(to: log.base.index)
                writes.skip(through: metadata.lastIndex)
            } else {
                configurations.restart(metadata.configuration, at: metadata.lastIndex)
                writes = PendingWrites()
                hasStaleEntries = true
            }
            commitIndex = max(commitIndex, metadata.lastIndex)
            applied = max(applied, metadata.lastIndex)
            if isLeader {
                // It holds what is committed, so its log goes on behind the snapshot.
                precondition(isContinued, "a leader lacked what a snapshot covers")
                leadership.uncommittedBytes = log.cost(after: commitIndex)
            }
        }
        if case .follower = state {
            follower.verified = max(
                min(follower.verified, lastIndex), min(metadata.lastIndex, lastIndex))
        }
        flush(&effects)
    }

    /// A received snapshot was found damaged, or there is no room or no time for it now: the
    /// leader is asked to begin anew.
    public mutating func snapshotRejected(
        _ metadata: SnapshotMetadata, isDamaged: Bool, clock reading: ClockReading,
        effects: inout [RaftEffect]
    ) {
        observe(reading)
        if case .follower(let following) = state,
            following.incoming?.position == metadata.position
        {
            follower.incoming = nil
            replyToChunk(
                of: metadata.position, round: following.answeredRound, isDamaged: isDamaged,
                &effects)
        }
        flush(&effects)
    }
}
