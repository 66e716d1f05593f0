import Basics
import Foundation

/// Three nodes on loopback, as etcd's own documentation starts them.
final class Etcd: Contender {
    struct Node {
        var clientPort: UInt16
        var server: ServerProcess
    }

    private let directory: String
    private(set) var nodes: [Node] = []

    init(in directory: String) throws {
        self.directory = directory
        let ports = try Loopback.freePorts(6)
        let peers = ports[3...].map { "http://\(Loopback.host):\($0)" }
        let cluster = peers.enumerated().map { "e\($0)=\($1)" }.joined(separator: ",")
        // Version 3.4 has another logger that knows no such level.
        let logger = try Self.version().hasPrefix("3.4.") ? ["--logger", "zap"] : []
        for (number, peer) in peers.enumerated() {
            let client = "http://\(Loopback.host):\(ports[number])"
            let words = [
                try Tools.path(of: "etcd"), "--name", "e\(number)",
                "--data-dir", "\(directory)/e\(number)", "--log-level", "error",
                "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                "--initial-cluster", cluster, "--initial-cluster-state", "new",
            ]
            nodes.append(
                Node(
                    clientPort: ports[number],
                    server: ServerProcess(words + logger, log: "\(directory)/e\(number).log")))
        }
    }

    func start() throws {
        for node in nodes { try node.server.start() }
        try waitUntilHealthy()
    }

    func stop() { for node in nodes { node.server.stop() } }

    func waitUntilHealthy() throws {
        try Patience.wait(for: "health of etcd", every: .milliseconds(100)) {
            for node in nodes { try node.server.check() }
            do {
                _ = try control(["endpoint", "health"], at: endpoints)
                return ()
            } catch is Trouble {
                return nil
            }
        }
    }

    var endpoints: String { nodes.map(endpoint).joined(separator: ",") }

    func endpoint(of node: Node) -> String { "\(Loopback.host):\(node.clientPort)" }

    func control(_ words: [String], at endpoints: String) throws -> String {
        var environment = ProcessInfo.processInfo.environment
        // Of no other cluster, and in the interface that 3.4 doesn't take by itself.
        environment = environment.filter { !$0.key.hasPrefix("ETCDCTL_") }
        environment["ETCDCTL_API"] = "3"
        let program = try Tools.path(of: "etcdctl")
        let how = [
            program, "--endpoints", endpoints, "--dial-timeout", "1s", "--command-timeout", "2s",
        ]
        return try Command.run(how + words, environment: environment).output
    }

    static func version() throws -> String {
        let said = try Command.run([try Tools.path(of: "etcd"), "--version"]).output
        return said.firstMatch(of: /etcd Version: (\S+)/).map { String($0.1) } ?? ""
    }
}

// MARK: - Load

extension Etcd {
    /// Measures one kind of request, at all nodes or at the first one.
    func measure(
        _ work: EtcdWork, clients: Int, options: Options, atOneNode: Bool = false
    ) throws -> Figures {
        let line = EtcdLoadLine(
            work: work, endpoints: atOneNode ? endpoint(of: nodes[0]) : endpoints,
            clients: clients, seconds: options.seconds, warmUp: options.warmUp)
        let said = try Command.run(
            line.words, within: .seconds(Int64(line.seconds + line.warmUp) + 60))
        let report = try JSONText.value(EtcdLoadReport.self, in: said.output)
        return Figures(
            perSecond: report.perSecond, p50: report.p50Us, p99: report.p99Us,
            answers: report.answers, errors: report.errors, loaderShare: report.loaderCpu)
    }
}
