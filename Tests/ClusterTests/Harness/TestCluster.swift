import Basics
import Glibc
import Linux

/// A cluster of real processes with real files and sockets.
final class TestCluster: Sendable {
    let directory: String
    let nodes: [TestNode]
    let shape: ClusterShape
    let operatorToken: String
    let secret: String
    let clusterID: String
    private let warden: Warden
    /// One for each ordered pair of nodes, with their numbers, if peer traffic is recorded.
    private let links: [(from: Int, to: Int, proxy: RecordingProxy)]
    var proxies: [RecordingProxy] { links.map(\.proxy) }

    /// Makes a cluster, starts it, waits until it is ready, runs `body` and removes every trace
    /// of it, however `body` ends.
    static func run<Result>(
        _ shape: ClusterShape = ClusterShape(), _ body: (TestCluster) throws -> Result
    ) throws -> Result {
        try prepare(shape) { cluster in
            try cluster.startAll()
            return try body(cluster)
        }
    }

    /// As above, for what waits for somebody else's tasks.
    static func run<Result>(
        _ shape: ClusterShape = ClusterShape(), _ body: (TestCluster) async throws -> Result
    ) async throws -> Result {
        let cluster = try make(shape)
        defer { cluster.dismantle() }
        do {
            try cluster.startAll()
            return try await body(cluster)
        } catch {
            throw Failure(cause: error, logs: cluster.endsOfLogs)
        }
    }

    /// As `run`, with nothing started.
    static func prepare<Result>(
        _ shape: ClusterShape = ClusterShape(), _ body: (TestCluster) throws -> Result
    ) throws -> Result {
        let cluster = try make(shape)
        defer { cluster.dismantle() }
        do {
            return try body(cluster)
        } catch {
            throw Failure(cause: error, logs: cluster.endsOfLogs)
        }
    }

    private static func make(_ shape: ClusterShape) throws -> TestCluster {
        let directory = try Files.makeTemporaryDirectory()
        let warden = try Warden(directory: directory)
        do {
            return try TestCluster(directory: directory, shape: shape, warden: warden)
        } catch {
            try? warden.dismiss()
            throw error
        }
    }

    private func dismantle() {
        for node in nodes { try? node.kill() }
        for proxy in proxies { proxy.stop() }
        try? warden.dismiss()
    }

    /// What went wrong, and what the nodes said.
    struct Failure: Error, CustomStringConvertible {
        var cause: any Error
        var logs: String
        var description: String { "\(cause)\n\(logs)" }
    }

    private init(directory: String, shape: ClusterShape, warden: Warden) throws {
        self.directory = directory
        self.shape = shape
        self.warden = warden
        let count = shape.nodeCount
        // Until the proxies have theirs.
        let held = try HeldPorts(2 * count)
        let ports = held.numbers
        let http = Array(ports[..<count])
        let peers = Array(ports[count...])
        secret = Entropy.bytes(32).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        try Files.write(secret, to: directory + "/cluster.secret")
        clusterID = IdempotencyID.uuidV7()
        var links: [(from: Int, to: Int, proxy: RecordingProxy)] = []
        var nodes: [TestNode] = []
        for number in 1...count {
            let files = NodeFiles(number: number, directory: directory, shape: shape)
            var reached = peers
            if shape.recordsPeerTraffic {
                for other in 0..<count where other != number - 1 {
                    let proxy = try RecordingProxy(to: peers[other])
                    links.append((number, other + 1, proxy))
                    reached[other] = proxy.port
                }
            }
            try files.writeConfiguration(
                shape: shape, httpPorts: http, listen: peers[number - 1], peers: reached)
            if shape.hasOwnSecrets { try Files.write(secret, to: files.secret) }
            if let bytes = shape.diskBytes {
                try SmallDisk.mount(at: files.disk, bytes: bytes, directory: directory)
            }
            try TestCluster.format(
                files, clusterID, shape,
                ["--operator-token-file", directory + "/operator.token"])
            nodes.append(
                TestNode(
                    files: files, httpPort: http[number - 1], peerPort: peers[number - 1],
                    shape: shape, warden: warden))
        }
        withExtendedLifetime(held) {}
        self.nodes = nodes
        self.links = links
        operatorToken = String(
            Files.text(of: directory + "/operator.token").filter { !$0.isWhitespace })
    }

    private static func format(
        _ files: NodeFiles, _ clusterID: String, _ shape: ClusterShape, _ manner: [String]
    ) throws {
        let output = files.home + "/format.log"
        let process = try ChildProcess(
            shape.program,
            [
                "format", "--config", files.configuration, "--cluster-id", clusterID,
            ] + manner, environment: Program.environment, output: output)
        guard try process.wait() == .exited(0) else {
            throw TimedOut(what: "keyclave format: \(Files.text(of: output))")
        }
    }

