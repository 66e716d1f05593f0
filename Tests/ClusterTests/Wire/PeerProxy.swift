import Glibc
import Linux
import Synchronization

/// Stands between one node and a peer that it connects to: keeps every byte that crosses, and lets
/// none cross while it is told to hold.
final class PeerProxy: Sendable {
    /// The ids of the two nodes, the one that connects first.
    let from: String
    let to: String
    let port: UInt16
    private let target: UInt16
    private let recorded = Mutex<[[UInt8]]>([])
    private let state = Mutex(State())
    private let signal: Signal
    private let thread = Mutex<Thread?>(nil)

    private enum Order { case pass, hold, end }

    private struct State {
        var order = Order.pass
        /// What the thread goes by.
        var obeyed = Order.pass
    }

    /// Tells the thread of an order.
    private final class Signal: Sendable {
        let wakeup: Wakeup
        init() throws { wakeup = try Wakeup() }
    }

    /// One side of a connection and what is on its way to it.
    private final class Side {
        let socket: StreamSocket
        let stream: Int
        var outgoing: [UInt8] = []
        init(_ socket: consuming StreamSocket, stream: Int) {
            self.socket = socket
            self.stream = stream
        }
        var number: Int32 { socket.descriptor.number }
    }

    private final class Listener {
        let socket: ListeningSocket
        init() throws { socket = try ListeningSocket(at: .loopback()) }
    }

    init(from: String, to: String, port target: UInt16) throws {
        self.from = from
        self.to = to
        self.target = target
        signal = try Signal()
        let bound = try Listener()
        port = bound.socket.address.port
        // Handed over to the thread, which alone uses it from then on.
        nonisolated(unsafe) let listener = bound
        let started = try Thread(name: "proxy") { [self] in serve(listener) }
        thread.withLock { $0 = started }
    }

    /// The bytes of each direction of each connection so far.
    var streams: [[UInt8]] { recorded.withLock { $0 } }

    /// From the return of this on nothing crosses. Connections stay open and new ones are made,
    /// as in a network that loses everything; what is sent meanwhile crosses when it is released,
    /// as late as that may be.
    func hold() throws { try order(.hold) }

    func release() throws { try order(.pass) }

    private func order(_ order: Order) throws {
        state.withLock { $0.order = order }
        signal.wakeup.signal()
        try eventually("a proxy to obey") { state.withLock { $0.obeyed == order } }
    }

    func stop() {
        state.withLock { $0.order = .end }
        signal.wakeup.signal()
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    private func serve(_ listener: Listener) {
        var pairs: [(Side, Side)] = []
        while let order = nextOrder() {
            var watched = [
                pollfd(fd: signal.wakeup.descriptor.number, events: Int16(POLLIN), revents: 0)
            ]
            if order == .pass { watched += PeerProxy.watched(listener, pairs) }
            guard poll(&watched, nfds_t(watched.count), -1) >= 0 || errno == EINTR else { return }
            if watched[0].revents != 0 { signal.wakeup.reset() }
            guard order == .pass else { continue }
            var kept: [(Side, Side)] = []
            for (index, pair) in pairs.enumerated() {
                let events = watched[2 + 2 * index].revents | watched[3 + 2 * index].revents
                if events == 0 || (pass(pair.0, to: pair.1) && pass(pair.1, to: pair.0)) {
                    kept.append(pair)
                }
            }
            pairs = kept
            if watched[1].revents != 0, let pair = accept(listener) { pairs.append(pair) }
        }
    }

    /// What to go by from now on; nil at the end.
    private func nextOrder() -> Order? {
        state.withLock { state in
            state.obeyed = state.order
            return state.order == .end ? nil : state.order
        }
    }

    private static func watched(_ listener: Listener, _ pairs: [(Side, Side)]) -> [pollfd] {
        var watched = [
            pollfd(fd: listener.socket.descriptor.number, events: Int16(POLLIN), revents: 0)
        ]
        for (left, right) in pairs {
            for side in [left, right] {
                let events = POLLIN | (side.outgoing.isEmpty ? 0 : POLLOUT)
                watched.append(pollfd(fd: side.number, events: Int16(events), revents: 0))
            }
        }
        return watched
    }

    private func accept(_ listener: Listener) -> (Side, Side)? {
        guard let near = (try? listener.socket.accept()) ?? nil,
            let far = try? StreamSocket.connect(to: .loopback(port: target))
        else { return nil }
        let first = recorded.withLock { streams in
            streams += [[], []]
            return streams.count - 2
        }
        return (Side(near, stream: first), Side(far, stream: first + 1))
    }

    /// Moves what has arrived at `from`; false once either of them is gone.
    private func pass(_ from: Side, to: Side) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        reading: while to.outgoing.count < 1 << 20 {
            let transfer = chunk.withUnsafeMutableBytes { try? from.socket.read(into: $0) }
            switch transfer {
            case .bytes(let count)?:
                let bytes = chunk[..<count]
                recorded.withLock { $0[from.stream] += bytes }
                to.outgoing += bytes
            case .wouldBlock?: break reading
            case .end?, nil: return false
            }
        }
        while !to.outgoing.isEmpty {
            switch to.outgoing.withUnsafeBytes({ try? to.socket.write($0) }) {
            case .bytes(let count)?: to.outgoing.removeFirst(count)
            case .wouldBlock?: return true
            case .end?, nil: return false
            }
        }
        return true
    }
}
