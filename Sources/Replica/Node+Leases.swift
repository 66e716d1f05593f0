import Basics
import Consensus
import Keyring

// What ties the log to the leases: see `LeaseLedger` for the whole of it.
extension Node {
    var leaseTimes: LeaseTimes { LeaseTimes(state.settings) }

    private var others: [NodeID] { leaseRoster.awaited.filter { $0 != id } }

    /// The newest key-state entry in the whole log, applied or not.
    private var newestKeyState: LogIndex {
        #if MUTANTS
        if PlantedBug.isOn(.leaseForApplied) { return state.keyStateIndex }
        #endif
        return keyChanges.newest ?? state.keyStateIndex
    }

    /// The least state that a lease granted now is for: with every key-state entry in the log, and
    /// with every expiry and end of a grace that has been applied here. What time does is known
    /// only when it is applied; so it holds everywhere a lease's length later.
    var leastLeasedState: LogIndex {
        #if MUTANTS
        if PlantedBug.isOn(.leaseBeforeLapse) { return newestKeyState }
        #endif
        return max(newestKeyState, state.lapseIndex)
    }

    // MARK: The log

    /// Entries are in the log now, in the place of those at their indices and behind. Whatever
    /// they touch is blocked before anybody is told of them.
    mutating func noteAppended(_ entries: [Entry]) {
        guard let first = entries.first else { return }
        let removed = keyChanges.truncate(from: first.index)
        for entry in entries { block(entry) }
        // Afterwards, so that what both touch is never free.
        table.unblock(removed)
    }

    private mutating func block(_ entry: Entry) {
        let subjects = pendingSubjects(of: entry)
        guard !subjects.isEmpty else { return }
        #if MUTANTS
        if PlantedBug.isOn(.appendUnblocked) { return noteUnblocked(entry.index) }
        #endif
        if subjects.contains(.leases) {
            // Nothing is answered from memory until it is applied, and that needs no other look.
            holder.raise(to: entry.index)
            publishHeld()
        }
        table.block(subjects)
        keyChanges.append(subjects, at: entry.index)
        ledger?.noteAppended(entry.index, now: clock.now)
    }

    /// What the entry touches if it is a key-state entry that isn't applied; else nothing.
    private func pendingSubjects(of entry: Entry) -> [KeyStateSubject] {
        guard entry.kind == .command, entry.index > state.appliedIndex else { return [] }
        return Envelope.subjects(in: entry.payload)
    }

    /// The key-state entries of the log that aren't applied, as they are after a start and after a
    /// snapshot took the state's place.
    static func keyChanges(in raft: Raft, after applied: LogIndex) -> PendingKeyChanges {
        var changes = PendingKeyChanges()
        guard raft.lastIndex > applied else { return changes }
        for entry in raft.entries(from: applied.next, through: raft.lastIndex)
        where entry.kind == .command {
            let subjects = Envelope.subjects(in: entry.payload)
            if !subjects.isEmpty { changes.append(subjects, at: entry.index) }
        }
        return changes
    }

    // MARK: Roles

    /// This node leads from now on.
    mutating func beginLedger(of term: Term) {
        ledger = LeaseLedger(
            term: term, leader: id, elected: clock.now, newest: newestKeyState,
            done: held.done)
        // The last leader's word may not have reached all.
        for peer in others { links.send(.settled(held.done), to: peer) }
    }

    /// Another leader, or another link to it, knows nothing of what was told before.
    mutating func forgetTold() {
        told = Told()
        holder.hasten()
    }

    // MARK: The end of a step

    /// What the step changed: what the leader is told, grants, changes that are done.
    mutating func advanceLeases(_ effects: inout [NodeEffect]) {
        precondition(raftEffects.isEmpty, "entries that aren't blocked yet")
        tellLeader()
        renewLease()
        if ledger != nil {
            grantLeases()
            finishChanges()
        }
        // To who isn't a member any more nobody says that a change is done.
        for reply in held.release(now: isRemoved ? .never : clock.now) {
            answer(reply.waiters, reply.reply, effects: &effects)
        }
        publishLeases()
    }

    /// Says how far this node's log is the leader's with all that it touches blocked, and how far
    /// it is applied, if that matters to anybody.
    private mutating func tellLeader() {
        guard let leader = raft.leader, leader != id, links.isOpen(to: leader) else { return }
        let verified = raft.verifiedIndex
        let seen =
            keyChanges.newest(notAfter: verified)
            ?? (state.keyStateIndex <= verified ? state.keyStateIndex : .zero)
        if seen > told.seen {
            told.seen = seen
            links.send(.seen(term: raft.term, verified), to: leader)
        }
        if state.keyStateIndex > told.applied {
            told.applied = state.keyStateIndex
            links.send(.applied(state.appliedIndex), to: leader)
        }
    }

