import Basics
import Glibc
import HTTP
import Linux

/// A TCP server on this machine that reads requests and answers each with the next reply of its
/// script: what a client does is then a matter of the script alone.
final class ScriptedServer: Sendable {
    enum Reply: Sendable {
        /// Status, content type and body, keeping the connection.
        case problem(Int, String)
        case json(Int, String)
        /// An answer after which the server closes the connection.
        case jsonAndClose(Int, String)
        /// These bytes and nothing else.
        case raw(String)
        /// Reads the request and closes without an answer.
        case close
        /// Reads the request, listens no more, and closes all connections without an answer.
        case vanish
        /// Reads the request and never answers; the connection stays.
        case silence
    }

    struct Request: Hashable, Sendable {
        /// Method and target.
        var line: String
        /// Names in lower case.
        var fields: [String: String]
        var body: String
        /// Which connection brought it, from 0.
        var connection: Int
    }

    private struct State {
        var script: [Reply]
        var requests: [Request] = []
        var openConnections = 0
        var isStopped = false
        var hasVanished = false
        var hangsUp = false
    }

    let address: SocketAddress
    // Not `Mutex`, of whose order the thread sanitizer knows nothing.
    private let state: Locked<State>
    private let wakeup: Mailbox<Int>
    private let otherwise: Reply

    var endpoint: String { "http://\(address)" }
    var requests: [Request] { state.withLock { $0.requests } }
    var openConnections: Int { state.withLock { $0.openConnections } }

    /// Answers by the script and, when it is over, as `otherwise` says.
    init(_ script: [Reply], otherwise: Reply = .close) throws {
        let listener = try ListeningSocket(at: .loopback())
        address = listener.address
        self.otherwise = otherwise
        state = Locked(State(script: script))
        wakeup = try Mailbox()
        let mover = Mover(listener)
        _ = try Thread(name: "scripted-server") { [self] in
            guard let listener = mover.take() else { return }
            serve(listener)
        }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        wakeup.send(0)
    }

    /// Closes all connections, and serves on.
    func hangUp() {
        state.withLock { $0.hangsUp = true }
        wakeup.send(0)
    }

    /// Carries what can't be copied into a thread's closure.
    private final class Mover: @unchecked Sendable {
        private var listener: ListeningSocket?
        init(_ listener: consuming ListeningSocket) { self.listener = consume listener }
        /// By the one thread that was given it.
        func take() -> ListeningSocket? { listener.take() }
    }

    private final class Session {
        let socket: StreamSocket
        let number: Int
        var received: [UInt8] = []
        init(_ socket: consuming StreamSocket, _ number: Int) {
            self.socket = socket
            self.number = number
        }
    }

    private func serve(_ listener: borrowing ListeningSocket) {
        do {
            let poller = try Poller()
            try poller.add(listener.descriptor, .read, token: 0)
            try poller.add(wakeup.wakeup.descriptor, .read, token: 1)
            var sessions: [UInt64: Session] = [:]
            var next = 0
            while !state.withLock({ $0.isStopped }) {
                for index in 0..<poller.wait(nil) {
                    let token = poller.readiness(at: index).token
                    if token == 1 {
                        var letters: [Int] = []
                        wakeup.receive(into: &letters)
                        if state.withLock({ $0.hangsUp }) { sessions.removeAll() }
                    } else if token == 0, let socket = try listener.accept() {
                        let session = Session(socket, next)
                        try poller.add(
                            session.socket.descriptor, .read, token: UInt64(next + 2))
                        sessions[UInt64(next + 2)] = session
                        next += 1
                    } else if let session = sessions[token], !handle(session) {
                        if state.withLock({ $0.hasVanished }) {
                            // Before a connection is closed: nobody may come back in between.
                            poller.remove(listener.descriptor)
                            _ = Glibc.shutdown(listener.descriptor.number, Int32(SHUT_RDWR))
                            sessions.removeAll()
                        }
                        sessions[token] = nil
                    }
                    let count = sessions.count
                    state.withLock { $0.openConnections = count }
                }
            }
        } catch {
            preconditionFailure("the scripted server failed: \(error)")
        }
    }

    /// False when the connection is to be closed.
    private func handle(_ session: Session) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let result = buffer.withUnsafeMutableBytes { try? session.socket.read(into: $0) }
        guard case .bytes(let count) = result else { return result == .wouldBlock }
        session.received += buffer[..<count]
        while let request = Self.takeRequest(session) {
            let reply: Reply = state.withLock { state in
                state.requests.append(request)
                return state.script.isEmpty ? otherwise : state.script.removeFirst()
            }
            if !send(reply, on: session) { return false }
        }
        return true
    }

    private func send(_ reply: Reply, on session: Session) -> Bool {
        switch reply {
        case .problem(let status, let body):
            write(Self.answer(status, "application/problem+json", body), session)
        case .json(let status, let body):
            write(Self.answer(status, "application/json", body), session)
        case .jsonAndClose(let status, let body):
            write(Self.answer(status, "application/json", body), session)
            return false
        case .raw(let text): write(text, session)
        case .close: return false
        case .vanish:
            state.withLock { $0.hasVanished = true }
            return false
        case .silence: break
        }
        return true
    }

    private func write(_ text: String, _ session: Session) {
        _ = Array(text.utf8).withUnsafeBytes { try? session.socket.write($0) }
    }

    static func answer(_ status: Int, _ type: String, _ body: String) -> String {
        "HTTP/1.1 \(status) X\r\nContent-Type: \(type)\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
    }

    private static func takeRequest(_ session: Session) -> Request? {
        let text = String(decoding: session.received, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ": ", maxSplits: 1)
            fields[parts[0].lowercased()] = parts.count > 1 ? String(parts[1]) : ""
        }
        let length = Int(fields["content-length"] ?? "0") ?? 0
        let body = text[end.upperBound...]
        guard body.utf8.count >= length else { return nil }
        session.received = []
        return Request(
            line: String(lines[0]).replacing(" HTTP/1.1", with: ""), fields: fields,
            body: String(body),
            connection: session.number)
    }
}
