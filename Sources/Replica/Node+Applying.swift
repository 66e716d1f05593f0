import Basics
import Consensus
import Keyring

extension Node {
    /// Applies the committed entries up to `index`, in order, and answers this node's clients.
    mutating func applyCommitted(through index: LogIndex, effects: inout [NodeEffect]) {
        guard raft.standing.isWhole else { return }
        let (applied, lease) = (state.appliedIndex, leaseTimes.duration)
        guard index > applied else { return }
        for entry in raft.entries(from: applied.next, through: index) {
            apply(entry, effects: &effects)
        }
        precondition(state.appliedIndex == index, "the log has a gap below its commit index")
        raft.applied = index
        publish(through: index, leaseBefore: lease)
        followAppliedMembers(&effects)
        answerReadyReads(&effects)
    }

    private mutating func apply(_ entry: Entry, effects: inout [NodeEffect]) {
        switch entry.kind {
        case .configuration:
            return applyMembers(entry, effects: &effects)
        case .noop, .tick:
            #if MUTANTS
            if PlantedBug.isOn(.duplicatesInMemory), entry.kind == .noop {
                state.rememberedFrom = entry.index
            }
            #endif
            state.advance(to: entry.index, time: entry.time, changes: &tableChanges)
        case .command:
            let result = state.apply(
                entry.payload, at: entry.index, time: entry.time, changes: &tableChanges)
            guard let requestID = result.request, let mutation = takePending(requestID) else {
                return
            }
            let reply = ClientReply.outcome(result.outcome, at: entry.index)
            #if MUTANTS
            if PlantedBug.isOn(.revocationAtCommit)
                || PlantedBug.isOn(.repeatedChangeEarly) && result.outcome.changesNothing(entry)
                || PlantedBug.isOn(.expiredRevocationEarly) && revokesExpired(entry)
            {
                return answer(mutation.waiters, reply, effects: &effects)
            }
            #endif
            // What can change a verdict or a token's power is told when it holds everywhere.
            if state.keyStateIndex == entry.index {
                hold(reply, of: mutation, until: entry.index)
            } else {
                answer(mutation.waiters, reply, effects: &effects)
            }
        }
    }

    /// Keeps the reply until the key-state entry at `index` is done.
    mutating func hold(
        _ reply: ClientReply, of mutation: PendingMutation, until index: LogIndex
    ) {
        held.hold(
            HeldReplies.HeldReply(
                index: index, deadline: mutation.deadline, waiters: mutation.waiters,
                reply: reply))
    }

    /// Hands the changes since the last call to the read side: states first, then what is blocked
    /// no more, then the index.
    private mutating func publish(through index: LogIndex, leaseBefore lease: Duration) {
        table.follow(&state)
        for change in tableChanges { table.apply(change) }
        followLeaseTimes(since: lease)
        tableChanges.removeAll(keepingCapacity: true)
        table.unblock(keyChanges.takeApplied(through: index))
        table.publish(index)
    }

    /// Hands the leader the minutes in which keys were last presented here. What doesn't fit into
    /// one entry waits for the next time; what is lost with a leader or a node is lost.
    mutating func reportLastUsesIfDue() {
        guard nextLastUsedReport <= clock.now, raft.leader != nil, !isStopping else { return }
        nextLastUsedReport = clock.now + settings.lastUsedInterval
        var stamps: [LastUsed] = []
        table.drainLastUses(Bounds.stampsPerEntry) { key, minute in
            stamps.append(LastUsed(key: key, minute: minute))
        }
        guard !stamps.isEmpty else { return }
        let submission = ClientRequest.Submission(
            command: .reportLastUsed(stamps), idempotency: nil, content: .zero)
        submit(submission, by: .cluster, for: .nobody)
    }
}
