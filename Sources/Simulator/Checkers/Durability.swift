import Basics
import Consensus
import Replica

/// What the disks hold of votes and entries, and whether it carries what the nodes conclude.
///
/// Nodes see each other's words; this sees the disks. So a vote that was counted without having
/// been cast, or an entry without having been written, shows at once, and not only when a crash
/// makes use of it. The laws:
///
/// - a node votes once in a term, through all its lives (Ongaro 2014, §3.8);
/// - it votes for nobody who lacks what it knew to be committed (§3.6.1), or what it doubts;
/// - a leader was elected by durable votes for it, in its own term, of a majority (§3.4);
/// - what a leader commits is on the disks of a majority, with an entry of its own term (§3.6.2);
/// - who was formatted anew under an old id is brought up to date by nobody;
/// - a node that takes itself for whole holds what it ever knew to be committed.
///
/// What a disk lost or damaged was there once, and had been counted.
struct Durability {
    private var votes: [Term: [NodeID: NodeID]] = [:]
    /// The end of each node's log on its disk.
    private var held: [NodeID: LogPosition] = [:]
    /// How far each node's disk held what the node knew to be committed.
    private var known: [NodeID: LogIndex] = [:]
    /// Nodes whose directories are gone. What comes back under such a name can't know what it
    /// lost, and nobody may listen to it.
    private var wiped: [NodeID] = []

    private func violation(_ law: String, _ detail: String, _ now: Instant) -> Violation {
        Violation(kind: .safety, law: law, detail: detail, time: now)
    }

    // MARK: Nodes

    mutating func note(_ disk: NodeOnDisk, of node: NodeID, at now: Instant) throws(Violation) {
        // One that isn't whole says less than it had, and what it had was counted.
        let isCounted = disk.isWhole || disk.end > held[node] ?? .start
        if disk.isSynced, isCounted { held[node] = disk.end }
        let known = known[node] ?? .zero
        guard disk.end.index >= known || !disk.isWhole || wiped.contains(node) else {
            throw violation(
                "a whole node holds what it knew to be committed",
                "\(node) holds the log to #\(disk.end.index), and knew of #\(known)", now)
        }
        guard disk.end.index == .zero || !wiped.contains(node) else {
            throw violation(
                "nobody lets in who was formatted anew under an old id",
                "\(node) was wiped, and holds a log to #\(disk.end.index)", now)
        }
        guard disk.isSynced else { return }
        self.known[node] = max(known, min(disk.end.index, disk.commit))
    }

    mutating func noteWipe(of node: NodeID) { wiped.append(node) }

    // MARK: Elections

    /// `candidate` is what is seen of the node voted for, if it still stands for election.
    mutating func note(
        _ vote: HardState, of voter: NodeID, candidateEnd: LogIndex?, at now: Instant
    ) throws(Violation) {
        guard let candidate = vote.votedFor else { return }
        let earlier = votes[vote.term]?[voter]
        guard earlier == nil || earlier == candidate else {
            throw violation(
                "a node votes once in a term",
                "\(voter) in term \(vote.term): for \(earlier!), then for \(candidate)", now)
        }
        votes[vote.term, default: [:]][voter] = candidate
        let known = known[voter] ?? .zero
        if let candidateEnd, candidateEnd < known {
            throw violation(
                "a vote goes to a log that holds what the voter knew to be committed",
                "\(voter) knew of #\(known), \(candidate) holds the log to #\(candidateEnd)", now)
        }
    }

    /// What a voter may have lost, whoever leads must have.
    func judgeVote(
        of disk: NodeOnDisk, by voter: NodeID, for end: LogPosition, at now: Instant
    ) throws(Violation) {
        guard let doubt = disk.doubt, end < doubt else { return }
        throw violation(
            "a vote goes to a log that holds what the voter is in doubt about",
            "\(voter) doubts #\(doubt.index) of term \(doubt.term), the candidate's log ends with "
                + "#\(end.index) of term \(end.term)", now)
    }

    func judgeElection(
        of leader: NodeID, in term: Term, by voters: [NodeID], at now: Instant
    ) throws(Violation) {
        let cast = votes[term] ?? [:]
        guard voters.count(where: { cast[$0] == leader }) * 2 > voters.count else {
            let words = voters.map { "\($0) for \(cast[$0].map { "\($0)" } ?? "nobody")" }
            throw violation(
                "a leader was elected by durable votes of a majority",
                "\(leader) leads term \(term): \(words.joined(separator: ", "))", now)
        }
    }

    // MARK: Commits

    /// A disk whose log ends in the leader's term at or behind the entry holds it and all before
    /// it. One that ends in a later term may have held it.
    func judgeCommit(
        of index: LogIndex, by leader: NodeID, in term: Term, voters: [NodeID], at now: Instant
    ) throws(Violation) {
        let count = voters.count { voter in
            let end = held[voter] ?? .start
            return end.term > term || end.term == term && end.index >= index
        }
        guard count * 2 > voters.count else {
            let words = voters.map { voter in
                let end = held[voter] ?? .start
                return "\(voter) holds the log to #\(end.index) of term \(end.term)"
            }
            throw violation(
                "what a leader commits is on the disks of a majority, in its term",
                "\(leader) commits #\(index) in term \(term); \(words.joined(separator: ", "))",
                now)
        }
    }
}

/// What a node's disk is known to hold, as the node itself believes.
struct NodeOnDisk: Equatable {
    var vote: HardState
    /// Of the log.
    var end: LogPosition
    /// What the node knows to be committed.
    var commit: LogIndex
    var isWhole: Bool
    /// Whether what a process found at its start has been synced since. Before, a power cut may
    /// take it away, and the process answers nobody.
    var isSynced: Bool
    /// What it may have lost.
    var doubt: LogPosition?
}
