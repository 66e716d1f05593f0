import Basics

/// The numbers of a Raft that its next states are judged against.
public struct RaftMilestones: Hashable, Sendable {
    var hardState: HardState
    var durableHardState: HardState
    var commit: LogPosition
    var commitIsKnown: Bool
    var base: LogIndex
    var last: LogPosition
    var isLeader: Bool
    var standing: Standing

    /// Whether log and commit index are the same. Every entry is determined by the term and index
    /// of one behind it (log matching, §3.5).
    public func hasLog(of other: RaftMilestones) -> Bool {
        last == other.last && commit.index == other.commit.index && base == other.base
    }
}

// What must hold after every step, of the state and of its change. Called by tests and by the
// simulator, not by the server: the checks of the log are linear in what is uncommitted.
extension Raft {
    /// The key numbers of the present state, for `invariantViolation(since:)` after the next step.
    public var milestones: RaftMilestones {
        RaftMilestones(
            hardState: hardState, durableHardState: durableHardState,
            commit: LogPosition(term: log.term(at: commitIndex) ?? .zero, index: commitIndex),
            commitIsKnown: log.term(at: commitIndex) != nil, base: log.base.index,
            last: log.last, isLeader: isLeader, standing: standing)
    }

    /// Stops the process with the law that doesn't hold, if there is one.
    public func checkInvariants(since earlier: RaftMilestones? = nil) {
        if let violation = invariantViolation(since: earlier) {
            preconditionFailure("\(id) in term \(term): \(violation)")
        }
    }

    /// The first law that doesn't hold, in words; nil if all do.
    public func invariantViolation(since earlier: RaftMilestones? = nil) -> String? {
        if let broken = brokenLawOfState ?? brokenLawOfMembers { return broken }
        // A log that is as it was breaks no law that it kept.
        let isSameLog = earlier.map { $0.hasLog(of: milestones) } ?? false
        if !isSameLog, let broken = brokenLawOfLog ?? brokenLawOfConfigurations { return broken }
        if case .leader(let leading) = state, let broken = brokenLaw(of: leading) { return broken }
        if case .follower(let following) = state, let broken = brokenLaw(of: following) {
            return broken
        }
        return earlier.flatMap { brokenLaw(ofChangeSince: $0) }
    }

    private var brokenLawOfState: String? {
        // No table of laws: to fill one at every step took 1 % of a simulated run.
        if durableHardState.term > hardState.term { return "a later term is durable" }
        if hardState != durableHardState, hardStateSince == nil {
            return "an unsaved vote is forgotten"
        }
        if hardState == durableHardState, hardStateIsNew { return "a saved vote is saved again" }
        if withheld.contains(where: { $0.mayLeave(durableHardState) }) {
            return "a message was left behind"
        }
        if log.base.index > commitIndex { return "uncommitted entries were compacted" }
        if commitIndex > lastIndex { return "committed beyond the log" }
        if durableIndex > lastIndex { return "durable beyond the log" }
        if durableIndex < log.base.index { return "a snapshot isn't durable" }
        if snapshot?.lastIndex ?? .zero != log.snapshotIndex { return "snapshot and log disagree" }
        if applied > commitIndex { return "applied beyond commit" }
        if !standing.isWhole, role != .follower { return "a node that isn't whole seeks votes" }
        return nil
    }

    private var brokenLawOfLog: String? {
        var before = LogPosition(term: log.term(at: commitIndex) ?? .zero, index: commitIndex)
        var time: Timestamp?
        guard commitIndex < lastIndex else { return nil }
        for offset in 1...(lastIndex - commitIndex) {
            let entry = log[commitIndex + offset]
            if entry.index != before.index.next { return "entry \(entry.index) out of place" }
            if entry.term < before.term { return "entry \(entry.index) of an earlier term" }
            if entry.term > term { return "entry \(entry.index) of a later term" }
            if let time, entry.time < time, isLeader, entry.term == term {
                return "time ran backwards at entry \(entry.index)"
            }
            before = LogPosition(term: entry.term, index: entry.index)
            time = entry.time
        }
        return nil
    }

    private func brokenLaw(of leading: Leadership) -> String? {
        if durableHardState != hardState { return "leads without a durable vote" }
        if hardState.votedFor != id { return "leads without its own vote" }
        if log.term(at: leading.opening) ?? term != term { return "the opening entry was replaced" }
        if leading.uncommittedBytes != log.cost(after: commitIndex) {
            return "\(leading.uncommittedBytes) uncommitted bytes counted"
        }
        for progress in leading.progress {
            if progress.match > lastIndex { return "\(progress.id) matches beyond the log" }
            if progress.next <= progress.match { return "next behind match of \(progress.id)" }
            if progress.next > lastIndex.next { return "next of \(progress.id) beyond the log" }
            if progress.answeredRound > leading.round { return "\(progress.id) answered too early" }
            if case .replicate(let window) = progress.pace, let last = window.last,
                last >= progress.next
            {
                return "the window of \(progress.id) reaches beyond next"
            }
        }
        return nil
    }

    private func brokenLaw(of following: Follower) -> String? {
        if following.leader == id { return "follows itself" }
        if following.verified > lastIndex { return "verified beyond the log" }
        if following.acknowledged > durableIndex { return "acknowledged what isn't durable" }
        if following.acknowledged > following.verified { return "acknowledged another log" }
        return nil
    }

    private func brokenLaw(ofChangeSince earlier: RaftMilestones) -> String? {
        if hardState.term < earlier.hardState.term { return "the term went backwards" }
        if hardState.term == earlier.hardState.term, let vote = earlier.hardState.votedFor,
            hardState.votedFor != vote
        {
            return "the vote changed within a term"
        }
        if commitIndex < earlier.commit.index { return "commit went backwards" }
        if earlier.commitIsKnown, let present = log.term(at: earlier.commit.index),
            present != earlier.commit.term
        {
            return "committed entry \(earlier.commit.index) was replaced"
        }
        if earlier.isLeader, isLeader, term == earlier.hardState.term {
            let isKept = log.term(at: earlier.last.index).map { $0 == earlier.last.term }
            if isKept == false || lastIndex < earlier.last.index {
                return "a leader changed its own log"
            }
        }
        if !standing.isWhole, standing != earlier.standing { return "standing became worse" }
        return nil
    }
}
