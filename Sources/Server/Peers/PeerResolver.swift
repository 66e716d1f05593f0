import Basics
import Linux

/// Finds the addresses of peers that are known by name, on a thread of its own: the system's
/// resolver blocks. Names are asked for again at each dial, so that a peer may move.
final class PeerResolver: Sendable {
    private struct Question: Sendable {
        var peer: NodeID
        var place: HostPort
    }

    /// What the configuration file says of a peer counts more than what the cluster says: so a
    /// node finds its peers though all of them have moved.
    private let peers: [NodeID: HostPort]
    private let replica: Mailbox<ReplicaLetter>
    private let questions: Mailbox<Question?>
    private let log: Log

    init(
        peers: [NodeID: HostPort], replica: Mailbox<ReplicaLetter>, log: Log
    ) throws(SystemError) {
        questions = try Mailbox()
        self.peers = peers
        self.replica = replica
        self.log = log
    }

    func start() throws(SystemError) -> Thread {
        try Thread(name: "resolver") { self.run() }
    }

    /// The addresses of a peer given by literal, none if its address is no address, or nil: the
    /// answer comes as a letter.
    func addresses(of peer: NodeID, at address: String) -> [SocketAddress]? {
        guard let place = peers[peer] ?? HostPort(address) else {
            log.warning("peer_unresolved", ["peer": peer, "reason": "no address"])
            return []
        }
        if let literal = SocketAddress(literal: place.host, port: place.port) { return [literal] }
        questions.send(Question(peer: peer, place: place))
        return nil
    }

    func stop() { questions.send(nil) }

    private func run() {
        var received: [Question?] = []
        var recurrences: [NodeID: Recurrence] = [:]
        while true {
            questions.wait(into: &received)
            for question in received {
                guard let question else { return }
                let addresses = resolve(
                    question, &recurrences[question.peer, default: Recurrence()])
                replica.send(.resolved(question.peer, addresses))
            }
            received.removeAll(keepingCapacity: true)
        }
    }

    private func resolve(
        _ question: Question, _ recurrence: inout Recurrence
    ) -> [SocketAddress] {
        do throws(SystemError) {
            return try question.place.resolve()
        } catch {
            if let count = recurrence.note(at: Clocks.now()) {
                log.warning(
                    "peer_unresolved",
                    ["peer": question.peer, "host": question.place, "reason": error], count: count)
            }
            return []
        }
    }
}
