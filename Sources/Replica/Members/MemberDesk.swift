import Basics
import Consensus
import Keyring

/// The requests to change the members that wait at the leader. One is decided at a time: the next
/// when what came of the last is applied.
struct MemberDesk: Sendable {
    struct Wish: Sendable {
        var envelope: Envelope
        var from: NodeID
        /// Then it is declined, if another change still stands in the way.
        var deadline: Instant
    }

    private(set) var wishes: [Wish] = []
    /// The entry that was appended for the last one decided.
    var newest = LogIndex.zero

    var nextDeadline: Instant { wishes.first?.deadline ?? .never }

    /// Sent again, a wish isn't another one. Of too many the sender asks again.
    mutating func add(_ wish: Wish) {
        guard wishes.count < NodeLimits.waitingMemberChanges,
            !wishes.contains(where: { $0.envelope.requestID == wish.envelope.requestID })
        else { return }
        wishes.append(wish)
    }

    mutating func takeFirst() -> Wish? { wishes.isEmpty ? nil : wishes.removeFirst() }

    /// Takes out those whose time is up.
    mutating func takeOverdue(now: Instant) -> [Wish] {
        let overdue = wishes.filter { $0.deadline <= now }
        wishes.removeAll { $0.deadline <= now }
        return overdue
    }
}
