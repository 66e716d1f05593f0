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
            #if MUTANTS
            var tickets = tickets
            if PlantedBug.isOn(.gatheredOutcomesMixed) { tickets.reverse() }
            #endif
            for (ticket, outcome) in zip(tickets, outcomes) {
                effects.append(.reply(ticket, .outcome(.charged([outcome]), at: index)))
            }
        }
    }
}
