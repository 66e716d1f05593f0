import Basics
import Replica

/// The network between the nodes, at the level of connections and bytes.
///
/// A connection delivers its bytes in order or not at all, as TCP does: loss is a reset that takes
/// what was under way with it. Between connections there is no order. A cut swallows bytes and
/// attempts to connect in one direction; the connection itself notices only at its time-out.
struct Network {
    struct Connection {
        var dialer: NodeID
        var acceptor: NodeID
        /// Nothing sent before this arrives later: the order within the connection.
        var lastArrival: (toAcceptor: Instant, toDialer: Instant)
        /// An end that has gone learns nothing more.
        var isOpen: (atDialer: Bool, atAcceptor: Bool)
        var isMuted = false
    }

    /// One direction between two nodes.
    struct Direction: Hashable {
        var from: NodeID
        var to: NodeID
    }

    private(set) var connections: [LinkID: Connection] = [:]
    private var cuts: Set<Direction> = []
    private var nextLink: UInt64 = 1

    mutating func connect(dialer: NodeID, acceptor: NodeID, at time: Instant) -> LinkID {
        let link = LinkID(nextLink)
        nextLink += 1
        connections[link] = Connection(
            dialer: dialer, acceptor: acceptor, lastArrival: (time, time), isOpen: (true, true))
        return link
    }

    mutating func cut(from: NodeID, to: NodeID) { cuts.insert(Direction(from: from, to: to)) }
    mutating func heal() { cuts.removeAll() }
    func isCut(from: NodeID, to: NodeID) -> Bool {
        cuts.contains(Direction(from: from, to: to))
    }

    /// The other end of the link, seen from `node`; nil if there is no such connection.
    func peer(of node: NodeID, on link: LinkID) -> NodeID? {
        guard let connection = connections[link] else { return nil }
        return connection.dialer == node ? connection.acceptor : connection.dialer
    }

    func ends(of link: LinkID) -> (dialer: NodeID, acceptor: NodeID)? {
        connections[link].map { ($0.dialer, $0.acceptor) }
    }

    /// Nothing sent on the link from here on arrives: it is about to be reset.
    mutating func mute(_ link: LinkID) { connections[link]?.isMuted = true }

    func isMuted(_ link: LinkID) -> Bool { connections[link]?.isMuted ?? true }

    /// True if `node`'s end of the link stands.
    func isOpen(_ link: LinkID, at node: NodeID) -> Bool {
        guard let connection = connections[link] else { return false }
        return connection.dialer == node ? connection.isOpen.atDialer : connection.isOpen.atAcceptor
    }

    /// When bytes sent by `node` now, with the delay drawn for them, arrive.
    mutating func arrival(
        on link: LinkID, from node: NodeID, now: Instant, delay: Duration
    ) -> Instant {
        guard var connection = connections[link] else { return now + delay }
        let isDialer = connection.dialer == node
        let previous =
            isDialer ? connection.lastArrival.toAcceptor : connection.lastArrival.toDialer
        let arrival = max(previous, now + delay)
        if isDialer {
            connection.lastArrival.toAcceptor = arrival
        } else {
            connection.lastArrival.toDialer = arrival
        }
        connections[link] = connection
        return arrival
    }

    /// Closes `node`'s end; the connection is forgotten when both ends have gone.
    mutating func close(_ link: LinkID, at node: NodeID) {
        guard var connection = connections[link] else { return }
        if connection.dialer == node {
            connection.isOpen.atDialer = false
        } else {
            connection.isOpen.atAcceptor = false
        }
        let isGone = !connection.isOpen.atDialer && !connection.isOpen.atAcceptor
        connections[link] = isGone ? nil : connection
    }

    /// The links with an end at `node`, oldest first.
    func links(of node: NodeID) -> [LinkID] {
        connections.keys.sorted().filter { isOpen($0, at: node) }
    }
}
