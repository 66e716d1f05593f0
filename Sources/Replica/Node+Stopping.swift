import Basics
import Consensus

extension Node {
    /// A graceful stop: takes no new requests, hands leadership over, then reports `stopped`.
    mutating func beginStop(_ effects: inout [NodeEffect]) {
        guard !isStopping else { return }
        isStopping = true
        if raft.role == .leader, raft.configuration.voters != [id] {
            raft.transferLeadership(clock: clock, effects: &raftEffects)
            isHandingOver = true
        }
    }

    /// Whether leadership was or wasn't handed over, a stop has done what it could once nobody
    /// waits any more. All that waits has a deadline; only a snapshot isn't waited for, because
    /// it can be made at any time.
    mutating func finishStopIfDone(_ effects: inout [NodeEffect]) {
        guard isStopping, !isStopped, !isHandingOver, transfer == nil else { return }
        guard pending.count == 0, memberChanges.count == 0, reads.count == 0, held.isEmpty
        else { return }
        answerSnapshotTickets(.failed(.unavailable), effects: &effects)
        isStopped = true
        effects.append(.stopped)
    }

    /// Hands leadership over, or asks the leader to. Whoever leads already has it.
    mutating func beginTransfer(
        to target: NodeID?, ticket: RequestTicket, effects: inout [NodeEffect]
    ) {
        guard canLead(target) else {
            return effects.append(.reply(ticket, .failed(.cannotLead)))
        }
        if let target, target == raft.leader {
            return effects.append(.reply(ticket, .done(at: state.appliedIndex)))
        }
        guard transfer == nil, let leader = raft.leader, leader == id || links.isOpen(to: leader)
        else {
            return effects.append(.reply(ticket, .failed(.transferFailed)))
        }
        transfer = LeadershipTransfer(
            ticket: ticket, from: leader,
            // The leader's own deadline, and as much again for the word of it to come here.
            deadline: clock.now + settings.raft.transferDeadline * 2)
        if leader == id {
            raft.transferLeadership(to: target, clock: clock, effects: &raftEffects)
        } else {
            links.send(.handOver(to: target), to: leader)
        }
    }

    /// Whether leadership may be given to the member; nil is the one most up to date.
    func canLead(_ target: NodeID?) -> Bool { target.map(raft.configuration.isVoter) ?? true }

    /// This node's attempt to give leadership away is over.
    mutating func endTransfer(succeeded: Bool, effects: inout [NodeEffect]) {
        // A stop begun while a client's transfer was under way replaced that by its own.
        isHandingOver = isHandingOver && raft.isTransferring
        if transfer?.from == id, !succeeded { endTransfer(.failed(.transferFailed), &effects) }
    }

    /// Another node leads: the transfer that somebody waits for has succeeded.
    mutating func noteHandOver(to leader: NodeID, effects: inout [NodeEffect]) {
        guard let transfer, transfer.from != leader else { return }
        endTransfer(.done(at: state.appliedIndex), &effects)
    }

    mutating func expireTransfer(_ effects: inout [NodeEffect]) {
        guard let transfer, transfer.deadline <= clock.now else { return }
        endTransfer(.failed(.transferFailed), &effects)
    }

    private mutating func endTransfer(_ reply: ClientReply, _ effects: inout [NodeEffect]) {
        guard let ticket = transfer?.ticket else { return }
        transfer = nil
        effects.append(.reply(ticket, reply))
    }
}

/// A client's wish that leadership move, until it has.
struct LeadershipTransfer: Sendable {
    var ticket: RequestTicket
    /// Who led when it was asked for.
    var from: NodeID
    var deadline: Instant
}
