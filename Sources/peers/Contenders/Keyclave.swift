import Basics
import Foundation
import Linux

/// Nodes of this project on loopback, as `Cluster/up` makes them, but on ports of the kernel's
/// choice.
final class Keyclave: Contender {
    struct Node {
        /// As the cluster knows it: n1, n2 and so on.
        var name: String
        var httpPort: UInt16
        var peerPort: UInt16
        var directory: String
        var server: ServerProcess

        var configuration: String { directory + "/node.json" }
    }

    let program: KeyclaveProgram
    private let directory: String
    let nodes: [Node]
    /// Of each node; nil for as many as it has by itself.
    private let frontThreads: Int?

    init(
        _ program: KeyclaveProgram, in directory: String, nodeCount: Int = 3,
        frontThreads: Int? = nil
    ) throws {
        self.program = program
        self.frontThreads = frontThreads
        self.directory = directory
        let ports = try Loopback.freePorts(2 * nodeCount)
        nodes = (0..<nodeCount).map { number in
            let home = "\(directory)/n\(number + 1)"
            let words = [program.path, "serve", "--config", home + "/node.json"]
            return Node(
                name: "n\(number + 1)", httpPort: ports[number],
                peerPort: ports[nodeCount + number], directory: home,
                server: ServerProcess(words, log: home + ".log"))
        }
    }

    var tokenFile: String { directory + "/operator.token" }

    func start() throws {
        try drawSecret()
        let cluster = Self.clusterID()
        for node in nodes {
            try configure(node)
            try Command.run([
                program.path, "format", "--config", node.configuration, "--cluster-id", cluster,
                "--operator-token-file", tokenFile,
            ])
        }
        for node in nodes { try node.server.start() }
        for number in nodes.indices { try waitUntilReady(number) }
    }

    func stop() { for node in nodes { node.server.stop() } }

    func waitUntilReady(
        _ number: Int, within limit: Basics.Duration = Patience.usual
    ) throws {
        let node = nodes[number]
        try Patience.wait(for: "\(node.name)'s start", within: limit, every: .milliseconds(5)) {
            try node.server.check()
            return Loopback.status(of: "/readyz", at: node.httpPort) == 200 ? () : nil
        }
    }

    // MARK: - Files

    private struct Configuration: Encodable {
        struct Member: Encodable { var id, peer, http: String }
        var node: String
        var dataDirectory = "data"
        var clusterSecretFile = "../cluster.secret"
        var httpListen: String
        var peerListen: String
        var members: [Member]
        var frontThreads: Int?
    }

    private func configure(_ node: Node) throws {
        let members = nodes.map {
            Configuration.Member(
                id: $0.name, peer: "\(Loopback.host):\($0.peerPort)",
                http: "\(Loopback.host):\($0.httpPort)")
        }
        let configuration = Configuration(
            node: node.name, httpListen: "\(Loopback.host):\(node.httpPort)",
            peerListen: "\(Loopback.host):\(node.peerPort)", members: members,
            frontThreads: frontThreads)
        try FileManager.default.createDirectory(
            atPath: node.directory, withIntermediateDirectories: true)
        try JSONText.text(configuration).write(
            toFile: node.configuration, atomically: false, encoding: .utf8)
    }

    /// A UUIDv7 (RFC 9562, section 5.7): its time is the cluster's first moment.
    private static func clusterID() -> String {
        let time = UInt64(max(0, Clocks.wall().milliseconds))
        var bytes = (0..<6).map { UInt8(truncatingIfNeeded: time >> (40 - 8 * $0)) }
        bytes += Entropy.bytes(10)
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.hex
        var rest = digits[...]
        let groups = [8, 4, 4, 4, 12].map { count in
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        return groups.joined(separator: "-")
    }

    /// Nobody else may read it: a node takes no other.
    private func drawSecret() throws(Trouble) {
        let path = directory + "/cluster.secret"
        let isMade = FileManager.default.createFile(
            atPath: path, contents: Data(Entropy.bytes(32).hex.utf8),
            attributes: [.posixPermissions: 0o600])
        guard isMade else { throw Trouble("can't write \(path)") }
    }
}

extension Array where Element == UInt8 {
    fileprivate var hex: String { map { String(format: "%02x", $0) }.joined() }
}
