import Linux

/// One thread that speaks HTTP.
///
/// `@unchecked`: made on one thread, handed to the one that runs it, and touched by no other but
/// for the mailbox, which is for others.
final class FrontThread: @unchecked Sendable {
    let mailbox: Mailbox<FrontLetter>
    private var loop: FrontLoop

    init(
        number: Int, listener: consuming ListeningSocket, mailbox: Mailbox<FrontLetter>,
        services: FrontServices, metrics: FrontMetrics
    ) throws(SystemError) {
        self.mailbox = mailbox
        loop = try FrontLoop(
            number: number, listener: listener, mailbox: mailbox, services: services,
            metrics: metrics)
    }

    func start() throws(SystemError) -> Thread {
        try Thread(name: "front-\(loop.number)") { self.loop.run() }
    }
}
