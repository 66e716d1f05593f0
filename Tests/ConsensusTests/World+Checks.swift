import Basics
import Testing

@testable import Consensus

// The laws that no single Raft can see.
extension World {
    func check(_ id: NodeID, since before: RaftMilestones) {
        let violation = nodes[position(id)].raft?.invariantViolation(since: before)
        #expect(violation == nil, "seed \(seed) at \(now.trace): \(id)")
    }

    /// Election safety, and leader completeness: all that is committed is in the new leader's log.
    func checkLeader(_ id: NodeID, _ term: Term) {
        #expect(leaders[term] == nil, "seed \(seed): two leaders in term \(term)")
        leaders[term] = id
        let raft = raft(id)
        for entry in committed.compactMap(\.self) where entry.index >= raft.firstIndex {
            #expect(
                raft.term(at: entry.index) == entry.term,
                "seed \(seed): leader \(id) of term \(term) lacks committed \(entry.index)")
        }
    }

    /// State-machine safety: one entry for an index, whoever commits it.
    func checkCommitted(through index: LogIndex, at id: NodeID) {
        let place = position(id)
        guard let raft = nodes[place].raft else { return }
        while nodes[place].checked < index {
            nodes[place].checked = nodes[place].checked.next
            let next = nodes[place].checked
            while committed.count < Int(next.rawValue) { committed.append(nil) }
            guard let entry = raft.entry(at: next) else { continue }
            let slot = Int(next.rawValue) - 1
            if let known = committed[slot] {
                #expect(known == entry, "seed \(seed): \(id) commits another entry \(next)")
            }
            committed[slot] = entry
        }
    }

    /// Log matching: where two logs share term and index, they share everything before.
    func checkLogsMatch() {
        let rafts = nodes.compactMap(\.raft)
        for (number, left) in rafts.enumerated() {
            for right in rafts[(number + 1)...] {
                let first = max(left.firstIndex, right.firstIndex)
                var index = min(left.lastIndex, right.lastIndex)
                var isShared = false
                while index >= first {
                    if left.term(at: index) == right.term(at: index) { isShared = true }
                    if isShared {
                        #expect(
                            left.entry(at: index) == right.entry(at: index),
                            "seed \(seed): \(left.id) and \(right.id) differ at \(index)")
                    }
                    index = index.previous
                }
            }
        }
    }

    // MARK: Reads

    /// Asks for a read; it must see all that anybody has committed by now.
    func requestRead(_ token: UInt64, at id: NodeID) {
        readFloors[token] = LogIndex(UInt64(committed.count))
        step(id) { raft, clock, effects in
            raft.requestRead(token, clock: clock, effects: &effects)
        }
    }

    func answerRead(_ token: UInt64, _ index: LogIndex?) {
        #expect(readAnswers[token] == nil, "seed \(seed): read \(token) answered twice")
        readAnswers[token] = .some(index)
        guard let index, let floor = readFloors[token] else { return }
        #expect(index >= floor, "seed \(seed): read \(token) at \(index) misses \(floor)")
    }

    @discardableResult
    func change(_ change: MembershipChange, at id: NodeID) -> MembershipResult? {
        var result: MembershipResult?
        step(id) { raft, clock, effects in
            result = raft.changeMembers(change, clock: clock, effects: &effects)
        }
        return result
    }

    @discardableResult
    func propose(_ texts: [String], at id: NodeID) -> ProposalResult? {
        var result: ProposalResult?
        step(id) { raft, clock, effects in
            result = raft.propose(
                texts.map { [UInt8]($0.utf8) }, clock: clock, effects: &effects)
        }
        return result
    }
}
