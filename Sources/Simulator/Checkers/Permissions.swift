import Basics
import Keyring
import Replica

/// What a leader permits, it permits as one that leads: whether or not somebody would notice at
/// once that it doesn't any more.
///
/// - A linearizable read is answered by a leader, or at its word, that led when it was asked.
/// - A leader that answers one has heard from a majority since it was asked (Ongaro 2014, §6.4).
/// - A lease is granted by a leader that led when it was asked for: nobody was elected in a later
///   term before that.
/// - It is for a state with every key-state entry that the granting log holds at that moment. Seen
///   of the leader's own leases, which are granted and taken in one step.
struct Permissions {
    private var elections: [(term: Term, at: Instant)] = []
    /// When the leader's own last request was granted.
    private var own: [NodeID: Instant] = [:]

    /// What a clock that drifts may be wrong by, looking back as far as a deposed leader believes
    /// that it leads.
    private static let tolerance = Duration.milliseconds(100)

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

    mutating func observe(
        _ grants: LeaseGrants, by id: NodeID, in term: Term, _ clock: MachineClock, at now: Instant
    ) throws(Violation) {
        if let later = elections.first(where: { $0.term > term }) {
            let elected = clock.local(at: later.at) + Self.tolerance
            guard grants.newest <= elected else {
                throw violation(
                    "a lease is granted by a leader that led when it was asked for",
                    "\(id), leader of term \(term), grants what was asked for "
                        + "\((grants.newest - clock.local(at: later.at)).brief) after the "
                        + "election of term \(later.term)", now)
            }
        }
        guard let granted = grants.own, own[id] != granted else { return }
        own[id] = granted
        guard let minIndex = grants.ownMinIndex, minIndex < grants.newestKeyState else { return }
        throw violation(
            "a lease is for a state with all that the granting log holds",
            "\(id) may answer from #\(minIndex), its log has #\(grants.newestKeyState)", now)
    }

    private func violation(_ law: String, _ detail: String, _ now: Instant) -> Violation {
        Violation(kind: .safety, law: law, detail: detail, time: now)
    }
}
