import Basics

// Linearizable reads without log entries: Ongaro 2014, §6.4.
extension Raft {
    /// Asks for permission to answer a read from local state; `readReady` or `readFailed` follows
    /// under the same token. A follower asks the leader, many reads at once.
    public mutating func requestRead(
        _ token: UInt64, clock reading: ClockReading, effects: inout [RaftEffect]
    ) {
        observe(reading)
        switch state {
        case .leader(let leading):
            if leading.reads.count < settings.maxPendingReads {
                leadership.reads.waiting.append(PendingRead(origin: .local(token: token)))
            } else {
                effects.append(.readFailed(token: token))
            }
        case .follower(let following):
            if following.leader != nil, following.reads.count < settings.maxPendingReads {
                follower.reads.waiting.append(token)
            } else {
                effects.append(.readFailed(token: token))
            }
        case .preCandidate, .candidate: effects.append(.readFailed(token: token))
        }
        flush(&effects)
    }

    // MARK: The leader

    /// The newest round that a majority of voters has answered in this term.
    public var confirmedRound: UInt64 {
        guard case .leader(let leading) = state else { return 0 }
        let rounds = configuration.voters.map { voter -> UInt64 in
            if voter == id { return leading.round }
            guard let progress = leading.progress(of: voter), progress.counts else { return 0 }
            return progress.answeredRound
        }
        return Quorum.reached(rounds) ?? 0
    }

    /// Begins a round for the reads that wait, unless one is under way: then they share the next.
    /// Before the term's first entry is committed, `commitIndex` may lag behind what earlier
    /// leaders committed, so no read is begun.
    mutating func beginRoundIfNeeded(_ effects: inout [RaftEffect]) {
        guard isEstablishedLeader else { return }
        // The last other voter may have been removed while its answer was awaited: no other comes.
        if !leadership.reads.confirming.isEmpty, isOnlyVoter { confirmReads(&effects) }
        guard !leadership.reads.waiting.isEmpty else { return }
        // A heartbeat's round that nobody was sent yet began after these reads, too.
        let round = leadership.round
        if leadership.progress.contains(where: { $0.sentRound == round })
            || leadership.progress.isEmpty
        {
            guard leadership.reads.confirming.isEmpty else { return }
            leadership.beginRound(at: clock.now)
        }
        assignWaitingReads()
        confirmReads(&effects)
    }

    private mutating func assignWaitingReads() {
        let index = commitIndex
        let round = leadership.round
        let waiting = leadership.reads.waiting
        leadership.reads.waiting.removeAll(keepingCapacity: true)
        for var read in waiting {
            read.index = index
            read.round = round
            #if MUTANTS
            if PlantedBug.isOn(.readWithoutRound) { read.round = 0 }
            #endif
            leadership.reads.confirming.append(read)
        }
    }

    /// Answers the reads whose round a majority has answered.
    mutating func confirmReads(_ effects: inout [RaftEffect]) {
        guard case .leader(let leading) = state, !leading.reads.confirming.isEmpty else { return }
        let confirmed = confirmedRound
        while let read = leadership.reads.confirming.first, read.round <= confirmed {
            leadership.reads.confirming.removeFirst()
            switch read.origin {
            case .local(let token): effects.append(.readReady(token: token, index: read.index))
            case .remote(let member, let id):
                let reply = ReadReply(term: term, id: id, index: read.index)
                effects.append(.send(.readReply(reply), to: member))
            }
        }
    }

    /// Leadership is over: nothing was confirmed, so all may ask again.
    func failReads(_ reads: PendingReads, _ effects: inout [RaftEffect]) {
        for read in [PendingRead](reads.confirming) + reads.waiting {
            switch read.origin {
            case .local(let token): effects.append(.readFailed(token: token))
            case .remote(let member, let id):
                let reply = ReadReply(term: term, id: id, index: nil)
                effects.append(.send(.readReply(reply), to: member))
            }
        }
    }

    mutating func handle(
        _ request: ReadRequest, from member: NodeID, _ effects: inout [RaftEffect]
    ) {
        guard case .leader(let leading) = state, request.term == term,
            leading.reads.count < settings.maxPendingReads
        else {
            let reply = ReadReply(term: term, id: request.id, index: nil)
            effects.append(.send(.readReply(reply), to: member))
            return
        }
        // Asked again while it waits, it gets one answer.
        let origin = PendingRead.Origin.remote(member, id: request.id)
        guard !leading.reads.waiting.contains(where: { $0.origin == origin }) else { return }
        leadership.reads.waiting.append(PendingRead(origin: origin))
    }

    // MARK: The follower

    /// Sends one request for all the reads that wait, unless one is under way.
    mutating func forwardReads(_ effects: inout [RaftEffect]) {
        guard case .follower(let following) = state, let leader = following.leader else { return }
        if following.reads.underWay == nil, !following.reads.waiting.isEmpty {
            follower.reads.underWay = ForwardedReads.Batch(
                id: entropy.next(), tokens: following.reads.waiting, retryAt: clock.now)
            follower.reads.waiting = []
        }
        guard var batch = follower.reads.underWay, clock.now >= batch.retryAt else { return }
        batch.retryAt = clock.now + settings.retryInterval
        follower.reads.underWay = batch
        let request = ReadRequest(term: term, id: batch.id)
        effects.append(.send(.readRequest(request), to: leader))
    }

    mutating func handle(
        _ reply: ReadReply, from member: NodeID, _ effects: inout [RaftEffect]
    ) {
        guard case .follower(let following) = state, following.leader == member,
            let batch = following.reads.underWay, batch.id == reply.id
        else { return }
        follower.reads.underWay = nil
        for token in batch.tokens {
            if let index = reply.index {
                effects.append(.readReady(token: token, index: index))
            } else {
                effects.append(.readFailed(token: token))
            }
        }
    }

    /// The leader is gone or another: its answer would tell nothing.
    func fail(_ reads: ForwardedReads, _ effects: inout [RaftEffect]) {
        for token in (reads.underWay?.tokens ?? []) + reads.waiting {
            effects.append(.readFailed(token: token))
        }
    }
}
