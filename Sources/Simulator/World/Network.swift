import Basics
import Replica

/// The network between the nodes, at the level of connections and bytes.
///
/// A connection delivers its bytes in order, as TCP does. What a cut direction carries is held back
/// and arrives when the cut is mended, if the connection lasted so long; or the connection breaks
/// and takes it along. Between connections there is no order.
struct Network {
    struct Connection {
        var dialer: NodeID
        var acceptor: NodeID
        var toAcceptor: Stream
        var toDialer: Stream
        /// An end that has gone learns nothing more.
        var isOpen: (atDialer: Bool, atAcceptor: Bool)
        /// It is about to be reset: nothing sent from here on arrives.
        var isBroken = false
    }

    /// One direction of a connection.
    struct Stream {
        /// Nothing sent before this arrives later: the order within the connection.
        var lastArrival: Instant
        /// Sent while the direction was cut, and when.
        var held: [(sent: Instant, bytes: [UInt8])] = []
        var heldBytes = 0
    }

    /// One direction between two nodes.
    struct Direction: Hashable {
        var from: NodeID
        var to: NodeID
    }

    private(set) var connections: [LinkID: Connection] = [:]
    private var cuts: Set<Direction> = []
    private var lags: [Direction: Duration] = [:]
    /// Directions whose next bytes lose a bit.
    private var corrupted: Set<Direction> = []
    /// Bytes that were sent a while ago, by direction: for late replays.
    private var recordings: [Direction: [UInt8]] = [:]
    private var nextLink: UInt64 = 1

    mutating func connect(dialer: NodeID, acceptor: NodeID, at time: Instant) -> LinkID {
        let link = LinkID(nextLink)
        nextLink += 1
        connections[link] = Connection(
            dialer: dialer, acceptor: acceptor, toAcceptor: Stream(lastArrival: time),
            toDialer: Stream(lastArrival: time), isOpen: (true, true))
        return link
    }

    mutating func cut(_ direction: Direction) { cuts.insert(direction) }
    mutating func mend(_ direction: Direction) { cuts.remove(direction) }
    func isCut(_ direction: Direction) -> Bool { cuts.contains(direction) }

    mutating func setLag(_ direction: Direction, _ lag: Duration) { lags[direction] = lag }
    func lag(_ direction: Direction) -> Duration { lags[direction] ?? .zero }

    mutating func corruptNext(_ direction: Direction) { corrupted.insert(direction) }
    mutating func takeCorruption(_ direction: Direction) -> Bool {
        corrupted.remove(direction) != nil
    }

    /// Keeps these bytes, if none are kept for the direction, for a replay.
    mutating func record(_ bytes: [UInt8], _ direction: Direction) {
        if recordings[direction] == nil { recordings[direction] = bytes }
    }
    mutating func takeRecording(_ direction: Direction) -> [UInt8]? {
        recordings.removeValue(forKey: direction)
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
    mutating func `break`(_ link: LinkID) { connections[link]?.isBroken = true }

    func isBroken(_ link: LinkID) -> Bool { connections[link]?.isBroken ?? true }

    /// True if `node`'s end of the link stands.
    func isOpen(_ link: LinkID, at node: NodeID) -> Bool {
        guard let connection = connections[link] else { return false }
        return connection.dialer == node ? connection.isOpen.atDialer : connection.isOpen.atAcceptor
    }

    /// When bytes sent by `node`, with the delay drawn for them, arrive.
    mutating func arrival(
        on link: LinkID, from node: NodeID, now: Instant, delay: Duration
    ) -> Instant {
        update(link, from: node) { stream in
            stream.lastArrival = max(stream.lastArrival, now + delay)
            return stream.lastArrival
        } ?? now + delay
    }

    /// Changes the stream of what `node` sends; nil if there is no such connection.
    private mutating func update<Result>(
        _ link: LinkID, from node: NodeID, _ body: (inout Stream) -> Result
    ) -> Result? {
        guard let dialer = connections[link]?.dialer else { return nil }
        if dialer == node { return body(&connections[link]!.toAcceptor) }
        return body(&connections[link]!.toDialer)
    }

    /// Keeps bytes of a cut direction; returns how many now wait on the stream.
    mutating func hold(_ bytes: [UInt8], on link: LinkID, from node: NodeID, at now: Instant) -> Int
    {
        update(link, from: node) { stream in
            stream.held.append((now, bytes))
            stream.heldBytes += bytes.count
            return stream.heldBytes
        } ?? 0
    }

    /// Takes out what was held back between the two, by connection in the order of their links.
    mutating func takeHeld(
        _ direction: Direction
    ) -> [(link: LinkID, held: [(sent: Instant, bytes: [UInt8])])] {
        var taken: [(link: LinkID, held: [(sent: Instant, bytes: [UInt8])])] = []
        for link in connections.keys.sorted()
        where peer(of: direction.from, on: link) == direction.to {
            let held = update(link, from: direction.from) { stream in
                defer {
                    stream.held = []
                    stream.heldBytes = 0
                }
                return stream.held
            }
            if let held, !held.isEmpty { taken.append((link, held)) }
        }
        return taken
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
        connections.keys.sorted().filter { link in
            guard let ends = ends(of: link), ends.dialer == node || ends.acceptor == node else {
                return false
            }
            return isOpen(link, at: node)
        }
    }

    /// The link on which the first speaks to the second: the newest that it dialed.
    func link(_ direction: Direction) -> LinkID? {
        connections.keys.sorted().last { link in
            guard let ends = ends(of: link) else { return false }
            return ends.dialer == direction.from && ends.acceptor == direction.to
                && isOpen(link, at: direction.to)
        }
    }
}
