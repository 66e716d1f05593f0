import Basics

// A leader's term from its first entry to its end.
extension Raft {
    mutating func becomeLeader(_ candidacy: Candidacy, _ effects: inout [RaftEffect]) {
        precondition(standing.isWhole, "a node that isn't whole was elected")
        precondition(durableHardState == hardState, "elected before the own vote was durable")
        state = .leader(
            Leadership(
                opening: lastIndex.next, uncommittedBytes: log.cost(after: commitIndex),
                heartbeatDue: clock.now + settings.heartbeatInterval,
                timeBase: (log.lastTime, clock.now)))
        alignProgress()
        for told in candidacy.clocks {
            guard let number = leadership.position(of: told.voter) else { continue }
            leadership.progress[number].clock = (told.wall, told.at)
        }
        leadership.beginRound(at: clock.now)
        // Nothing of earlier terms is committed by counting; this entry brings them along.
        appendAsLeader([[]], kind: .noop, &effects)
        if isOnlyVoter { advanceCommit(&effects) }
    }

    /// Time has passed for a leader: its quorum, its disk, its heartbeat, its transfer.
    mutating func tickAsLeader(_ effects: inout [RaftEffect]) {
        // At the next tick it could be too late.
        let silence = clock.now - quorumContact + settings.heartbeatInterval
        guard silence <= settings.electionTimeoutMaximum else {
            becomeFollower(of: nil, &effects)
            return
        }
        guard !isStorageStalled else {
            handOver(&effects)
            return
        }
        if let transfer = leadership.transfer, clock.now >= transfer.deadline {
            leadership.transfer = nil
            effects.append(.transferEnded(succeeded: false))
        }
        guard clock.now >= leadership.heartbeatDue else { return }
        leadership.heartbeatDue = clock.now + settings.heartbeatInterval
        leadership.transfer?.isTold = false
        leadership.beginRound(at: clock.now)
        leadership.retryProbes()
        updateClockAgreement(&effects)
    }

    /// The latest time by which a majority of voters, itself included, had been heard: when it
    /// is too long ago the leader steps down (Ongaro 2014, §6.2).
    var quorumContact: Instant {
        guard case .leader(let leadership) = state else { return .zero }
        let contacts = configuration.voters.map { voter in
            voter == id ? clock.now : leadership.progress(of: voter)?.lastContact ?? .zero
        }
        return Quorum.reached(contacts) ?? .zero
    }

    /// Gives up leadership for a reason of its own: the most advanced voter is told to campaign,
    /// so that the others needn't wait for a time-out.
    mutating func handOver(_ effects: inout [RaftEffect]) {
        if let heir = bestHeir {
            effects.append(.send(.transfer(TransferRequest(term: term)), to: heir))
        }
        becomeFollower(of: nil, &effects)
    }

    /// Answers everything that waited on this leadership.
    mutating func endLeadership(_ effects: inout [RaftEffect]) {
        let ended = leadership
        failReads(ended.reads, &effects)
        if ended.transfer != nil { effects.append(.transferEnded(succeeded: true)) }
        if ended.clocksDisagree { effects.append(.clockDisagreement(false)) }
    }
}

extension Leadership {
    /// How many rounds' starts are remembered; an answer to an older one confirms nothing.
    static let rememberedRounds = 128

    func progress(of member: NodeID) -> Progress? { progress.first { $0.id == member } }
    func position(of member: NodeID) -> Int? { progress.firstIndex { $0.id == member } }

    /// Opens a round with a number of its own: what answers it was sent after now.
    mutating func beginRound(at now: Instant) {
        round += 1
        roundStarts.append((round, now))
        if roundStarts.count > Leadership.rememberedRounds { roundStarts.removeFirst() }
    }

    /// When the round began; nil if that was too long ago.
    func start(of wanted: UInt64) -> Instant? {
        guard let first = roundStarts.first, wanted >= first.round, wanted <= round else {
            return nil
        }
        return roundStarts[Int(wanted - first.round)].at
    }

    /// When the round that a majority has answered began; nil before the first.
    func confirmedRoundStart(_ confirmed: UInt64) -> Instant? { start(of: confirmed) }

    /// A probe or its answer may have been lost.
    mutating func retryProbes() {
        for number in progress.indices {
            if case .probe = progress[number].pace {
                progress[number].pace = .probe(awaiting: nil)
            }
        }
    }
}
