import Testing

/// Three nodes of a new cluster under the ids of another's, each restored by itself from a backup
/// of that.
struct RestoredCluster {
    let nodes: [TestNode]
    let id: String

    /// Restores them and starts them. They end with the cluster that they are made of.
    init(from file: String, of cluster: TestCluster) throws {
        nodes = try cluster.makeSibling(named: "restored")
        var id: String?
        for node in nodes {
            let words = ["restore", file, "--config", node.files.configuration, "-o", "json"]
            let given = id.map { ["--cluster-id", $0] } ?? []
            let done = try CommandRun(words + given, by: cluster)
            guard done.end == .exited(0) else { throw TimedOut(what: "restore: \(done)") }
            let said = try #require(done.json["cluster_id"]?.text)
            #expect(id == nil || said == id)
            id = said
        }
        self.id = try #require(id)
        for node in nodes { try node.start() }
        for node in nodes { try node.waitUntilReady() }
    }

    func stop() throws {
        for node in nodes { try node.kill() }
    }
}