    /// A node of this directory that isn't one of the first; nothing is formatted or started.
    func makeNode(number: Int) throws -> TestNode {
        let files = NodeFiles(number: number, directory: directory, shape: shape)
        let ports = try freePorts(2)
        try files.writeLoneConfiguration(shape: shape, httpPort: ports[0], peerPort: ports[1])
        return TestNode(
            files: files, httpPort: ports[0], peerPort: ports[1], shape: shape, warden: warden)
    }

    /// The nodes of another cluster of this shape and secret, under the same ids; nothing is
    /// formatted or started.
    func makeSibling(named name: String) throws -> [TestNode] {
        let home = "\(directory)/\(name)"
        try Files.makeDirectory(home)
        try Files.write(secret, to: home + "/cluster.secret")
        let ports = try freePorts(2 * shape.nodeCount)
        let http = Array(ports[..<shape.nodeCount])
        let peers = Array(ports[shape.nodeCount...])
        return try (1...shape.nodeCount).map { number in
            let files = NodeFiles(number: number, directory: home, shape: shape)
            try files.writeConfiguration(
                shape: shape, httpPorts: http, listen: peers[number - 1], peers: peers)
            if shape.hasOwnSecrets { try Files.write(secret, to: files.secret) }
            return TestNode(
                files: files, httpPort: http[number - 1], peerPort: peers[number - 1],
                shape: shape, warden: warden)
        }
    }

    /// Formats a node so that it may join a cluster, and starts it.
    func startJoining(_ node: TestNode, clusterID: String? = nil) throws {
        try TestCluster.format(node.files, clusterID ?? self.clusterID, shape, ["--join"])
        try node.start()
    }

    // MARK: Life and death

    func startAll() throws {
        for node in nodes where !node.isRunning { try node.start() }
        try waitUntilReady()
    }

    func waitUntilReady(within duration: Duration = .seconds(60)) throws {
        for node in nodes where node.isRunning { try node.waitUntilReady(within: duration) }
    }

    func killAll() throws {
        // All of them first, so that none of them sees the others die for long.
        for node in nodes { node.signal(SIGKILL) }
        for node in nodes { try node.kill() }
    }

    /// The node that leads, as the nodes that run see it.
    func leader(within duration: Duration = .seconds(30)) throws -> TestNode {
        try eventually("a leader", within: duration) {
            for node in nodes where node.isRunning && !node.isPaused {
                let request = Request("GET", "/v1/cluster", token: operatorToken)
                guard let answer = try? node.client(patience: .seconds(5)).send(request),
                    answer.status == 200, let leader = answer.json["leader"]?.text,
                    let found = nodes.first(where: { $0.id == leader }), found.isRunning,
                    !found.isPaused
                else { continue }
                return found
            }
            return nil
        }
    }

    func followers() throws -> [TestNode] {
        let leader = try leader()
        return nodes.filter { $0.id != leader.id }
    }

    /// Ends all links between `node` and the others, whose traffic must be recorded.
    func cut(_ node: TestNode) {
        for link in links(of: node) { link.cut() }
    }

    /// Lets nothing cross between `node` and the others, as in a network that loses everything:
    /// no link ends, and what was sent crosses when they are healed, as late as that may be.
    func hold(_ node: TestNode) {
        for link in links(of: node) { link.hold() }
    }

    func heal(_ node: TestNode) {
        for link in links(of: node) { link.heal() }
    }

    private func links(of node: TestNode) -> [RecordingProxy] {
        precondition(shape.recordsPeerTraffic, "nobody stands between the nodes")
        let number = node.files.number
        return links.filter { $0.from == number || $0.to == number }.map(\.proxy)
    }

    // MARK: Requests

    /// As of the nodes.
    func settle(
        _ request: Request, first: Int = 0, within duration: Duration = .seconds(40)
    ) throws -> Answer {
        try nodes.settle(request, first: first, within: duration)
    }

    var endsOfLogs: String {
        nodes.map { "--- \($0.id)\n\($0.log.suffix(1500))" }.joined(separator: "\n")
    }
}

extension [TestNode] {
    /// Sends a request that may be repeated (it reads, or bears an id) until it has an outcome,
    /// starting at `first` and going on with the others.
    func settle(
        _ request: Request, first: Int = 0, within duration: Duration = .seconds(40)
    ) throws -> Answer {
        var attempt = first
        var last = "no answer"
        return try eventually("\(request.method) \(request.path): \(last)", within: duration) {
            let node = self[attempt % count]
            attempt += 1
            if node.isPaused { return nil }
            do {
                let answer = try node.client().send(request)
                last = answer.description
                return answer.isTransient ? nil : answer
            } catch {
                last = "\(error)"
                return nil
            }
        }
    }
}
