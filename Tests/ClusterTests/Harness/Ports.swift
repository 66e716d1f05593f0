import Linux

/// Ports of the loopback that were free a moment ago.
///
/// The kernel chooses them: it hands out odd ones to who asks by binding to port 0 and even ones
/// to connections on their way out, so that a node which comes back rarely finds its port taken.
func freePorts(_ count: Int) throws -> [UInt16] {
    let holders = try (0..<count).map { _ in try PortHolder() }
    return holders.map(\.port)
}

/// Keeps the port until all have been chosen.
private final class PortHolder {
    private let socket: ListeningSocket
    var port: UInt16 { socket.address.port }

    init() throws { socket = try ListeningSocket(at: .loopback()) }
}
