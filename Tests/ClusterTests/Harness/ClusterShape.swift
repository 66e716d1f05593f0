/// What is the same on every node of a test's cluster.
struct ClusterShape: Sendable {
    var nodeCount = 3
    /// Members of each node's configuration file beside those that every node needs, as JSON.
    var settings: [String: String] = [
        // A machine that runs a whole test suite on two cores is late now and then.
        "election_timeout_min_ms": "400", "election_timeout_max_ms": "800",
        "front_threads": "2",
    ]
    var environment: [String: String] = [:]
    /// Beside that, by a node's id.
    var environments: [String: [String: String]] = [:]
    /// Peers reach each other through proxies that record what they pass on, and can be told to
    /// pass nothing.
    var recordsPeerTraffic = false
    /// Bytes of the disk of its own that holds each node's data; nil for the machine's.
    var diskBytes: Int?
    /// Each node has its secret in a file of its own, as on machines of their own.
    var hasOwnSecrets = false
    var program = Program.path
}

/// What `format` and `serve` are told, by the names of the configuration file.
struct NodeFiles: Sendable {
    let number: Int
    let home: String
    let data: String
    /// Where a disk of the node's own is mounted, if it has one.
    let disk: String

    var id: String { "n\(number)" }
    var configuration: String { home + "/node.json" }
    var log: String { home + "/log" }
    /// Where it has its secret if that is its own.
    var secret: String { home + "/secret" }
    /// What a power cut would leave of `data`, kept by builds with SHADOW_DISK.
    var shadow: String { data + ".shadow" }

    init(number: Int, directory: String, shape: ClusterShape) {
        self.number = number
        home = "\(directory)/n\(number)"
        disk = "\(directory)/n\(number).disk"
        data = (shape.diskBytes == nil ? home : disk) + "/data"
    }

    /// Writes the configuration. `peers` says where this node finds the other members.
    func writeConfiguration(
        shape: ClusterShape, httpPorts: [UInt16], listen: UInt16, peers: [UInt16]
    ) throws {
        let members = httpPorts.indices.map { index in
            Self.member(index + 1, peer: peers[index], http: httpPorts[index])
        }
        try write(members, shape, http: httpPorts[number - 1], listen: listen)
    }

    /// Of a node that knows no other.
    func writeLoneConfiguration(shape: ClusterShape, httpPort: UInt16, peerPort: UInt16) throws {
        let member = Self.member(number, peer: peerPort, http: httpPort)
        try write([member], shape, http: httpPort, listen: peerPort)
    }

    private static func member(_ number: Int, peer: UInt16, http: UInt16) -> String {
        #"{"id": "n\#(number)", "peer": "127.0.0.1:\#(peer)", "http": "127.0.0.1:\#(http)"}"#
    }

    private func write(
        _ members: [String], _ shape: ClusterShape, http: UInt16, listen: UInt16
    ) throws {
        var fields = [
            "\"node\": \"\(id)\"", "\"data_directory\": \"\(data)\"",
            "\"cluster_secret_file\": \"\(shape.hasOwnSecrets ? "secret" : "../cluster.secret")\"",
            "\"http_listen\": \"127.0.0.1:\(http)\"",
            "\"peer_listen\": \"127.0.0.1:\(listen)\"",
            "\"members\": [\(members.joined(separator: ", "))]",
        ]
        for (name, value) in shape.settings.sorted(by: { $0.key < $1.key }) {
            fields.append("\"\(name)\": \(value)")
        }
        try Files.makeDirectory(home)
        try Files.write("{\(fields.joined(separator: ",\n "))}\n", to: configuration)
    }
}
