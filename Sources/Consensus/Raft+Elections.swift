import Basics

// Elections: Ongaro 2014, §3.4, §3.6.1, with pre-votes (§9.6).
extension Raft {
    /// Draws the election time-out anew; the only place where the timer is set.
    mutating func drawDeadline() {
        let timeout = entropy.between(
            settings.electionTimeoutMinimum, settings.electionTimeoutMaximum)
        electionDeadline = clock.now + timeout
    }

    /// Whether this node is a voter, or may be for all that is committed. Who isn't in the newest
    /// configuration, whose log is ahead of the others' by the very entry that removes it, must
    /// lead them once more: none of theirs could win its vote (§4.2.2).
    private var mayLead: Bool {
        !isRetired && (configuration.isVoter(id) || committedConfiguration.isVoter(id))
    }

    /// Whether this node may stand for election.
    var canCampaign: Bool {
        mayLead && standing.isWhole && !isStorageStalled
            && (!isDiskFull || isOnlyVoter) && !hasUnappliedConfiguration
    }

    /// Whether there is nobody else who could lead: then a full disk ends writes, which the node
    /// sees to, and not leadership, without which nothing could be read or validated.
    var isOnlyVoter: Bool { configuration.voters == [id] }

    /// Whether a leader is known to have been alive within the minimum election time-out: then a
    /// candidate is a disturbance (§4.2.3).
    var hasHeardLeaderRecently: Bool {
        switch state {
        case .follower(let follower):
            guard follower.leader != nil, let heard = lastAppendReceived else { return false }
            return clock.now - heard < settings.electionTimeoutMinimum
        case .preCandidate, .candidate: return false
        case .leader: return clock.now - quorumContact < settings.electionTimeoutMinimum
        }
    }

    /// Whether a log that ends at `last` may win this node's vote: at least as up to date as its
    /// own (§3.6.1), and as what it may have lost.
    func covers(_ last: LogPosition) -> Bool {
        #if MUTANTS
        if PlantedBug.isOn(.noLogCheckInVotes) { return true }
        if PlantedBug.isOn(.doubtfulVotes), standing != .damaged { return last >= log.last }
        #endif
        return switch standing {
        case .whole: last >= log.last
        case .inDoubt(let term, let index):
            last >= log.last && last >= LogPosition(term: term, index: index)
        case .damaged: false
        }
    }

    // MARK: Attempts

    mutating func electionTimeoutPassed(_ effects: inout [RaftEffect]) {
        if canCampaign {
            preCampaign(&effects)
            return
        }
        drawDeadline()
        switch state {
        case .follower(let follower) where follower.leader != nil:
            becomeFollower(of: nil, &effects)
        case .preCandidate, .candidate: becomeFollower(of: nil, &effects)
        case .follower, .leader: break
        }
        if case .inDoubt(let term, let index) = standing {
            inquire(about: LogPosition(term: term, index: index), &effects)
        }
    }

    private mutating func preCampaign(_ effects: inout [RaftEffect]) {
        leaveRole(&effects)
        drawDeadline()
        state = .preCandidate(Candidacy(ballot: .preVote))
        addVote(of: id, wall: clock.wall, &effects)
        guard case .preCandidate = state else { return }
        requestVotes(.preVote, in: term.next, &effects)
    }

    /// Opens a term. The requests wait until term and vote are durable, as an own vote that
    /// could be forgotten would be cast twice.
    mutating func campaign(_ ballot: Ballot, _ effects: inout [RaftEffect]) {
        leaveRole(&effects)
        drawDeadline()
        setHardState(HardState(term: term.next, votedFor: id))
        state = .candidate(Candidacy(ballot: ballot))
    }

    /// Once the candidate's vote is durable it counts, and the others may be asked.
    mutating func countOwnVote(_ effects: inout [RaftEffect]) {
        guard case .candidate(var candidacy) = state, !candidacy.isOwnVoteDurable,
            durableHardState == hardState
        else { return }
        candidacy.isOwnVoteDurable = true
        state = .candidate(candidacy)
        requestVotes(candidacy.ballot, in: term, &effects)
        addVote(of: id, wall: clock.wall, &effects)
        leadIfElected(&effects)
    }

    private func requestVotes(
        _ ballot: Ballot, in term: Term, _ effects: inout [RaftEffect]
    ) {
        let request = VoteRequest(term: term, ballot: ballot, last: log.last)
        for voter in configuration.voters where voter != id {
            effects.append(.send(.voteRequest(request), to: voter))
        }
    }

