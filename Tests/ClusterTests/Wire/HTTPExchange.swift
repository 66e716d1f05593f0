import Basics

/// A request as a client means it; malformed ones are written out by hand.
struct Request: Sendable {
    var method: String
    var path: String
    var headers: [(name: String, value: String)] = []
    var body: [UInt8]?

    init(_ method: String, _ path: String, token: String? = nil, json: String? = nil) {
        self.method = method
        self.path = path
        if let token { headers.append(("Authorization", "Bearer \(token)")) }
        if let json {
            headers.append(("Content-Type", "application/json"))
            body = Array(json.utf8)
        }
    }

    func with(_ name: String, _ value: String) -> Request {
        var copy = self
        copy.headers.append((name, value))
        return copy
    }

    var bytes: [UInt8] {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        return Array((head + "\r\n").utf8) + (body ?? [])
    }
}

/// What a node answered.
struct Answer: Sendable, CustomStringConvertible {
    var status: Int
    /// By name in lower case; a field sent twice is joined by a comma.
    var headers: [String: String] = [:]
    var body: [UInt8] = []

    var text: String { String(decoding: body, as: UTF8.self) }
    /// The body; `.null` if it is no JSON.
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    var code: String? { json["code"]?.text }
    var isSuccess: Bool { (200...299).contains(status) }
    var description: String { "\(status) \(text)" }

    /// The request may or may not have been done, or not yet: another attempt makes sense.
    var isTransient: Bool { status == 503 || status == 504 }
}

/// A client of one node over one connection at a time.
final class HTTPClient {
    let port: UInt16
    private let patience: Duration
    private var connection: Connection?
    private var received: [UInt8] = []

    init(port: UInt16, patience: Duration = .seconds(20)) {
        self.port = port
        self.patience = patience
    }

    /// Sends and waits for the answer, on a connection kept from the last request if there is one.
    /// Throws `Connection.Lost` and `TimedOut`.
    func send(_ request: Request) throws -> Answer {
        if let kept = connection, let answer = try? exchange(request, on: kept) { return answer }
        let fresh = try Connection(port: port, within: patience)
        received = []
        do {
            return try exchange(request, on: fresh)
        } catch {
            connection = nil
            throw error
        }
    }

    /// Reads one more answer from the connection: for pipelined and hand-written requests.
    static func answer(
        on connection: Connection, buffer: inout [UInt8], hasBody: Bool = true
    ) throws -> Answer {
        var head: Answer?
        while true {
            if head == nil, let end = headEnd(buffer) {
                let parsed = try parseHead(Array(buffer[..<end]))
                buffer.removeFirst(end)
                if !(100...199).contains(parsed.status) { head = parsed } else { continue }
            }
            if var answer = head {
                let length = hasBody ? Int(answer.headers["content-length"] ?? "0") ?? 0 : 0
                if buffer.count >= length {
                    answer.body = Array(buffer[..<length])
                    buffer.removeFirst(length)
                    return answer
                }
            }
            guard let more = try connection.receive() else {
                throw Connection.Lost(reason: "closed within an answer")
            }
            buffer += more
        }
    }

    private func exchange(_ request: Request, on connection: Connection) throws -> Answer {
        self.connection = nil
        try connection.send(request.bytes)
        let answer = try HTTPClient.answer(
            on: connection, buffer: &received, hasBody: request.method != "HEAD")
        if answer.headers["connection"]?.lowercased() != "close" { self.connection = connection }
        return answer
    }

    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        var index = 3
        while index < bytes.count {
            if bytes[index] == 10, bytes[index - 1] == 13, bytes[index - 2] == 10 {
                return index + 1
            }
            index += 1
        }
        return nil
    }

    static func parseHead(_ bytes: [UInt8]) throws -> Answer {
        // A carriage return and a line feed are one Character in Swift.
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw Connection.Lost(reason: "no status line: \(lines.first ?? "")")
        }
        var answer = Answer(status: status)
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            answer.headers[name] = answer.headers[name].map { "\($0), \(value)" } ?? String(value)
        }
        return answer
    }
}
