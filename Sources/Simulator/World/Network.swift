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
        /// When all that was sent before has been put on the line, where the line is narrow.
        var isFreeFrom: Instant
        /// Bytes that were sent and haven't arrived: they fill the sender's buffers.
        var underWay = 0
        /// Sent while the direction was cut, and when.
        var held: [(sent: Instant, bytes: [UInt8])] = []
        var heldBytes = 0

        init(at time: Instant) {
            lastArrival = time
            isFreeFrom = time
        }
    }

    /// One direction between two nodes.
    struct Direction: Hashable {
        var from: NodeID
        var to: NodeID
    }

    private(set) var connections: [LinkID: Connection] = [:]
    private var cuts: Set<Direction> = []
    private var lags: [Direction: Duration] = [:]
    /// Bytes that a direction carries in a second, where that is little.
    private var widths: [Direction: Int] = [:]
    /// Directions whose next bytes lose a bit.
    private var corrupted: Set<Direction> = []
    /// Bytes that were sent a while ago, by direction: for late replays.
    private var recordings: [Direction: [UInt8]] = [:]
    private var nextLink: UInt64 = 1

    mutating func connect(dialer: NodeID, acceptor: NodeID, at time: Instant) -> LinkID {
        let link = LinkID(nextLink)
        nextLink += 1
        connections[link] = Connection(
            dialer: dialer, acceptor: acceptor, toAcceptor: Stream(at: time),
            toDialer: Stream(at: time), isOpen: (true, true))
        return link
    }

    mutating func cut(_ direction: Direction) { cuts.insert(direction) }
    mutating func mend(_ direction: Direction) { cuts.remove(direction) }
    func isCut(_ direction: Direction) -> Bool { cuts.contains(direction) }

    mutating func setLag(_ direction: Direction, _ lag: Duration) { lags[direction] = lag }
    func lag(_ direction: Direction) -> Duration { lags[direction] ?? .zero }

    mutating func setWidth(_ direction: Direction, _ bytesPerSecond: Int?) {
        widths[direction] = bytesPerSecond
    }

    /// How long it takes to put so many bytes on the line, one behind the other.
    func transmission(of bytes: Int, _ direction: Direction) -> Duration {
        guard let width = widths[direction] else { return .zero }
        return .nanoseconds(Int64(bytes) * 1_000_000_000 / Int64(width))
    }

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
        of bytes: Int, on link: LinkID, _ direction: Direction, now: Instant, delay: Duration
    ) -> Instant {
        let transmission = transmission(of: bytes, direction)
        return update(link, from: direction.from) { stream in
            stream.isFreeFrom = max(stream.isFreeFrom, now) + transmission
            stream.lastArrival = max(stream.lastArrival, stream.isFreeFrom + delay)
            stream.underWay += bytes
            return stream.lastArrival
        } ?? now + delay
    }

    /// A copy of earlier bytes is on the line, too.
    mutating func noteCopy(of bytes: Int, on link: LinkID, from node: NodeID) {
        update(link, from: node) { $0.underWay += bytes }
    }

    /// Bytes of `node` have been taken in at the other end.
    mutating func noteArrival(of bytes: Int, on link: LinkID, from node: NodeID) {
        update(link, from: node) { $0.underWay -= bytes }
    }

    /// The links of a direction that wouldn't have sent all they were given by this time.
    func links(_ direction: Direction, busyAt time: Instant) -> [LinkID] {
        connections.keys.sorted().filter { link in
            guard let connection = connections[link],
                peer(of: direction.from, on: link) == direction.to
            else { return false }
            let isDialer = connection.dialer == direction.from
            let stream = isDialer ? connection.toAcceptor : connection.toDialer
            return stream.isFreeFrom > time
        }
    }

    /// Bytes of `node` that wait in buffers and on the line.
    func waiting(on link: LinkID, from node: NodeID) -> Int {
        guard let connection = connections[link] else { return 0 }
        let stream = connection.dialer == node ? connection.toAcceptor : connection.toDialer
        return stream.underWay + stream.heldBytes
    }

    /// Changes the stream of what `node` sends; nil if there is no such connection.
    @discardableResult
    private mutating func update<Result>(
        _ link: LinkID, from node: NodeID, _ body: (inout Stream) -> Result
    ) -> Result? {
        guard let dialer = connections[link]?.dialer else { return nil }
        if dialer == node { return body(&connections[link]!.toAcceptor) }
        return body(&connections[link]!.toDialer)
    }

    /// Keeps bytes of a cut direction.
    mutating func hold(_ bytes: [UInt8], on link: LinkID, from node: NodeID, at now: Instant) {
        update(link, from: node) { stream in
            stream.held.append((now, bytes))
            stream.heldBytes += bytes.count
        }
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
