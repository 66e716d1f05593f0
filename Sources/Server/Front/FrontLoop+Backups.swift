import Basics
import HTTP
import Replica

// Requests that take more than one reply.
extension FrontLoop {
    /// Goes on with a request about a backup; false if the reply is its answer.
    mutating func goOnWithBackup(
        _ reply: ClientReply, _ ticket: FrontTicket, _ connection: FrontConnection
    ) -> Bool {
        guard var context = connection.context(of: ticket.number), let progress = context.backup
        else { return false }
        switch progress.step(after: reply) {
        case .answer(let answer):
            // Without its progress, so that this isn't asked again.
            context.backup = nil
            connection.wait(with: context, for: ticket.number)
            take(answer, ticket)
        case .submit(let body, let next):
            context.backup = next
            connection.wait(with: context, for: ticket.number)
            requests.append(ClientRequest(ticket: ticket.ticket, body: body))
        case .order(let wish):
            context.backup = .awaitsFile
            connection.wait(with: context, for: ticket.number)
            services.snapshots.send(
                .backup(BackupOrder(wish: wish, ticket: ticket.ticket, sender: mailbox)))
        }
        return true
    }

    /// Renders what the snapshot thread has found.
    mutating func take(_ reply: BackupReply, _ ticket: FrontTicket) {
        giveBackRoom(of: ticket)
        guard let connection = connections[ticket.place],
            let (context, began) = connection.awaited(ticket.number)
        else { return }
        scratch.removeAll()
        let status = router.render(reply, context, date: date, to: &scratch)
        metrics.note(status)
        metrics.replyTime.note(now - began)
        services.waitingRoom.leave(connection.complete(ticket.number, with: scratch))
        answered.append(connection)
    }
}
