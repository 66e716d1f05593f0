import Basics
import HTTP
import Linux

/// One keep-alive connection to a node, used by one request at a time.
final class Connection {
    /// Why there is no answer.
    struct Trouble: Error {
        var reason: String
        /// Something of the request may have reached the server.
        var wasSent: Bool
        /// The connection ended before a byte of an answer.
        var wasClosedSilently = false
    }

    let endpoint: Endpoint
    private let socket: StreamSocket
    private let poller: Poller
    private var parser: ResponseParser
    private var interest = Interest.write
    private var input = [UInt8](repeating: 0, count: 64 << 10)

    /// Connects to the first of the endpoint's addresses that takes it.
    init(
        to endpoint: Endpoint, _ addressBook: inout AddressBook, until deadline: Instant,
        answerLimit: Int
    ) throws(Trouble) {
        self.endpoint = endpoint
        parser = ResponseParser(bodyLimit: answerLimit)
        let addresses: [SocketAddress]?
        do throws(SystemError) {
            poller = try Poller(batch: 1)
            addresses = try addressBook.addresses(of: endpoint.address, until: deadline)
        } catch {
            throw Trouble(reason: "\(error)", wasSent: false)
        }
        var reason = addresses == nil ? "no address in time" : "no address"
        for address in addresses ?? [] {
            do throws(SystemError) {
                let made = try Connection.connect(to: address, poller, until: deadline)
                if let made {
                    socket = made
                    return
                }
                reason = "no connection in time"
            } catch {
                reason = "\(error)"
            }
        }
        throw Trouble(reason: reason, wasSent: false)
    }

    /// Nil if the deadline passes.
    private static func connect(
        to address: SocketAddress, _ poller: borrowing Poller, until deadline: Instant
    ) throws(SystemError) -> StreamSocket? {
        let socket = try StreamSocket.connect(to: address)
        try poller.add(socket.descriptor, .write, token: 0)
        guard waitOnce(poller, until: deadline) else { return nil }
        try socket.connectionOutcome()
        return socket
    }

    private static func waitOnce(_ poller: borrowing Poller, until deadline: Instant) -> Bool {
        while true {
            let rest = deadline - Clocks.now()
            if rest <= .zero { return false }
            if poller.wait(rest) > 0 { return true }
        }
    }

    /// Whether the server has neither closed it nor said anything unasked since the last answer.
    /// Most of those that were closed while idle are found out here, before anything is sent.
    var stillStands: Bool {
        input.withUnsafeMutableBytes { raw in
            do throws(SystemError) { return try socket.read(into: raw) == .wouldBlock } catch {
                return false
            }
        }
    }

    /// Sends a request and reads its answer, which must begin by `firstByteBy`.
    func exchange(
        _ request: ClientRequest, firstByteBy: Instant, until deadline: Instant
    ) throws(Trouble) -> Response {
        try write(Connection.bytes(of: request, to: endpoint), until: firstByteBy)
        return try read(firstByteBy: firstByteBy, until: deadline)
    }

    static func bytes(of request: ClientRequest, to endpoint: Endpoint) -> [UInt8] {
        var writer = RequestWriter()
        writer.begin(request.method, request.path, host: "\(endpoint.address)")
        if let value = request.authorization { writer.field("Authorization", value) }
        if let value = request.idempotencyKey { writer.field("Idempotency-Key", value) }
        writer.field("Accept", "application/json, application/problem+json")
        writer.end(json: request.body.map { Array($0.utf8) } ?? [])
        return writer.bytes
    }

    private func write(_ bytes: [UInt8], until deadline: Instant) throws(Trouble) {
        var written = 0
        while written < bytes.count {
            let result = bytes.withUnsafeBytes { raw -> Result<Transfer, SystemError> in
                do throws(SystemError) {
                    return .success(
                        try socket.write(UnsafeRawBufferPointer(rebasing: raw[written...])))
                } catch {
                    return .failure(error)
                }
            }
            switch result {
            case .success(.bytes(let count)): written += count
            case .success: try wait(for: .write, until: deadline, wasSent: written > 0)
            case .failure(let error):
                throw Trouble(
                    reason: "\(error)", wasSent: written > 0, wasClosedSilently: true)
            }
        }
    }

    private func read(
        firstByteBy: Instant, until deadline: Instant
    ) throws(Trouble) -> Response {
        var isSilent = true
        while true {
            let result = input.withUnsafeMutableBytes { raw -> Result<Transfer, SystemError> in
                do throws(SystemError) {
                    return .success(try socket.read(into: raw))
                } catch {
                    return .failure(error)
                }
            }
            switch result {
            case .success(.bytes(let count)):
                isSilent = false
                parser.append(input[..<count])
                if let answer = try parsed(atEnd: false) { return answer }
            case .success(.wouldBlock):
                try wait(for: .read, until: isSilent ? firstByteBy : deadline, wasSent: true)
            case .success(.end):
                if !isSilent, let answer = try parsed(atEnd: true) { return answer }
                throw Trouble(
                    reason: "the connection was closed", wasSent: true, wasClosedSilently: isSilent)
            case .failure(let error):
                throw Trouble(reason: "\(error)", wasSent: true, wasClosedSilently: isSilent)
            }
        }
    }

    private func parsed(atEnd: Bool) throws(Trouble) -> Response? {
        do throws(ResponseRefusal) {
            guard let answer = try parser.next(atEnd: atEnd) else { return nil }
            // Bytes behind the only answer that was asked for: who sent them can't be trusted
            // with the next request.
            guard !parser.hasLeftovers else {
                throw ResponseRefusal.malformedLength
            }
            return answer
        } catch {
            throw Trouble(reason: "the answer isn't HTTP (\(error))", wasSent: true)
        }
    }

    private func wait(
        for wanted: Interest, until deadline: Instant, wasSent: Bool
    ) throws(Trouble) {
        if interest != wanted {
            poller.change(socket.descriptor, wanted, token: 0)
            interest = wanted
        }
        guard Connection.waitOnce(poller, until: deadline) else {
            throw Trouble(reason: "no answer in time", wasSent: wasSent)
        }
    }
}

extension Response {
    /// The body as JSON; nil if there is none.
    public func json() throws(ClientError) -> JSONValue? {
        guard !body.isEmpty else { return nil }
        do throws(JSONRefusal) {
            return try JSONValue(body)
        } catch {
            throw .malformedAnswer("\(error)")
        }
    }
}
