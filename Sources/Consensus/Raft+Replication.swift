import Basics

// The leader's side of replication: Ongaro 2014, §3.5, §3.6.2, §10.2.
extension Raft {
    /// Asks for entries with these payloads to be appended, all or none. Requires payloads, each
    /// within `settings.maxEntryBytes`; a leader that is handing over refuses.
    public mutating func propose(
        _ payloads: [[UInt8]], kind: EntryKind = .command, clock reading: ClockReading,
        effects: inout [RaftEffect]
    ) -> ProposalResult {
        observe(reading)
        guard case .leader(let leading) = state else { return .notLeader(hint: leader) }
        if let transfer = leading.transfer { return .notLeader(hint: transfer.target) }
        precondition(!payloads.isEmpty, "nothing was proposed")
        var cost = 0
        for payload in payloads {
            precondition(payload.count <= settings.maxEntryBytes, "a payload is too long")
            cost += payload.count + Entry.overhead
        }
        guard leading.uncommittedBytes + cost <= settings.maxUncommittedBytes else {
            return .overloaded
        }
        let first = lastIndex.next
        appendAsLeader(payloads, kind: kind, &effects)
        flush(&effects)
        return .accepted(first: first, term: term)
    }

    /// Stamps entries and writes them, in parallel with sending them; the leader counts itself
    /// when its own write is durable.
    mutating func appendAsLeader(
        _ payloads: [[UInt8]], kind: EntryKind, _ effects: inout [RaftEffect]
    ) {
        let time = stampTime()
        var entries: [Entry] = []
        entries.reserveCapacity(payloads.count)
        for payload in payloads {
            entries.append(
                Entry(
                    term: term, index: lastIndex + (entries.count + 1), time: time, kind: kind,
                    payload: payload))
        }
        leadership.uncommittedBytes += entries.reduce(0) { $0 + $1.cost }
        persist(entries, &effects)
    }

    /// Commits what a majority holds durably, if it is of this term (§3.6.2). A damaged member's
    /// word doesn't count.
    mutating func advanceCommit(_ effects: inout [RaftEffect]) {
        guard case .leader(let leading) = state else { return }
        let durable = durableIndex
        let matches = countedVoters.map { voter -> LogIndex in
            if voter == id { return durable }
            guard let progress = leading.progress(of: voter), progress.counts else { return .zero }
            return progress.match
        }
        guard let reached = Quorum.reached(matches), reached > commitIndex,
            isCountable(reached)
        else { return }
        var committedBytes = 0
        for offset in 1...(reached - commitIndex) {
            committedBytes += log[commitIndex + offset].cost
        }
        leadership.uncommittedBytes -= committedBytes
        commit(through: reached, &effects)
        stepDownIfRemoved(&effects)
    }

    /// Those of the newest configuration in the log, committed or not (§4.1).
    private var countedVoters: [NodeID] {
        #if MUTANTS
        if PlantedBug.isOn(.configurationAtCommit) { return committedConfiguration.voters }
        #endif
        return configuration.voters
    }

    /// Whether a majority that holds this entry commits it. What the only voter holds durably is
    /// committed whatever its term: no other log can ever win (§3.6.2 guards against one), and on
    /// a full disk there may be no room for an entry of its own term.
    private func isCountable(_ index: LogIndex) -> Bool {
        if isOnlyVoter { return true }
        #if MUTANTS
        if PlantedBug.isOn(.olderTermsCounted) { return true }
        #endif
        return log.term(at: index) == term
    }

    // MARK: Sending

    /// Sends each follower what it is owed, at most one append a step.
    mutating func sendToFollowers(_ effects: inout [RaftEffect]) {
        for number in leadership.progress.indices {
            sendOwed(to: number, &effects)
        }
        tellTransferTarget(&effects)
    }

