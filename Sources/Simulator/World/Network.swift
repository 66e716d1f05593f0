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

    /// What befalls one direction, whichever connection its bytes are sent on.
    private struct Condition {
        var isCut = false
        var lag = Duration.zero
        /// The next bytes lose a bit.
        var corruptsNext = false
        /// Bytes that were sent a while ago, for a late replay.
        var recording: [UInt8]?
    }

    /// The connections that have an end left, oldest first, and at the same positions their
    /// links. There are a dozen: looked through from the newest they are found faster than by a
    /// hash, and so are the directions, which saves 2 % of a run.
    private var connections: [Connection] = []
    private var links: [LinkID] = []
    private var conditions: [Condition] = []
    private var directions: [Direction] = []
    private var nextLink: UInt64 = 1

    private func position(of link: LinkID) -> Int? { links.lastIndex(of: link) }

    private func condition(of direction: Direction) -> Condition {
        directions.firstIndex(of: direction).map { conditions[$0] } ?? Condition()
    }

    private mutating func change<Result>(
        _ direction: Direction, _ body: (inout Condition) -> Result
    ) -> Result {
        if let position = directions.firstIndex(of: direction) {
            return body(&conditions[position])
        }
        directions.append(direction)
        conditions.append(Condition())
        return body(&conditions[conditions.count - 1])
    }

    mutating func connect(dialer: NodeID, acceptor: NodeID, at time: Instant) -> LinkID {
        let link = LinkID(nextLink)
        nextLink += 1
        links.append(link)
        connections.append(
            Connection(
                dialer: dialer, acceptor: acceptor, toAcceptor: Stream(lastArrival: time),
                toDialer: Stream(lastArrival: time), isOpen: (true, true)))
        return link
    }

    mutating func cut(_ direction: Direction) { change(direction) { $0.isCut = true } }
    mutating func mend(_ direction: Direction) { change(direction) { $0.isCut = false } }
    func isCut(_ direction: Direction) -> Bool { condition(of: direction).isCut }

    mutating func setLag(_ direction: Direction, _ lag: Duration) {
        change(direction) { $0.lag = lag }
    }
    func lag(_ direction: Direction) -> Duration { condition(of: direction).lag }

    mutating func corruptNext(_ direction: Direction) {
        change(direction) { $0.corruptsNext = true }
    }
    mutating func takeCorruption(_ direction: Direction) -> Bool {
        change(direction) { condition in
            defer { condition.corruptsNext = false }
            return condition.corruptsNext
        }
    }

    /// Keeps these bytes, if none are kept for the direction, for a replay.
    mutating func record(_ bytes: [UInt8], _ direction: Direction) {
        change(direction) { $0.recording = $0.recording ?? bytes }
    }
    mutating func takeRecording(_ direction: Direction) -> [UInt8]? {
        change(direction) { $0.recording.take() }
    }

    /// The other end of the link, seen from `node`; nil if there is no such connection.
    func peer(of node: NodeID, on link: LinkID) -> NodeID? {
        guard let (dialer, acceptor) = ends(of: link) else { return nil }
        return dialer == node ? acceptor : dialer
    }

    func ends(of link: LinkID) -> (dialer: NodeID, acceptor: NodeID)? {
        position(of: link).map { (connections[$0].dialer, connections[$0].acceptor) }
    }

    /// Nothing sent on the link from here on arrives: it is about to be reset.
    mutating func `break`(_ link: LinkID) {
        if let position = position(of: link) { connections[position].isBroken = true }
    }

    func isBroken(_ link: LinkID) -> Bool {
        position(of: link).map { connections[$0].isBroken } ?? true
    }

    /// True if `node`'s end of the link stands.
    func isOpen(_ link: LinkID, at node: NodeID) -> Bool {
        guard let position = position(of: link) else { return false }
        let isOpen = connections[position].isOpen
        return connections[position].dialer == node ? isOpen.atDialer : isOpen.atAcceptor
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
        guard let position = position(of: link) else { return nil }
        if connections[position].dialer == node { return body(&connections[position].toAcceptor) }
        return body(&connections[position].toDialer)
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
        for link in links
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
        guard let position = position(of: link) else { return }
        if connections[position].dialer == node {
            connections[position].isOpen.atDialer = false
        } else {
            connections[position].isOpen.atAcceptor = false
        }
        if connections[position].isOpen == (false, false) {
            connections.remove(at: position)
            links.remove(at: position)
        }
    }

    /// The links with an end at `node`, oldest first.
    func links(of node: NodeID) -> [LinkID] {
        links.filter { link in
            guard let ends = ends(of: link), ends.dialer == node || ends.acceptor == node else {
                return false
            }
            return isOpen(link, at: node)
        }
    }

    /// The link on which the first speaks to the second: the newest that it dialed.
    func link(_ direction: Direction) -> LinkID? {
        links.last { link in
            guard let ends = ends(of: link) else { return false }
            return ends.dialer == direction.from && ends.acceptor == direction.to
                && isOpen(link, at: direction.to)
        }
    }
}
