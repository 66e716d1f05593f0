import Basics

// A node whose journal may have lost what it acknowledged: how it becomes whole again. Raft as
// published assumes that disks don't forget; a node that voted or counted with less than it had
// acknowledged would let a majority lose a committed entry.
extension Raft {
    var standingReport: StandingReport {
        switch standing {
        case .whole: .whole
        case .inDoubt: .inDoubt
        case .damaged: .damaged
        }
    }

    /// Looks whether the leader has brought this node everything it can have lost.
    ///
    /// A damaged node must hold all that the leader's log held when the leader heard of the
    /// damage: whatever it had acknowledged is there, or was never committed. One in doubt must
    /// hold, of the leader's log, at least the position it is in doubt about: a leader of a later
    /// term has every committed entry of the earlier ones.
    mutating func settleStanding(_ effects: inout [RaftEffect]) {
        guard !standing.isWhole, case .follower(let following) = state else { return }
        let held = acknowledgement
        switch standing {
        case .whole: return
        case .inDoubt(let term, let index):
            guard let heldTerm = log.term(at: held),
                LogPosition(term: heldTerm, index: held) >= LogPosition(term: term, index: index)
            else { return }
        case .damaged:
            guard let target = following.repairIndex, held >= target else { return }
        }
        becomeWhole(&effects)
    }

    private mutating func becomeWhole(_ effects: inout [RaftEffect]) {
        standing = .whole
        effects.append(.standingChanged(.whole))
    }

    // MARK: The question

    /// Without a leader that could bring what may be lost: asks the other voters, in a term
    /// above the doubtful entry's, so that whoever denies it can't help to commit it afterwards.
    mutating func inquire(about doubt: LogPosition, _ effects: inout [RaftEffect]) {
        if term <= doubt.term { becomeFollower(of: nil, in: doubt.term.next, &effects) }
        let question = DoubtQuestion(term: term, readable: log.last, doubt: doubt)
        for voter in configuration.voters where voter != id {
            sendWhenDurable(.doubtQuestion(question), to: voter)
        }
    }

    /// Answers once this node's term is durable. It holds a part of what is doubtful if it has an
    /// entry, as old as the doubtful batch, behind what the other can read: the batch may have
    /// been longer than what anyone received of it.
    mutating func handle(_ question: DoubtQuestion, from member: NodeID) {
        guard standing != .damaged else { return }
        let holds: Bool
        if question.readable.index < log.base.index {
            holds = true
        } else if let termThere = log.term(at: question.readable.index.next) {
            holds = termThere <= question.doubt.term
        } else {
            holds = false
        }
        let answer = DoubtAnswer(term: term, doubt: question.doubt, holds: holds)
        sendWhenDurable(.doubtAnswer(answer), to: member)
    }

    /// A majority of voters besides this one that holds nothing leaves too few for the doubtful
    /// entries to have been committed: they may be cut.
    mutating func handle(
        _ answer: DoubtAnswer, from member: NodeID, _ effects: inout [RaftEffect]
    ) {
        guard answer.term == term, case .inDoubt(let doubtTerm, let doubtIndex) = standing,
            answer.doubt == LogPosition(term: doubtTerm, index: doubtIndex), term > doubtTerm,
            case .follower(let following) = state, configuration.isVoter(member), !answer.holds,
            !following.denials.contains(member)
        else { return }
        follower.denials.append(member)
        if follower.denials.count >= configuration.majority { becomeWhole(&effects) }
    }
}