    private mutating func sendOwed(to number: Int, _ effects: inout [RaftEffect]) {
        let progress = leadership.progress[number]
        if case .snapshot = progress.pace {
            sendSnapshotOwed(to: number, &effects)
            return
        }
        guard log.term(at: progress.next.previous) != nil else {
            leadership.progress[number].pace = .snapshot(SnapshotTransfer())
            sendSnapshotOwed(to: number, &effects)
            return
        }
        let mayCarryEntries =
            switch progress.pace {
            case .probe(let awaiting): awaiting == nil
            case .replicate(let window): window.isOpen(settings)
            case .snapshot: false
            }
        let hasEntries = mayCarryEntries && progress.next <= lastIndex
        let isProbeDue =
            if case .probe(awaiting: nil) = progress.pace { true } else { false }
        let isCommitNews = progress.sentCommit < min(commitIndex, progress.next.previous)
        let isRoundNews = progress.sentRound < leadership.round
        guard hasEntries || isProbeDue || isCommitNews || isRoundNews else { return }
        sendAppend(to: number, carryingEntries: hasEntries, &effects)
    }

    private mutating func sendAppend(
        to number: Int, carryingEntries: Bool, _ effects: inout [RaftEffect]
    ) {
        let progress = leadership.progress[number]
        let recipient = progress.id
        let previous = progress.next.previous
        let entries =
            carryingEntries
            ? log.entries(
                from: progress.next, through: lastIndex, maxBytes: settings.maxBytesPerAppend)
            : []
        let request = AppendRequest(
            term: term, round: leadership.round, session: progress.session,
            previous: LogPosition(term: log.term(at: previous) ?? .zero, index: previous),
            commit: commitIndex, repair: progress.repair, entries: entries)
        leadership.progress[number].sent(request)
        effects.append(.send(.append(request), to: recipient))
    }

    // MARK: Answers

    mutating func handle(
        _ reply: AppendReply, from member: NodeID, _ effects: inout [RaftEffect]
    ) {
        guard reply.term == term, case .leader(let leading) = state,
            let number = leading.position(of: member), reply.round <= leading.round
        else { return }
        noteContact(reply, from: number)
        leadership.progress[number].note(
            reply.standing, run: reply.run, session: reply.session, lastIndex: lastIndex)
        if reply.session == leadership.progress[number].session {
            noteApplied(reply, from: number)
            take(reply.outcome, from: number)
        }
        confirmReads(&effects)
        advanceCommit(&effects)
    }

    private mutating func noteContact(_ reply: AppendReply, from number: Int) {
        // A clock reading that travelled too long tells the time of long ago.
        let isTimely = leadership.start(of: reply.round).map {
            clock.now - $0 <= settings.clockTolerance
        }
        leadership.progress[number].noteContact(
            at: clock.now, round: reply.round, clock: isTimely == true ? reply.clock : nil)
    }

    private mutating func noteApplied(_ reply: AppendReply, from number: Int) {
        guard reply.applied <= lastIndex else { return }
        leadership.progress[number].noteApplied(reply.applied, run: reply.run)
    }

    private mutating func take(_ outcome: AppendReply.Outcome, from number: Int) {
        switch outcome {
        case .heard: return
        case .needsSnapshot: leadership.progress[number].requireSnapshot()
        case .accepted(let match):
            guard match <= lastIndex else { return }
            if match > leadership.progress[number].match {
                leadership.progress[number].advancedAt = clock.now
            }
            leadership.progress[number].accept(match)
            if case .snapshot = leadership.progress[number].pace, match >= log.base.index {
                leadership.progress[number].leaveSnapshot()
            }
        case .rejected(let previous, let hint):
            let agreed = log.lastPosition(notAfter: hint.index, termAtMost: hint.term)
            leadership.progress[number].reject(
                previous: previous, agreed: min(agreed.index, hint.index))
        }
    }

    /// A connection to `peer` was made or lost: what was under way to it may be lost, so its
    /// window starts anew.
    public mutating func peerReset(_ peer: NodeID) {
        guard case .leader(let leading) = state, let number = leading.position(of: peer) else {
            return
        }
        leadership.progress[number].resetWindow()
    }
}
