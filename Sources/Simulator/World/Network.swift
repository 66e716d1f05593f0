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

    /// What befalls one direction, whichever connection its bytes are sent on.
    private struct Condition {
        var isCut = false
        var lag = Duration.zero
        /// Bytes that it carries in a second, where that is little.
        var width: Int?
        /// The next bytes lose a bit.
        var corruptsNext = false
        /// Bytes that were sent a while ago, for a late replay.
        var recording: [UInt8]?
        /// When the newest of the bytes that were taken in had been sent.
        var newestHeard = Instant.zero
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
                dialer: dialer, acceptor: acceptor, toAcceptor: Stream(at: time),
                toDialer: Stream(at: time), isOpen: (true, true)))
        return link
    }

    mutating func cut(_ direction: Direction) { change(direction) { $0.isCut = true } }
    mutating func mend(_ direction: Direction) { change(direction) { $0.isCut = false } }
    func isCut(_ direction: Direction) -> Bool { condition(of: direction).isCut }

    mutating func setLag(_ direction: Direction, _ lag: Duration) {
        change(direction) { $0.lag = lag }
    }
    func lag(_ direction: Direction) -> Duration { condition(of: direction).lag }

    mutating func setWidth(_ direction: Direction, _ bytesPerSecond: Int?) {
        change(direction) { $0.width = bytesPerSecond }
    }

    /// How long it takes to put so many bytes on the line, one behind the other.
    func transmission(of bytes: Int, _ direction: Direction) -> Duration {
        guard let width = condition(of: direction).width else { return .zero }
        return .nanoseconds(Int64(bytes) * 1_000_000_000 / Int64(width))
    }

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

    /// Bytes have been taken in at the direction's end.
    mutating func noteArrival(
        of bytes: Int, on link: LinkID, _ direction: Direction, sent: Instant
    ) {
        update(link, from: direction.from) { $0.underWay -= bytes }
        change(direction) { $0.newestHeard = max($0.newestHeard, sent) }
    }

    /// When the newest of the bytes that were taken in had been sent.
    func newestHeard(_ direction: Direction) -> Instant { condition(of: direction).newestHeard }

    /// The links of a direction that wouldn't have sent all they were given by this time.
    func links(_ direction: Direction, busyAt time: Instant) -> [LinkID] {
        links.filter { link in
            guard peer(of: direction.from, on: link) == direction.to,
                let stream = stream(of: direction.from, on: link)
            else { return false }
            return stream.isFreeFrom > time
        }
    }

    /// Bytes of `node` that wait in buffers and on the line.
    func waiting(on link: LinkID, from node: NodeID) -> Int {
        stream(of: node, on: link).map { $0.underWay + $0.heldBytes } ?? 0
    }

    /// What `node` sends; nil if there is no such connection.
    private func stream(of node: NodeID, on link: LinkID) -> Stream? {
        position(of: link).map { position in
            connections[position].dialer == node
                ? connections[position].toAcceptor : connections[position].toDialer
        }
    }

    /// Changes the stream of what `node` sends; nil if there is no such connection.
    @discardableResult
    private mutating func update<Result>(
        _ link: LinkID, from node: NodeID, _ body: (inout Stream) -> Result
    ) -> Result? {
        guard let position = position(of: link) else { return nil }
        if connections[position].dialer == node { return body(&connections[position].toAcceptor) }
        return body(&connections[position].toDialer)
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
