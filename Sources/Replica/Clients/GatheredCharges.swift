import Basics
import Keyring

/// Single charges by clients of this node that go into one entry: they share its place in the log,
/// its id, one look-up of it and one frame, and are decided each on its own as ever.
struct GatheredCharges {
    private(set) var charges: [Charge] = []
    private(set) var tickets: [RequestTicket] = []
    /// Of the first of them.
    let deadline: Instant

    init(deadline: Instant) { self.deadline = deadline }

    var count: Int { tickets.count }

    mutating func append(_ charge: Charge, for ticket: RequestTicket) {
        charges.append(charge)
        tickets.append(ticket)
    }
}

extension Node {
    /// Lets the charge go into the next entry with others.
    mutating func gather(_ charge: Charge, for ticket: RequestTicket) {
        pending.gather(charge, for: ticket, deadline: clock.now + settings.changeDeadline)
        if pending.gathered?.count == NodeLimits.gatheredCharges { submitGathered() }
    }

    /// Puts what was gathered into the outbox, as one entry: at once if none is under way, so that
    /// a lone client never waits; else when they are many, or the last of those is back (the rule
    /// of RFC 896 for small segments).
    mutating func submitGatheredIfDue() {
        guard let gathered = pending.gathered,
            pending.gatheredUnderWay == 0 || gathered.count >= NodeLimits.worthAnEntry
        else { return }
        submitGathered()
    }

    mutating func submitGathered() {
        guard let gathered = pending.takeGathered() else { return }
        submit(
            .charges(gathered.charges), by: .cluster, for: .each(gathered.tickets),
            until: gathered.deadline)
    }
}

extension ClientRequest.Submission {
    /// Each charge has its own id and is its own content.
    static func charges(_ charges: [Charge]) -> ClientRequest.Submission {
        ClientRequest.Submission(command: .charge(charges), idempotency: nil, content: .zero)
    }
}
