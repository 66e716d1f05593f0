#if MUTANTS
import Basics
import Consensus
import Keyring

extension Outcome {
    /// Whether it tells of a change before this entry.
    func changesNothing(_ entry: Entry) -> Bool {
        if case .changed(let change) = self { change.index < entry.index } else { false }
    }
}

extension Node {
    /// What somebody would have written to disk: unsafe as a global variable, but a process with a
    /// bug runs its simulation on one thread.
    nonisolated(unsafe) static var leasesKept: [NodeID: [Lease]] = [:]

    /// Those of another run, whose clocks began elsewhere, aren't meant.
    mutating func takeOverLeases() {
        let latest = clock.steady + leaseTimes.duration
        holder.takeOver((Self.leasesKept[id] ?? []).filter { !latest.precedes($0.expiry) })
    }

    /// Whether the entry just applied revoked a key that had expired.
    func revokesExpired(_ entry: Entry) -> Bool {
        guard let envelope = try? Envelope(decoding: entry.payload),
            case .revokeKey(let id, let account) = envelope.command,
            case .token(let token) = envelope.actor
        else { return false }
        return (try? state.key(id, in: account, as: token))?.state == .expired
    }

    /// An entry is in the log, and what it touches isn't blocked.
    mutating func noteUnblocked(_ index: LogIndex) {
        keyChanges.append([], at: index)
        ledger?.noteAppended(index, now: clock.now)
    }

    /// Answers what waits here and stands in the log, committed or not, by the state that the
    /// whole of it would lead to.
    mutating func answerAtAppend(_ effects: inout [NodeEffect]) {
        var ahead = state
        for entry in raft.entries(from: state.appliedIndex.next, through: raft.lastIndex) {
            var changes: [TableChange] = []
            guard entry.kind == .command else {
                ahead.advance(to: entry.index, time: entry.time, changes: &changes)
                continue
            }
            let result = ahead.apply(
                entry.payload, at: entry.index, time: entry.time, changes: &changes)
            guard let requestID = result.request, let mutation = pending.take(requestID) else {
                continue
            }
            answer(mutation.ticket, .outcome(result.outcome, at: entry.index), effects: &effects)
        }
    }
}
#endif
