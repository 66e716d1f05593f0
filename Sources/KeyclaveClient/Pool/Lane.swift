import Basics
import Linux

/// One thread with one connection, which carries out one call after the other.
final class Lane: Sendable {
    enum Letter: Sendable {
        case call(Call)
        case end
    }

    private let letters: Mailbox<Letter>

    init() throws(SystemError) { letters = try Mailbox() }

    func give(_ letter: Letter) { letters.send(letter) }

    /// The lane's thread, until it is told to end.
    /// A connection that nothing was sent on for `idleTime` is closed.
    func run(
        _ endpoints: [Endpoint], _ nodes: NodeDirectory, idleTime: Duration,
        for dispatcher: Dispatcher
    ) {
        let client = Client(endpoints: endpoints)
        client.noteTrouble = { nodes.noteTrouble($0) }
        var arrived: [Letter] = []
        while true {
            letters.wait(into: &arrived, timeout: client.isConnected ? idleTime : nil)
            if arrived.isEmpty { client.disconnect() }
            for letter in arrived {
                guard case .call(let first) = letter else { return }
                var next: Call? = first
                while let call = next {
                    perform(call, client, nodes)
                    next = dispatcher.next(for: self)
                }
            }
            arrived.removeAll(keepingCapacity: true)
        }
    }

    private func perform(_ call: Call, _ client: Client, _ nodes: NodeDirectory) {
        guard call.take() else { return }
        let rest = call.deadline - Clocks.now()
        guard rest > .zero else { return call.finish(.failure(.overloaded)) }
        client.settings = call.settings
        client.settings.deadline = rest
        client.order = nodes.order
        do throws(ClientError) {
            call.finish(.success(try client.send(call.request)))
        } catch {
            call.finish(.failure(error))
        }
    }
}
