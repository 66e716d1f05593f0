import Basics
import Keyring

/// The replies to key-state changes, held until their leader says that the change is done: no node
/// answers by an older state any more (``LeaseLedger``).
///
/// A change that changes nothing waits as well, for its own entry and so for every one before it:
/// who revokes what was revoked a moment ago is told so only when that holds everywhere. Neither is
/// a refusal told before.
///
/// Laws: a reply leaves when its entry is done and not before; at its deadline the outcome is
/// unknown; replies leave in log order; what is done stays done, whoever leads.
struct HeldReplies: Sendable {
    struct HeldReply: Sendable {
        var index: LogIndex
        var deadline: Instant
        var waiters: Waiters
        var reply: ClientReply
    }

    private var held = Ring<HeldReply>()
    /// Every key-state entry up to here is done.
    private(set) var done = LogIndex.zero

    /// How many wait, those of one entry each for itself; an entry for which nobody waits counts.
    private(set) var count = 0
    var isEmpty: Bool { held.isEmpty }
    var nextDeadline: Instant { held.first?.deadline ?? .never }

    mutating func hold(_ reply: HeldReply) {
        precondition(held.last.map { $0.index <= reply.index } ?? true, "replies out of order")
        var reply = reply
        // Nearly in order as they are: all requests have the same patience.
        reply.deadline = max(reply.deadline, held.last?.deadline ?? reply.deadline)
        held.append(reply)
        count += reply.waiters.count
    }

    mutating func finish(through index: LogIndex) { done = max(done, index) }

    /// The replies that may go now, oldest first.
    mutating func release(now: Instant) -> [HeldReply] {
        var released: [HeldReply] = []
        while var first = held.first {
            if first.index > done {
                guard first.deadline <= now else { break }
                first.reply = .failed(.outcomeUnknown)
            }
            released.append(first)
            held.removeFirst()
            count -= first.waiters.count
        }
        return released
    }
}
