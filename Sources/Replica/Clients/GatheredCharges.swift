import Basics
import Keyring

/// Single charges by clients of this node that go into one entry: they share its place in the log,
/// its id, one look-up of it and one frame, and are decided each on its own as ever.
///
/// Law: none outlasts the step in which it came.
struct GatheredCharges {
    private(set) var charges: [Charge] = []
    private(set) var tickets: [RequestTicket] = []

    var count: Int { tickets.count }

    mutating func append(_ charge: Charge, for ticket: RequestTicket) {
        charges.append(charge)
        tickets.append(ticket)
    }
}

extension Node {
    /// Lets the charge go into the next entry with others.
    mutating func gather(_ charge: Charge, for ticket: RequestTicket) {
        gathered.append(charge, for: ticket)
        if gathered.count == NodeLimits.gatheredCharges(settings.raft) { submitGathered() }
    }

    /// Puts what was gathered into the outbox, as one entry.
    mutating func submitGathered() {
        guard gathered.count > 0 else { return }
        let whole = gathered
        gathered = GatheredCharges()
        submit(.charges(whole.charges), by: .cluster, for: .each(whole.tickets))
    }
}

extension ClientRequest.Submission {
    /// Each charge has its own id and is its own content.
    static func charges(_ charges: [Charge]) -> ClientRequest.Submission {
        ClientRequest.Submission(command: .charge(charges), idempotency: nil, content: .zero)
    }
}
