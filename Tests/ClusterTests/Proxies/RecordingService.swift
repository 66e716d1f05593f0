import Glibc
import Linux
import Synchronization

/// A small service behind a proxy: it keeps what it is sent, answers 200, and 500 at `/broken`.
final class RecordingService: Sendable {
    /// A request as it arrived.
    struct Received: Sendable {
        var head: String
        var body: String

        /// The values of a header, by its name in lower case.
        func values(of name: String) -> [String] {
            head.split(separator: "\r\n").dropFirst().compactMap { line in
                guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name
                else { return nil }
                return String(line[line.index(after: colon)...].drop { $0 == " " })
            }
        }
        /// The names of all headers, in lower case.
        var names: Set<String> {
            Set(
                head.split(separator: "\r\n").dropFirst().compactMap { line in
                    line.split(separator: ":").first?.lowercased()
                })
        }
    }

    let port: UInt16
    private let received = Mutex<[Received]>([])
    private let end: End
    private let thread = Mutex<Thread?>(nil)

    private final class End: Sendable {
        let wakeup: Wakeup
        init() throws { wakeup = try Wakeup() }
    }

    private final class Listener {
        let socket: ListeningSocket
        init() throws { socket = try ListeningSocket(at: .loopback()) }
    }

    init() throws {
        end = try End()
        let bound = try Listener()
        port = bound.socket.address.port
        // Handed over to the thread, which alone uses it from then on.
        nonisolated(unsafe) let listener = bound
        let started = try Thread(name: "service") { [self] in serve(listener) }
        thread.withLock { $0 = started }
    }

    /// What has arrived since it was last asked.
    func take() -> [Received] {
        received.withLock { received in
            defer { received = [] }
            return received
        }
    }

    func stop() {
        end.wakeup.signal()
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    private func serve(_ listener: Listener) {
        while true {
            var watched = [
                pollfd(fd: end.wakeup.descriptor.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: listener.socket.descriptor.number, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&watched, 2, -1) >= 0 || errno == EINTR, watched[0].revents == 0 else {
                return
            }
            if let socket = (try? listener.socket.accept()) ?? nil { answer(socket) }
        }
    }

    /// One request a connection, and one connection at a time: proxies ask one after the other.
    private func answer(_ socket: consuming StreamSocket) {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let request = RecordingService.whole(bytes) {
                received.withLock { $0.append(request) }
                let status = request.head.contains(" /broken ") ? "500 Broken" : "200 OK"
                let fields = "Content-Length: 7\r\nConnection: close"
                let text = "HTTP/1.1 \(status)\r\n\(fields)\r\n\r\nservice"
                _ = Array(text.utf8).withUnsafeBytes { try? socket.write($0) }
                socket.finishWriting()
                return
            }
            var watched = pollfd(fd: socket.descriptor.number, events: Int16(POLLIN), revents: 0)
            guard poll(&watched, 1, 10_000) > 0,
                case .bytes(let count)? = chunk.withUnsafeMutableBytes({
                    try? socket.read(into: $0)
                })
            else { return }
            bytes += chunk[..<count]
        }
    }

    private static func whole(_ bytes: [UInt8]) -> Received? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        var request = Received(
            head: String(text[..<end.lowerBound]), body: String(text[end.upperBound...]))
        let length = request.values(of: "content-length").first.flatMap { Int($0) } ?? 0
        guard request.body.utf8.count >= length else { return nil }
        request.body = String(request.body.prefix(length))
        return request
    }
}
