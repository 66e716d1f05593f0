import Glibc
import Linux
import Synchronization

/// Passes connections on to a port of this machine and keeps every byte that crosses, unless it is
/// told to let nothing pass.
final class RecordingProxy: Sendable {
    let port: UInt16
    private let target: UInt16
    private let recorded = Mutex<[[UInt8]]>([])
    private let order = Mutex(Order.pass)
    private let bell: Bell
    private let thread = Mutex<Thread?>(nil)

    private enum Order {
        case pass
        /// Connections are ended, those to come as well.
        case cut
        /// Connections stay, and nothing crosses.
        case hold
        case stop
    }

    /// What wakes the thread for a new order.
    private final class Bell: Sendable {
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

    init(to target: UInt16) throws {
        self.target = target
        bell = try Bell()
        let bound = try Listener()
        port = bound.socket.address.port
        // Handed over to the thread, which alone uses it from then on.
        nonisolated(unsafe) let listener = bound
        let started = try Thread(name: "proxy") { [self] in serve(listener) }
        thread.withLock { $0 = started }
    }

    /// The bytes of each direction of each connection so far.
    var streams: [[UInt8]] { recorded.withLock { $0 } }

    /// What hasn't crossed when this returns never will.
    func cut() { give(.cut) }
    /// What hasn't crossed when this returns does so after `heal`.
    func hold() { give(.hold) }
    func heal() { give(.pass) }

    private func give(_ new: Order) {
        order.withLock { $0 = new }
        bell.wakeup.signal()
    }

    func stop() {
        give(.stop)
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    private func serve(_ listener: Listener) {
        var pairs: [(Side, Side)] = []
        while true {
            var watched = [
                pollfd(fd: bell.wakeup.descriptor.number, events: Int16(POLLIN), revents: 0)
            ]
            let isHolding = order.withLock { $0 == .hold }
            if !isHolding { watched += RecordingProxy.watched(listener, pairs) }
            guard poll(&watched, nfds_t(watched.count), -1) >= 0 || errno == EINTR else { return }
            if watched[0].revents != 0 { _ = bell.wakeup.reset() }
            if isHolding { continue }
            // Held all the while, so that nothing crosses once `cut` or `hold` has
            // returned.
            let goesOn = order.withLock { order in
                switch order {
                case .stop: return false
                case .cut:
                    pairs = []
                    if watched[1].revents != 0 { _ = try? listener.socket.accept() }
                case .hold: break
                case .pass: pass(on: &pairs, watched, listener)
                }
                return true
            }
            guard goesOn else { return }
        }
    }

    private static func watched(_ listener: Listener, _ pairs: [(Side, Side)]) -> [pollfd] {
        let sides = pairs.flatMap { [$0, $1] }.map { side in
            let events = POLLIN | (side.outgoing.isEmpty ? 0 : POLLOUT)
            return pollfd(fd: side.number, events: Int16(events), revents: 0)
        }
        return [
            pollfd(fd: listener.socket.descriptor.number, events: Int16(POLLIN), revents: 0)
        ] + sides
    }

    private func pass(on pairs: inout [(Side, Side)], _ watched: [pollfd], _ listener: Listener) {
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
