import Basics
import Linux

/// One client of a measurement: a connection, what it has sent and not been answered.
///
/// One thread's, so that what changes with each answer isn't checked for exclusive access
/// (`@exclusivity(unchecked)`): the generator takes part of the machine that it measures.
final class BenchConnection {
    enum Life {
        /// Not connected; to be tried again at this time.
        case resting(until: Instant)
        case connecting
        case open
    }

    /// A socket can't be copied, and so not be taken out of an optional in a class.
    final class Link {
        let socket: StreamSocket
        init(_ socket: consuming StreamSocket) { self.socket = socket }
    }

    struct Asked {
        var deed: BenchDeed
        /// When it was due to be sent.
        var due: Instant
        var sent: Instant
    }

    let index: Int
    /// Which endpoint it talks to, or will.
    var endpoint: Int
    @exclusivity(unchecked) var life = Life.resting(until: .zero)
    @exclusivity(unchecked) var link: Link?
    /// The requests on the way, the oldest first.
    @exclusivity(unchecked) var underway = Ring<Asked>()
    /// Bytes to write, from `written` on.
    @exclusivity(unchecked) var output: [UInt8] = []
    @exclusivity(unchecked) var written = 0
    /// The part of an answer that has arrived.
    @exclusivity(unchecked) var input: [UInt8] = []
    @exclusivity(unchecked) var watchesWriting = false
    /// After a refusal: nothing is sent before this, or a cluster without a leader would be
    /// stormed by those who wait for one.
    @exclusivity(unchecked) var pausedUntil = Instant.zero

    init(index: Int, endpoint: Int) {
        self.index = index
        self.endpoint = endpoint
    }

    /// Whether it is there and has fewer requests on the way than that.
    func hasRoom(for count: Int) -> Bool {
        if case .open = life { return underway.count < count }
        return false
    }

    func reset(until time: Instant) {
        link = nil
        life = .resting(until: time)
        underway.removeAll()
        output.removeAll(keepingCapacity: true)
        written = 0
        input.removeAll(keepingCapacity: true)
        watchesWriting = false
    }
}
