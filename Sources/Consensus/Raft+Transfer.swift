import Basics

// Leadership transfer: Ongaro 2014, §3.10.
extension Raft {
    /// Hands leadership to `target`, or to the most advanced voter: proposals are refused from
    /// now on, and the target campaigns as soon as it holds the whole log. `transferEnded` tells
    /// how it went, at `settings.transferDeadline` at the latest.
    public mutating func transferLeadership(
        to target: NodeID? = nil, clock reading: ClockReading, effects: inout [RaftEffect]
    ) {
        observe(reading)
        defer { flush(&effects) }
        guard case .leader(let leading) = state, let heir = target ?? bestHeir,
            let progress = leading.progress(of: heir), progress.isVoter, progress.counts
        else {
            effects.append(.transferEnded(succeeded: false))
            return
        }
        if let transfer = leading.transfer {
            if transfer.target == heir { return }
            effects.append(.transferEnded(succeeded: false))
        }
        leadership.transfer = Transfer(
            target: heir, deadline: clock.now + settings.transferDeadline)
    }

    /// The voter to lead next: heard of late, whole, with the most of the log.
    var bestHeir: NodeID? {
        guard case .leader(let leading) = state else { return nil }
        var best: Progress?
        for progress in leading.progress
        where progress.isVoter && progress.standing == .whole && isActive(progress) {
            if let rival = best, rival.match >= progress.match { continue }
            best = progress
        }
        return best?.id
    }

    /// Tells the target to campaign once it holds everything; again with each heartbeat.
    mutating func tellTransferTarget(_ effects: inout [RaftEffect]) {
        guard let transfer = leadership.transfer, !transfer.isTold,
            let progress = leadership.progress(of: transfer.target), progress.match == lastIndex
        else { return }
        leadership.transfer?.isTold = true
        effects.append(.send(.transfer(TransferRequest(term: term)), to: transfer.target))
    }

    /// The leader wants this node to take over: no pre-vote, and votes in spite of the leader's
    /// being alive.
    mutating func handle(
        _ request: TransferRequest, from sender: NodeID, _ effects: inout [RaftEffect]
    ) {
        guard request.term == term, case .follower(let following) = state,
            following.leader == sender, canCampaign
        else { return }
        campaign(.transfer, &effects)
    }
}
