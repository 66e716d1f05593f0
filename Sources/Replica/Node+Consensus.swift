import Basics
import Consensus
import Journal
import Keyring

extension Node {
    /// Performs what Raft asked for since the last call, and what that leads to.
    mutating func performRaftEffects(_ effects: inout [NodeEffect]) {
        while !raftEffects.isEmpty {
            var batch: [RaftEffect] = []
            swap(&batch, &raftEffects)
            for effect in batch { perform(effect, effects: &effects) }
            if raftEffects.isEmpty {
                batch.removeAll(keepingCapacity: true)
                swap(&batch, &raftEffects)
            }
        }
    }

    private mutating func perform(_ effect: RaftEffect, effects: inout [NodeEffect]) {
        switch effect {
        case .saveHardState(let hardState):
            self.hardState.term = hardState.term
            self.hardState.votedFor = hardState.votedFor
            journal.save(self.hardState)
        case .appendEntries(let entries):
            journal.append(entries.map(JournalRecord.init))
            noteAppended(entries)
        case .restartLog(let position):
            journal.restart(after: JournalPosition(position))
        case .send(let message, let peer):
            links.send(.consensus(message), to: peer)
        case .committed(let index):
            applyCommitted(through: index, effects: &effects)
        case .readReady(let token, let index):
            reads.confirm(token, at: index)
            answerReadyReads(&effects)
        case .readFailed(let token):
            reads.fail(token, until: clock.now + settings.raft.heartbeatInterval)
        case .sendSnapshot(let peer, let offset, let maxBytes):
            readSnapshot(for: peer, offset: offset, maxBytes: maxBytes, effects: &effects)
        case .snapshotRefused(let position, _):
            distrustSnapshot(at: position)
        case .receivedSnapshotChunk(let chunk, let peer):
            receive(chunk, from: peer, effects: &effects)
        case .roleChanged(let role, let term):
            effects.append(.report(.roleChanged(role, term: term)))
            memberDesk = MemberDesk()
            ledger = nil
            if role == .leader { beginLedger(of: term) } else { snapshots.isDistrusted = false }
        case .leaderChanged(let leader, let term):
            effects.append(.report(.leaderChanged(leader, term: term)))
            forgetTold()
            // Whatever went to the last leader may be lost; the requests' ids make it one attempt.
            if let leader {
                reads.resume()
                pending.handOverAgain(since: .never)
                memberChanges.handOverAgain(since: .never)
                noteHandOver(to: leader, effects: &effects)
            }
        case .configurationChanged(let configuration):
            followMembers()
            effects.append(.report(.membersChanged(configuration)))
        case .transferEnded(let succeeded):
            endTransfer(succeeded: succeeded, effects: &effects)
        case .clockDisagreement(let disagrees):
            effects.append(.report(.clockDisagreement(disagrees)))
        case .standingChanged(let standing):
            if standing == .whole {
                journal.settleDoubt()
                // What was committed while this node could trust nothing.
                applyCommitted(through: raft.commitIndex, effects: &effects)
            }
            effects.append(.report(.standingChanged(standing)))
        }
    }

    /// A peer is told apart from others by what its link proved, never by what it says.
    mutating func receive(
        _ frame: PeerFrame, from peer: NodeID, effects: inout [NodeEffect]
    ) {
        switch frame {
        case .consensus(let message):
            raft.receive(message, from: peer, clock: clock, effects: &raftEffects)
            performRaftEffects(&effects)
        // Of who isn't a member only Raft may need to hear.
        case _ where !raft.configuration.contains(peer):
            break
        case .propose(let envelopes):
            appendForwarded(envelopes, from: peer)
        case .proposeMember(let envelope):
            takeMemberChange(envelope, from: peer)
        case .declined(let requests, let reason):
            takeBack(requests, reason, effects: &effects)
        case .applied(let index):
            ledger?.noteApplied(index, by: peer)
        case .settled(let index):
            // What a leader found done stays done.
            held.finish(through: index)
        case .leaseRequest(let term, let nonce):
            takeRequest(nonce, from: peer, in: term)
        case .leaseGrant(let nonce, let minIndex):
            takeGrant(nonce, minIndex: minIndex)
        case .seen(let term, let index):
            noteSeen(index, by: peer, in: term)
        case .handOver(let target):
            guard raft.role == .leader, canLead(target) else { return }
            raft.transferLeadership(to: target, clock: clock, effects: &raftEffects)
        case .introduction, .secrets, .dismissal:
            // The links' own.
            break
        }
    }
}

// Time passes in the log.
extension Node {
    /// When a tick is due: the leader appends one if nothing else carries the time forward.
    @inline(__always)
    var nextTick: Instant? {
        guard raft.isEstablishedLeader, let due = state.nextDeadline,
            let logTime = raft.logTimeNow
        else { return nil }
        let wait = due - logTime
        // Not at once again: the last tick may still be on its way.
        return clock.now + max(wait, raft.settings.heartbeatInterval)
    }

    /// Lets the log's time reach the deadline that has come (a period's end, say).
    mutating func appendTickIfDue() {
        guard let due = state.nextDeadline, let logTime = raft.logTimeNow, due <= logTime,
            // One entry does so much that is due and no more; what is left needs another.
            raft.lastLogTime < due || state.appliedIndex == raft.lastIndex
        else { return }
        appendTick()
    }

    /// Lets the log grow by an entry that changes nothing; only a leader does.
    mutating func appendTick() {
        guard raft.isEstablishedLeader, !isDiskFull else { return }
        _ = raft.propose([[]], kind: .tick, clock: clock, effects: &raftEffects)
    }
}
