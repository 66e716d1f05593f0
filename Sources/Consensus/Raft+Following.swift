import Basics

// The follower's side of replication: Ongaro 2014, §3.5.
extension Raft {
    mutating func handle(
        _ request: AppendRequest, from sender: NodeID, _ effects: inout [RaftEffect]
    ) {
        guard hear(from: sender, in: request.term, &effects) else {
            if request.term < term { correct(sender, round: request.round, &effects) }
            return
        }
        heardCommit = max(heardCommit, request.commit)
        if request.session > follower.session { follower.session = request.session }
        if let repair = request.repair, repair.run == run { follower.repairIndex = repair.index }
        guard !isBlank else {
            reply(.needsSnapshot, to: request, &effects)
            return
        }
        guard isHeld(request.previous) else {
            let hint = log.lastPosition(
                notAfter: request.previous.index, termAtMost: request.previous.term)
            reply(.rejected(previous: request.previous.index, hint: hint), to: request, &effects)
            return
        }
        let covered = request.previous.index + request.entries.count
        guard take(request.entries, &effects) else {
            reply(.heard, to: request, &effects)
            return
        }
        follower.verified = max(follower.verified, covered)
        #if MUTANTS
        if PlantedBug.isOn(.commitBeyondMessage) {
            commit(through: max(commitIndex, min(request.commit, lastIndex)), &effects)
        }
        #endif
        commit(through: max(commitIndex, min(request.commit, covered)), &effects)
        // An answer that would say nothing new waits for the disk.
        let acknowledgement = self.acknowledgement
        if request.round > follower.answeredRound || acknowledgement > follower.acknowledged
            || (!request.entries.isEmpty && acknowledgement >= covered)
        {
            reply(.accepted(match: acknowledgement), to: request, &effects)
        }
    }

    /// Takes in a word of this term's leader: the timer starts anew. Returns false if the sender
    /// isn't it.
    mutating func hear(
        from sender: NodeID, in messageTerm: Term, _ effects: inout [RaftEffect]
    ) -> Bool {
        guard messageTerm == term else { return false }
        switch state {
        case .leader: return false
        case .preCandidate, .candidate: becomeFollower(of: sender, &effects)
        case .follower(let following):
            guard following.leader == nil || following.leader == sender else { return false }
            if following.leader == nil { becomeFollower(of: sender, &effects) }
        }
        lastAppendReceived = clock.now
        drawDeadline()
        return true
    }

    /// Tells a leader of an earlier term about this one.
    private mutating func correct(
        _ sender: NodeID, round: UInt64, _ effects: inout [RaftEffect]
    ) {
        let reply = AppendReply(
            term: term, round: round, session: 0, run: run, outcome: .heard,
            standing: standingReport, applied: applied, clock: clock.wall)
        effects.append(.send(.appendReply(reply), to: sender))
    }

    /// Whether the log holds this entry. What was compacted was committed, so every leader's log
    /// agrees there; index 0 is in every log.
    private func isHeld(_ position: LogPosition) -> Bool {
        position.index < log.base.index || log.holds(position)
    }

    /// Appends what the log doesn't hold yet. Returns false if there is no room for it.
    private mutating func take(_ entries: [Entry], _ effects: inout [RaftEffect]) -> Bool {
        let new = entries.drop { entry in
            #if MUTANTS
            if PlantedBug.isOn(.truncationWithoutConflict) { return entry.index <= commitIndex }
            #endif
            return entry.index < log.base.index || log.term(at: entry.index) == entry.term
        }
        guard let first = new.first else { return true }
        guard !isDiskFull else { return false }
        if first.index <= lastIndex {
            // Another entry of another term stands here (§3.5); that it is committed would mean
            // that two leaders of one term, or a forgetful majority, have broken safety already.
            precondition(
                first.index > commitIndex,
                "the leader asks to remove committed entry \(first.index)")
            log.truncate(from: first.index)
            configurations.truncate(from: first.index)
            let kept = first.index.previous
            follower.verified = min(follower.verified, kept)
            follower.acknowledged = min(follower.acknowledged, kept)
        }
        persist([Entry](new), &effects)
        return true
    }

    /// How far this node may acknowledge: what the leader's messages covered and the disk holds,
    /// in a term that the disk holds too.
    @inline(__always)
    var acknowledgement: LogIndex {
        guard case .follower(let following) = state, durableHardState.term == term else {
            return .zero
        }
        #if MUTANTS
        if PlantedBug.isOn(.acknowledgementBeforeSync) { return following.verified }
        #endif
        return min(following.verified, durableIndex)
    }

    private mutating func reply(
        _ outcome: AppendReply.Outcome, to request: AppendRequest, _ effects: inout [RaftEffect]
    ) {
        follower.answeredRound = max(follower.answeredRound, request.round)
        send(outcome, round: request.round, &effects)
    }

    private mutating func send(
        _ outcome: AppendReply.Outcome, round: UInt64, _ effects: inout [RaftEffect]
    ) {
        guard let leader = follower.leader else { return }
        // Judged with what this answer covers, so that repair and its acknowledgement travel
        // together.
        settleStanding(&effects)
        if case .accepted(let match) = outcome {
            follower.acknowledged = max(follower.acknowledged, match)
        }
        let reply = AppendReply(
            term: term, round: round, session: follower.session, run: run, outcome: outcome,
            standing: standingReport, applied: applied, clock: clock.wall)
        effects.append(.send(.appendReply(reply), to: leader))
    }

    /// Acknowledges what has become durable since the last answer.
    mutating func acknowledgeIfAdvanced(_ effects: inout [RaftEffect]) {
        let acknowledgement = self.acknowledgement
        guard follower.leader != nil, acknowledgement > follower.acknowledged else { return }
        send(.accepted(match: acknowledgement), round: follower.answeredRound, &effects)
    }
}