    /// When a lease is asked for next; never while there is nobody to ask.
    var nextLeaseRequest: Instant {
        // A node that waits for its first snapshot doesn't know yet how long a lease may last.
        guard leaseTimes.duration > .zero, raft.standing.isWhole, !isRemoved, !raft.isBlank,
            let leader = raft.leader,
            leader == id || links.isOpen(to: leader)
        else { return .never }
        return holder.nextRequest
    }

    private mutating func renewLease() {
        guard nextLeaseRequest <= clock.now, let leader = raft.leader else { return }
        let nonce = drawNonce()
        holder.ask(nonce, now: clock.steady, leaseTimes)
        if leader == id {
            takeRequest(nonce, from: id, in: raft.term)
        } else {
            links.send(.leaseRequest(term: raft.term, nonce), to: leader)
        }
    }

    private mutating func drawNonce() -> LeaseNonce {
        #if MUTANTS
        if PlantedBug.isOn(.nonceUsedTwice), let last = holder.newestNonce { return last }
        #endif
        return LeaseNonce(entropy.next())
    }

    /// How long a lease lasts may have been changed by what was just applied. In force before the
    /// index that includes it is published: the leases are for no earlier state (`block`), so
    /// nobody is answered by one of the old kind.
    mutating func followLeaseTimes(since earlier: Duration) {
        let duration = leaseTimes.duration
        guard duration != earlier else { return }
        if duration == .zero {
            confirm()
            holder.dropAll()
        } else {
            if duration < earlier { holder.shorten(by: earlier - duration) }
            holder.hasten()
        }
        publishHeld()
    }

    /// Every answer is confirmed by the leader from now on.
    mutating func confirm() {
        isConfirming = true
        table.setConfirming(true)
    }

    private mutating func publishLeases() {
        publishHeld()
        // Not before a lease is held that serves: until then nobody could answer.
        if isConfirming, leaseTimes.duration > .zero, clock.steady.precedes(leaseExpiry) {
            isConfirming = false
            table.setConfirming(false)
        }
    }

    private mutating func publishHeld() {
        guard holder.leases != publishedLeases else { return }
        publishedLeases = holder.leases
        #if MUTANTS
        if PlantedBug.isOn(.leaseAcrossRestart) { Self.leasesKept[id] = holder.leases }
        #endif
        table.setLeases(publishedLeases)
    }

    // MARK: Frames

    mutating func takeRequest(_ nonce: LeaseNonce, from node: NodeID, in term: Term) {
        guard ledger?.term == term, raft.isLeader, raft.term == term else { return }
        let (next, roster, times) = (raft.round + 1, leaseRoster, leaseTimes)
        ledger?.note(nonce, from: node, round: next, now: clock.now, roster, times)
    }

    mutating func takeGrant(_ nonce: LeaseNonce, minIndex: LogIndex) {
        // It may have been granted before the leader had what this node has already.
        let least = max(minIndex, keyChanges.newestOfLeases)
        holder.take(
            nonce, minIndex: least, applied: state.appliedIndex, now: clock.steady, leaseTimes)
    }

    mutating func noteSeen(_ index: LogIndex, by node: NodeID, in term: Term) {
        #if MUTANTS
        if PlantedBug.isOn(.seenOfAnotherTerm) { ledger?.noteSeen(index, by: node) }
        #endif
        guard ledger?.term == term else { return }
        ledger?.noteSeen(index, by: node)
    }

    // MARK: The leader

    private mutating func grantLeases() {
        guard raft.isEstablishedLeader, ledger?.hasRequests == true else { return }
        let (confirmed, newest) = (raft.confirmedRound, leastLeasedState)
        let (roster, times) = (leaseRoster, leaseTimes)
        let grants = ledger?.grant(
            confirmed: confirmed, minIndex: newest, now: clock.now, roster, times)
        for grant in grants ?? [] {
            if grant.node == id {
                takeGrant(grant.nonce, minIndex: grant.minIndex)
            } else {
                links.send(.leaseGrant(grant.nonce, minIndex: grant.minIndex), to: grant.node)
            }
        }
    }

    private mutating func finishChanges() {
        guard ledger?.hasUndone == true else { return }
        let (committed, roster, times) = (raft.commitIndex, leaseRoster, leaseTimes)
        guard
            let done = ledger?.finish(committed: committed, now: clock.now, roster, times)
        else { return }
        held.finish(through: done)
        for peer in others { links.send(.settled(done), to: peer) }
    }

    /// When something of this is due though nothing happens.
    var nextLeaseDeadline: Instant {
        var deadline = min(nextLeaseRequest, held.nextDeadline)
        if let ledger, ledger.hasUndone {
            deadline = min(
                deadline,
                ledger.nextDeadline(committed: raft.commitIndex, leaseRoster, leaseTimes))
        }
        if let ledger { deadline = min(deadline, ledger.nextDrain(after: clock.now, leaseTimes)) }
        return deadline
    }
}

/// What a follower has told its leader.
struct Told: Hashable, Sendable {
    /// The newest key-state entry that it holds, and blocks, of the leader's log.
    var seen = LogIndex.zero
    /// The newest key-state entry that it has applied.
    var applied = LogIndex.zero
}
