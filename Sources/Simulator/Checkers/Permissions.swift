import Basics
import Consensus
import Keyring
import Replica

/// What a leader permits, it permits as one that leads: whether or not somebody would notice at
/// once that it doesn't any more.
///
/// - A linearizable read is answered by a leader, or at its word, that led when it was asked.
/// - A leader that answers one has heard from a majority since it was asked (Ongaro 2014, §6.4).
/// - A lease is granted by a leader that led when it was asked for: nobody was elected in a later
///   term before that.
/// - It is for a state with every key-state entry that the granting log holds at that moment.
/// - It is granted to members whose addition is committed and whose removal isn't in the log.
/// - It takes for seen by a node only what the node has said of its log in its term.
/// - Whoever may answer from memory, even if it stands still, is known to the newest leader as one
///   who is waited for.
struct Permissions {
    private struct Grantee: Hashable {
        var leader: NodeID
        var term: Term
        var node: NodeID
    }

    private var elections: [(term: Term, at: Instant)] = []
    /// How far each node last knew its log to be a leader's, and of which term.
    private var verified: [NodeID: (term: Term, index: LogIndex)] = [:]
    /// When the last request was received that was granted, by the leader's clock.
    private var granted: [Grantee: Instant] = [:]

    mutating func noteElection(in term: Term, at now: Instant) { elections.append((term, now)) }

    /// The node's term is that of the leader that confirmed the read, or a later one.
    func judgeRead(
        asked: Instant, answeredBy id: NodeID, in term: Term, at now: Instant
    ) throws(Violation) {
        guard let later = elections.first(where: { $0.term > term }), later.at < asked else {
            return
        }
        throw violation(
            "a read is confirmed by a leader that led when it was asked",
            "\(id) answers in term \(term) what was asked \((asked - later.at).brief) after the "
                + "election of term \(later.term)", now)
    }

    /// Half of the voters are enough here: one may have been added since the round was answered.
    func judgeRound(
        for asked: Instant, of leader: NodeID, heard: Int, of voters: Int, at now: Instant
    ) throws(Violation) {
        guard 2 * heard < voters else { return }
        throw violation(
            "a leader that answers a read has heard from a majority since it was asked",
            "\(leader) has heard from \(heard) of \(voters) in \((now - asked).brief)", now)
    }

    private func isDeposed(_ term: Term) -> Bool { elections.contains { $0.term > term } }

    /// Judges what the leader has granted since it was seen last; returns that.
    @discardableResult mutating func observe(
        _ grants: LeaseGrants, by id: NodeID, in term: Term, _ clock: MachineClock, at now: Instant
    ) throws(Violation) -> [LeaseGrants.Receipt] {
        var fresh: [LeaseGrants.Receipt] = []
        for receipt in grants.receipts {
            let grantee = Grantee(leader: id, term: term, node: receipt.node)
            guard granted[grantee] != receipt.requested else { continue }
            granted[grantee] = receipt.requested
            fresh.append(receipt)
        }
        for receipt in fresh {
            try judge(receipt, of: id, in: term, clock, at: now)
            guard receipt.minIndex < grants.newestKeyState else { continue }
            throw violation(
                "a lease is for a state with all that the granting log holds",
                "\(receipt.node) may answer from #\(receipt.minIndex), the log of \(id) has "
                    + "#\(grants.newestKeyState)", now)
        }
        return fresh
    }

    private func judge(
        _ receipt: LeaseGrants.Receipt, of leader: NodeID, in term: Term, _ clock: MachineClock,
        at now: Instant
    ) throws(Violation) {
        guard let later = elections.first(where: { $0.term > term }) else { return }
        let elected = clock.local(at: later.at)
        guard receipt.requested > elected else { return }
        throw violation(
            "a lease is granted by a leader that led when it was asked for",
            "\(leader), leader of term \(term), grants what was asked for "
                + "\((receipt.requested - elected).brief) after the election of term "
                + "\(later.term)", now)
    }

    /// `committed` are the members as of the last entry that anybody has committed, `newest` those
    /// of the leader's log.
    func judge(
        _ receivers: [LeaseGrants.Receipt], of leader: NodeID, in term: Term,
        committed: Configuration, newest: Configuration, at now: Instant
    ) throws(Violation) {
        // What its successors commit a deposed leader can't know.
        guard !isDeposed(term) else { return }
        for receiver in receivers.map(\.node)
        where !committed.contains(receiver) || !newest.contains(receiver) {
            throw violation(
                "a lease is granted to members that have come and don't go",
                "\(leader) grants one to \(receiver)", now)
        }
    }

    /// A follower knew its log to be the leader's so far.
    mutating func noteVerified(_ index: LogIndex, by id: NodeID, in term: Term) {
        guard index > .zero else { return }
        if let known = verified[id], known.term == term, known.index >= index { return }
        verified[id] = (term, index)
    }

    /// What the leader takes for seen by a node, the node must have known in this term.
    func judge(
        seen: LogIndex, by id: NodeID, of leader: NodeID, in term: Term, at now: Instant
    ) throws(Violation) {
        guard seen > .zero else { return }
        var known = LogIndex.zero
        if let last = verified[id] {
            // It follows a later leader, and this one is deposed.
            guard last.term <= term else { return }
            if last.term == term { known = last.index }
        }
        guard seen > known else { return }
        throw violation(
            "a leader takes for seen only what was said in its term",
            "\(leader), leader of term \(term), believes that \(id) has seen \(seen), which "
                + "knows of \(known)", now)
    }

    /// The newest leader doesn't wait for this machine: it must not be able to answer.
    func judge(
        unawaited machine: Machine, by leader: NodeID, in term: Term, at now: Instant
    ) throws(Violation) {
        guard !isDeposed(term), let view = machine.process?.inspection,
            machine.clock.steady(at: now).precedes(view.leaseExpiry)
        else { return }
        throw violation(
            "who may hold a lease is waited for",
            "\(leader), leader of term \(term), doesn't know that \(machine.id) may answer", now)
    }

    private func violation(_ law: String, _ detail: String, _ now: Instant) -> Violation {
        Violation(kind: .safety, law: law, detail: detail, time: now)
    }
}
