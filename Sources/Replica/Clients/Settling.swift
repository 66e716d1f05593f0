import Basics

/// Holds the replies to changes of keys and tokens until every member that can answer has applied
/// them, so that a key works at every node once its creation has returned.
///
/// Laws: a reply leaves at the latest at its deadline; replies leave in log order; the settled
/// index never falls within one term.
///
/// A member silent for longer than the freshness bound has stopped answering by its own clock, so
/// it isn't waited for. This is as good as clocks and timely messages are; it is not yet a lease.
struct Settling {
    struct HeldReply {
        var index: LogIndex
        var deadline: Instant
        var ticket: RequestTicket?
        var reply: ClientReply
    }

    private var held = Ring<HeldReply>()
    /// Every member that can answer has applied the log up to here.
    private(set) var settled = LogIndex.zero
    /// The newest applied entry that changed the powers of a key or token.
    private(set) var newestChange = LogIndex.zero

    /// True while somebody may wait for the settled index to rise.
    var isOutstanding: Bool { newestChange > settled }
    var count: Int { held.count }
    var isHolding: Bool { !held.isEmpty }
    var nextDeadline: Instant { held.first?.deadline ?? .never }

    mutating func noteChange(at index: LogIndex) { newestChange = max(newestChange, index) }

    mutating func hold(_ reply: HeldReply) {
        precondition(held.last.map { $0.index <= reply.index } ?? true, "replies out of order")
        held.append(reply)
    }

    mutating func settle(through index: LogIndex) { settled = max(settled, index) }

    /// The replies that may go now, oldest first.
    mutating func release(now: Instant) -> [HeldReply] {
        var released: [HeldReply] = []
        while let first = held.first, first.index <= settled || first.deadline <= now {
            released.append(held.removeFirst())
        }
        return released
    }
}