    /// Counts a vote; acts when a majority is reached. Votes are a set: repetitions and
    /// non-members change nothing.
    private mutating func addVote(
        of voter: NodeID, wall: Timestamp, _ effects: inout [RaftEffect]
    ) {
        guard configuration.isVoter(voter) else { return }
        switch state {
        case .preCandidate(var candidacy):
            guard !candidacy.votes.contains(voter) else { return }
            candidacy.votes.append(voter)
            state = .preCandidate(candidacy)
            if candidacy.votes.count >= configuration.majority { campaign(.vote, &effects) }
        case .candidate(var candidacy):
            guard !candidacy.votes.contains(voter) else { return }
            candidacy.votes.append(voter)
            if voter != id { candidacy.clocks.append((voter, wall, clock.now)) }
            state = .candidate(candidacy)
            leadIfElected(&effects)
        case .follower, .leader: return
        }
    }

    /// Others may have answered a request repeated from before a restart: without the own durable
    /// vote nobody leads, though it counts only if this node is a voter.
    private mutating func leadIfElected(_ effects: inout [RaftEffect]) {
        guard case .candidate(let candidacy) = state, candidacy.isOwnVoteDurable,
            candidacy.votes.count >= configuration.majority
        else { return }
        becomeLeader(candidacy, &effects)
    }

    // MARK: Changes of role

    /// Follows `leader`, or nobody yet, in `newTerm` or the present one. Leaves the timer alone:
    /// a higher term alone is no sign of a leader.
    mutating func becomeFollower(
        of leader: NodeID?, in newTerm: Term? = nil, _ effects: inout [RaftEffect]
    ) {
        leaveRole(&effects)
        if let newTerm, newTerm > term { setHardState(HardState(term: newTerm)) }
        state = .follower(Follower(leader: leader))
    }

    /// Answers what waited on the present role, which is about to end.
    private mutating func leaveRole(_ effects: inout [RaftEffect]) {
        switch state {
        case .follower(let follower): fail(follower.reads, &effects)
        case .preCandidate, .candidate: break
        case .leader:
            lastAppendReceived = lastLeaderContact
            endLeadership(&effects)
            drawDeadline()
        }
    }

    /// Takes in a message of a higher term. Returns whether it is to be handled: a vote request
    /// while the leader is alive isn't, and changes nothing (§4.2.3).
    mutating func followHigherTerm(
        of message: Message, from sender: NodeID, _ effects: inout [RaftEffect]
    ) -> Bool {
        var leader: NodeID?
        switch message {
        case .voteRequest(let request) where request.ballot == .preVote: return true
        case .voteReply(let reply) where reply.isPreVote && reply.isGranted: return true
        case .voteRequest(let request) where request.ballot == .vote:
            if hasHeardLeaderRecently { return false }
        case .doubtQuestion: if hasHeardLeaderRecently { return false }
        case .append, .snapshotChunk, .transfer: leader = sender
        default: break
        }
        becomeFollower(of: leader, in: message.term, &effects)
        return true
    }

    // MARK: Messages

    mutating func handle(
        _ request: VoteRequest, from candidate: NodeID, _ effects: inout [RaftEffect]
    ) {
        if request.ballot == .preVote {
            let isGranted =
                request.term > term && !hasHeardLeaderRecently && covers(request.last)
            let reply = VoteReply(
                term: isGranted ? request.term : term, isPreVote: true, isGranted: isGranted,
                clock: clock.wall)
            effects.append(.send(.voteReply(reply), to: candidate))
            return
        }
        guard request.term == term, case .follower(let follower) = state,
            follower.leader == nil || hardState.votedFor == candidate,
            hardState.votedFor == nil || hardState.votedFor == candidate, covers(request.last)
        else {
            let reply = VoteReply(
                term: term, isPreVote: false, isGranted: false, clock: clock.wall)
            effects.append(.send(.voteReply(reply), to: candidate))
            return
        }
        setHardState(HardState(term: term, votedFor: candidate))
        drawDeadline()
        let reply = VoteReply(term: term, isPreVote: false, isGranted: true, clock: clock.wall)
        #if MUTANTS
        if PlantedBug.isOn(.voteBeforeDurable) {
            return effects.append(.send(.voteReply(reply), to: candidate))
        }
        #endif
        sendWhenDurable(.voteReply(reply), to: candidate, vote: candidate)
    }

    mutating func handle(
        _ reply: VoteReply, from voter: NodeID, _ effects: inout [RaftEffect]
    ) {
        guard reply.isGranted else { return }
        #if MUTANTS
        let isCounted = PlantedBug.isOn(reply.isPreVote ? .preVoteCounted : .votesAcrossTerms)
        if isCounted, case .candidate = state {
            return addVote(of: voter, wall: reply.clock, &effects)
        }
        #endif
        switch state {
        case .preCandidate where reply.isPreVote && reply.term == term.next,
            .candidate where !reply.isPreVote && reply.term == term:
            addVote(of: voter, wall: reply.clock, &effects)
        default: return
        }
    }
}
