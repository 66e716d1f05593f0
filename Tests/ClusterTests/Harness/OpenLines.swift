import Testing

/// Connections to one node over which it has called a key valid: what is written to them reaches
/// it even while it is stopped.
final class OpenLines {
    private let connections: [Connection]
    private var buffers: [[UInt8]]

    init(to node: TestNode, key: IssuedKey, count: Int = 4) throws {
        connections = try (0..<count).map { _ in
            try Connection(port: node.httpPort, within: .seconds(120))
        }
        buffers = Array(repeating: [], count: count)
        for answer in try ask([key]) where answer.status != 200 {
            throw Unexpected(what: "\(node.id) about a valid key", answer: answer)
        }
    }

    /// Writes a question about each of the keys to every connection.
    func write(_ keys: [IssuedKey]) throws {
        let bytes = keys.flatMap { Request.validation(of: $0.text).bytes }
        for connection in connections { try connection.send(bytes) }
    }

    /// The answers to `count` questions on each connection, connection after connection.
    func read(_ count: Int) throws -> [Answer] {
        try connections.indices.flatMap { index in
            try (0..<count).map { _ in
                try HTTPClient.answer(on: connections[index], buffer: &buffers[index])
            }
        }
    }

    func ask(_ keys: [IssuedKey]) throws -> [Answer] {
        try write(keys)
        return try read(keys.count)
    }
}
