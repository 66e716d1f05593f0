import Foundation
import Linux

/// What this machine has.
enum Tools {
    /// The path of a program; nil if it isn't there. Servers lie where only root's PATH looks.
    static func find(_ program: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return (path + ":/usr/sbin:/sbin").split(separator: ":")
            .map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The path of a program that must be there.
    static func path(of program: String) throws(Trouble) -> String {
        guard let path = find(program) else { throw Trouble("\(program) can't be found") }
        return path
    }
}

/// Where servers listen.
enum Loopback {
    static let host = "127.0.0.1"

    /// Ports that the kernel has just chosen: nothing listens there.
    static func freePorts(_ count: Int) throws(Trouble) -> [UInt16] {
        var ports: [UInt16] = []
        // All held until the last is chosen, so that no two are the same.
        var held: [Holder] = []
        for _ in 0..<count {
            do throws(SystemError) {
                held.append(Holder(try ListeningSocket(at: .loopback())))
            } catch {
                throw Trouble("\(error)")
            }
            ports.append(held[held.count - 1].socket.address.port)
        }
        return ports
    }

    private final class Holder {
        let socket: ListeningSocket
        init(_ socket: consuming ListeningSocket) { self.socket = socket }
    }

    /// Whether somebody accepts connections there.
    static func listens(at port: UInt16) -> Bool { (try? Knock(port: port)) != nil }

    /// The status of a GET; nil if nobody answers.
    static func status(of path: String, at port: UInt16) -> Int? {
        try? Knock(port: port).status(of: path)
    }
}
