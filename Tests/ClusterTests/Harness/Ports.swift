import Glibc
import Linux

/// Ports of the loopback that were free a moment ago.
///
/// The kernel chooses them: it hands out odd ones to who asks by binding to port 0 and even ones
/// to connections on their way out, so that a node which comes back rarely finds its port taken.
func freePorts(_ count: Int) throws -> [UInt16] { try HeldPorts(count).numbers }

/// Free ports that nobody else is given while this lives.
final class HeldPorts {
    private let holders: [PortHolder]
    var numbers: [UInt16] { holders.map(\.port) }

    init(_ count: Int) throws { holders = try (0..<count).map { _ in try PortHolder() } }
}

/// Keeps the port until all have been chosen.
private final class PortHolder {
    private let socket: ListeningSocket
    var port: UInt16 { socket.address.port }

    init() throws { socket = try ListeningSocket(at: .loopback()) }
}

/// A port of the loopback that refuses every connection, and is nobody else's while this lives.
final class SilentPort {
    let number: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { any in
                bind(descriptor, any, length) == 0 && getsockname(descriptor, any, &length) == 0
            }
        }
        number = UInt16(bigEndian: address.sin_port)
        // Bound and not listened at.
        guard isBound else { throw TimedOut(what: "a port") }
    }

    deinit { close(descriptor) }
}
