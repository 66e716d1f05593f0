import Basics
import Linux

/// One connection to a port of this machine, to see whether somebody is there and how they are.
final class Knock {
    private static let patience = Duration.seconds(2)
    private let socket: StreamSocket
    private let poller: Poller

    /// Throws if nobody accepts it.
    init(port: UInt16) throws {
        socket = try StreamSocket.connect(to: .loopback(port: port))
        poller = try Poller(batch: 1)
        try poller.add(socket.descriptor, .write, token: 0)
        guard poller.wait(Self.patience) > 0 else {
            throw Trouble("port \(port) doesn't answer")
        }
        try socket.connectionOutcome()
    }

    /// The status of a GET.
    func status(of path: String) throws -> Int? {
        let request = "GET \(path) HTTP/1.1\r\nHost: \(Loopback.host)\r\nConnection: close\r\n\r\n"
        // A new connection takes more than that at once.
        _ = try Array(request.utf8).withUnsafeBytes { try socket.write($0) }
        poller.change(socket.descriptor, .read, token: 0)
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        // `HTTP/1.1 200`
        while answer.count < 12 {
            guard poller.wait(Self.patience) > 0,
                case .bytes(let count) = try buffer.withUnsafeMutableBytes({
                    try socket.read(into: $0)
                })
            else { return nil }
            answer += buffer[..<count]
        }
        return Int(String(decoding: answer[9..<12], as: UTF8.self))
    }
}
