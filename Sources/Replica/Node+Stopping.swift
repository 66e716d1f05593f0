import Basics
import Consensus

extension Node {
    /// A graceful stop: takes no new requests, hands leadership over, then reports `stopped`.
    mutating func beginStop(_ effects: inout [NodeEffect]) {
        guard !isStopping else { return }
        isStopping = true
        if raft.role == .leader, !members.isEmpty {
            raft.transferLeadership(clock: clock, effects: &raftEffects)
            isHandingOver = true
        }
    }

    /// Whether leadership was or wasn't handed over, a stop has done what it could.
    mutating func finishStopIfDone(_ effects: inout [NodeEffect]) {
        guard isStopping, !isStopped, !isHandingOver else { return }
        guard pending.count == 0, reads.count == 0, !settling.isHolding else { return }
        isStopped = true
        effects.append(.stopped)
    }

    mutating func beginTransfer(
        to target: NodeID?, ticket: RequestTicket, effects: inout [NodeEffect]
    ) {
        guard raft.role == .leader, transfers.isEmpty, target != id,
            target.map(raft.configuration.isVoter) ?? true
        else {
            return effects.append(.reply(ticket, .failed(.transferFailed)))
        }
        transfers.append(ticket)
        raft.transferLeadership(to: target, clock: clock, effects: &raftEffects)
    }

    mutating func endTransfer(succeeded: Bool, effects: inout [NodeEffect]) {
        isHandingOver = false
        for ticket in transfers {
            let reply: ClientReply =
                succeeded ? .done(at: state.appliedIndex) : .failed(.transferFailed)
            effects.append(.reply(ticket, reply))
        }
        transfers.removeAll()
    }
}
