import Basics
import Consensus
import Keyring

extension Node {
    /// Applies the committed entries up to `index`, in order, and answers this node's clients.
    mutating func applyCommitted(through index: LogIndex, effects: inout [NodeEffect]) {
        guard raft.standing.isWhole else { return }
        let applied = state.appliedIndex
        guard index > applied else { return }
        for entry in raft.entries(from: applied.next, through: index) {
            apply(entry, effects: &effects)
        }
        precondition(state.appliedIndex == index, "the log has a gap below its commit index")
        raft.applied = index
        publish(through: index)
        followAppliedMembers(&effects)
        answerReadyReads(&effects)
    }

    private mutating func apply(_ entry: Entry, effects: inout [NodeEffect]) {
        let changesPowers: Bool
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
            changesPowers = false
        case .command:
            let result = state.apply(
                entry.payload, at: entry.index, time: entry.time, changes: &tableChanges)
            // An administrative change may be felt by a validation; a charge never is.
            if case .changed(let change) = result.outcome, !change.isOfMember {
                changesPowers = true
            } else {
                changesPowers = false
            }
            if changesPowers { settling.noteChange(at: entry.index) }
            if let requestID = result.request, let mutation = takePending(requestID) {
                let reply = ClientReply.outcome(result.outcome, at: entry.index)
                #if MUTANTS
                if PlantedBug.isOn(.revocationAtCommit) {
                    return answer(mutation.ticket, reply, effects: &effects)
                }
                #endif
                if changesPowers {
                    settling.hold(
                        Settling.HeldReply(
                            index: entry.index, deadline: clock.now + settings.settleDeadline,
                            ticket: mutation.ticket, reply: reply))
                } else {
                    answer(mutation.ticket, reply, effects: &effects)
                }
            }
        }
    }

    /// Hands the changes since the last call to the read side: states first, then the index.
    private mutating func publish(through index: LogIndex) {
        for change in tableChanges { table.apply(change) }
        tableChanges.removeAll(keepingCapacity: true)
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
        submit(submission, by: .cluster, ticket: nil)
    }

    /// Moves the instant up to which the read side may answer: by the last word of a leader, but
    /// only if this node has applied all that was committed as far as that word tells. A node
    /// that lags, lacks room or waits for a snapshot hears the leader and yet knows less. Nor does
    /// the word of a leader count that has committed nothing in its own term: after a restart of
    /// all it knows no more than the oldest snapshot.
    mutating func publishFreshness() {
        #if MUTANTS
        if PlantedBug.isOn(.laggingNodeAnswers), let contact = raft.lastLeaderContact {
            freshUntil = max(freshUntil, contact + settings.freshness)
            table.setFreshUntil(freshUntil)
        }
        #endif
        guard raft.standing.isWhole, !isRemoved, let contact = raft.lastLeaderContact,
            state.appliedIndex >= max(raft.heardCommit, raft.commitIndex),
            raft.hasCommittedInTerm
        else { return }
        freshUntil = max(freshUntil, contact + settings.freshness)
        table.setFreshUntil(freshUntil)
    }

    /// Tells the leader how far this node has applied, or as leader the others how far all have,
    /// and lets the replies go that waited for it.
    mutating func settle(_ effects: inout [NodeEffect]) {
        if members.isEmpty {
            settling.settle(through: state.appliedIndex)
        } else if raft.role == .leader {
            settleAsLeader()
        } else if let leader = raft.leader, settling.newestChange > reportedApplied,
            links.isOpen(to: leader)
        {
            reportedApplied = state.appliedIndex
            links.send(.applied(state.appliedIndex), to: leader)
        }
        for held in settling.release(now: clock.now) {
            answer(held.ticket, held.reply, effects: &effects)
        }
    }

    private mutating func settleAsLeader() {
        guard settling.isOutstanding else { return }
        var settled = state.appliedIndex
        for member in members where member.lastHeard + settings.settleDeadline > clock.now {
            settled = min(settled, member.applied)
        }
        guard settled > settling.settled else { return }
        settling.settle(through: settled)
        for member in members { links.send(.settled(settled), to: member.id) }
    }
}
