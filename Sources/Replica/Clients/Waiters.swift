import Basics
import Keyring

/// Who is told what becomes of an entry.
enum Waiters: Hashable, Sendable {
    /// The node itself asked for it.
    case nobody
    case one(RequestTicket)
    /// One for each charge of the entry, in their order.
    case each([RequestTicket])

    var count: Int {
        switch self {
        case .nobody, .one: 1
        case .each(let tickets): tickets.count
        }
    }
}

/// Single charges by clients of this node that go into one entry: they share its place in the log,
/// its id, one look-up of it and one frame, and are decided each on its own as ever. An entry for
/// each cost the three nodes twice as much (2026-11-26).
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
    /// Replies to all who wait.
    func answer(_ waiters: Waiters, _ reply: ClientReply, effects: inout [NodeEffect]) {
        switch waiters {
        case .nobody: break
        case .one(let ticket): effects.append(.reply(ticket, reply))
        case .each(let tickets):
            guard case .outcome(.charged(let outcomes), let index) = reply else {
                for ticket in tickets { effects.append(.reply(ticket, reply)) }
                return
            }
            precondition(outcomes.count == tickets.count, "a charge without an outcome")
            for (ticket, outcome) in zip(tickets, outcomes) {
                effects.append(.reply(ticket, .outcome(.charged([outcome]), at: index)))
            }
        }
    }

    /// Lets the charge go into the next entry with others.
    mutating func gather(_ charge: Charge, for ticket: RequestTicket) {
        pending.gather(charge, for: ticket)
        if pending.gathered.count >= NodeLimits.gatheredCharges { submitGathered() }
    }

    /// Puts what was gathered into the outbox, as one entry.
    mutating func submitGathered() {
        guard let gathered = pending.takeGathered() else { return }
        submit(.charges(gathered.charges), by: .cluster, for: .each(gathered.tickets))
    }
}

extension ClientRequest.Submission {
    /// Each charge has its own id and is its own content.
    static func charges(_ charges: [Charge]) -> ClientRequest.Submission {
        ClientRequest.Submission(command: .charge(charges), idempotency: nil, content: .zero)
    }
}
