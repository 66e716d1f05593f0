import Basics
import Linux

/// Finds the addresses of peers that are known by name, on a thread of its own: the system's
/// resolver blocks. Names are asked for again at each dial, so that a peer may move.
final class PeerResolver: Sendable {
    private let peers: [NodeID: HostPort]
    private let replica: Mailbox<ReplicaLetter>
    private let questions: Mailbox<NodeID?>
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

    /// The addresses of a peer given by literal, or nil: the answer comes as a letter.
    func addresses(of peer: NodeID) -> [SocketAddress]? {
        guard let place = peers[peer] else { return [] }
        if let literal = SocketAddress(literal: place.host, port: place.port) { return [literal] }
        questions.send(peer)
        return nil
    }

    func stop() { questions.send(nil) }

    private func run() {
        var received: [NodeID?] = []
        var recurrences: [NodeID: Recurrence] = [:]
        while true {
            questions.wait(into: &received)
            for question in received {
                guard let peer = question else { return }
                let addresses = resolve(peer, &recurrences[peer, default: Recurrence()])
                replica.send(.resolved(peer, addresses))
            }
            received.removeAll(keepingCapacity: true)
        }
    }

    private func resolve(_ peer: NodeID, _ recurrence: inout Recurrence) -> [SocketAddress] {
        guard let place = peers[peer] else { return [] }
        do throws(SystemError) {
            return try place.resolve()
        } catch {
            if let count = recurrence.note(at: Clocks.now()) {
                log.warning(
                    "peer_unresolved", ["peer": peer, "host": place, "reason": error],
                    count: count)
            }
            return []
        }
    }
}
