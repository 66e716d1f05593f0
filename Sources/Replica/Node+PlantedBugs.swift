#if MUTANTS
import Basics
import Consensus
import Keyring

extension Node {
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
