import Basics
import Journal
import Replica

// What the nodes want done.
extension World {
    /// Throws if the answer contradicts what had been told, or was given by who may not.
    private func judge(
        _ reply: ClientReply, to held: Ticket, by machine: Machine
    ) throws(Violation) {
        switch reply {
        case .answer(let answer, let index):
            if !held.isLocal { try judgeRead(asked: held.asked, answeredBy: machine) }
            guard let secret = held.secret else { return }
            try observer.revocations.judge(
                answer, at: index, of: secret, by: machine.id, since: held.floor, now)
        case .validation(let validation):
            try judgeRead(asked: held.asked, answeredBy: machine)
            guard case .key(let digest)? = held.secret else { return }
            try observer.revocations.judge(
                validation, of: digest, by: machine.id, since: held.floor, at: now)
        default: return
        }
    }

    private func judgeRead(asked: Instant, answeredBy machine: Machine) throws(Violation) {
        guard let process = machine.process else { return }
        let view = process.inspection
        let id = machine.id
        try observer.permissions.judgeRead(
            asked: asked, answeredBy: id, in: view.term, at: now)
        guard view.role == .leader else { return }
        let voters = process.voters
        let heard = voters.filter { voter in
            voter == id || network.newestHeard(.init(from: voter, to: id)) >= asked
        }
        try observer.permissions.judgeRound(
            for: asked, of: id, heard: heard.count, of: voters.count, at: now)
    }

    func perform(_ effect: NodeEffect, _ machine: Machine) throws(Violation) {
        switch effect {
        case .dial(let peer, _):
            let delay = drawDelay()
            schedule(.dial(from: machine.id, to: peer, life: machine.life), after: delay)
        case .send(let link, let bytes):
            send(bytes, on: link, from: machine.id)
        case .close(let link):
            end(link, by: machine.id)
        case .disk(let batch):
            take(batch, machine)
        case .read(let read):
            try perform(read, machine)
        case .encodeSnapshot(var encoding):
            encoding.advance()
            schedule(
                .input(machine.id, life: machine.life, .snapshotEncoded(encoding)),
                after: drawDiskDelay(machine))
        case .reply(let ticket, let reply):
            guard let held = tickets.removeValue(forKey: ticket) else { return }
            try judge(reply, to: held, by: machine)
            try take(reply, asker: held.asker, ticket: ticket)
        case .report(let event):
            observer.coverage.count(event)
            trace?.note(.event(machine.id, event), at: now)
        case .stopped:
            observer.coverage.gracefulStops += 1
            crash(machine, losingPower: false)
        case .fatal(let reason):
            trace?.note(.fatal(machine.id, reason), at: now)
            guard machine.mayFail else {
                throw Violation(
                    kind: .safety, law: "no node ends itself without cause",
                    detail: "\(machine.id): \(reason)", time: now)
            }
            // The kernel may have dropped what it couldn't write.
            crash(machine, losingPower: true)
        }
    }
}
