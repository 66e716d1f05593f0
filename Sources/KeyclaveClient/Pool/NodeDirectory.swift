import Basics
import Linux

/// What all lanes and the scout know of the nodes.
final class NodeDirectory: Sendable {
    private let ranking: Locked<NodeRanking>
    /// How long a node in trouble is left alone, unless the scout finds it well before.
    private let troubleTime: Duration

    init(_ ranking: NodeRanking, troubleTime: Duration) {
        self.ranking = Locked(ranking)
        self.troubleTime = troubleTime
    }

    var order: [Int] { ranking.withLock { $0.order(at: Clocks.now()) } }

    func note(_ place: Int, answeredAfter time: Duration) {
        ranking.withLock { $0.note(place, answeredAfter: time) }
    }

    func noteTrouble(_ place: Int) {
        ranking.withLock { $0.noteTrouble(place, until: Clocks.now() + troubleTime) }
    }
}

/// Asks every node from time to time whether it can serve, and how long that takes: so that a
/// node which is back is used again, and no call has to find out that one isn't.
final class Scout: Sendable {
    private let end: Wakeup
    private let endpoints: [Endpoint]
    private let nodes: NodeDirectory
    private let interval: Duration

    /// The longest that a node may take to say that it can serve.
    static let patience = Duration.seconds(1)

    init(
        _ endpoints: [Endpoint], _ nodes: NodeDirectory, interval: Duration
    ) throws(SystemError) {
        end = try Wakeup()
        self.endpoints = endpoints
        self.nodes = nodes
        self.interval = interval
        _ = try Thread(name: "keyclave-scout") { [self] in run() }
    }

    func stop() { end.signal() }

    private func run() {
        var connections: [Connection?] = endpoints.map { _ in nil }
        var addresses = AddressBook()
        repeat {
            for place in endpoints.indices {
                if end.wait(.zero) { return }
                let begun = Clocks.now()
                let deadline = begun + Scout.patience
                if isReady(endpoints[place], &connections[place], &addresses, until: deadline) {
                    nodes.note(place, answeredAfter: Clocks.now() - begun)
                } else {
                    nodes.noteTrouble(place)
                }
            }
        } while !end.wait(interval)
    }

    private func isReady(
        _ endpoint: Endpoint, _ connection: inout Connection?, _ addresses: inout AddressBook,
        until deadline: Instant
    ) -> Bool {
        let request = ClientRequest(method: .get, path: "/readyz", isSafe: true)
        do throws(Connection.Trouble) {
            let open =
                if let connection { connection } else {
                    try Connection(
                        to: endpoint, &addresses, until: deadline, answerLimit: 64 << 10)
                }
            connection = open
            let answer = try open.exchange(request, firstByteBy: deadline, until: deadline)
            if !answer.keepsAlive { connection = nil }
            return answer.status == 200
        } catch {
            let wasKept = connection != nil && error.wasClosedSilently
            connection = nil
            // An idle connection may have been closed: only a new one tells.
            return wasKept && isReady(endpoint, &connection, &addresses, until: deadline)
        }
    }
}
