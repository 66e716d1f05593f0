import Testing

// Another cluster secret, while every node goes on judging.
extension Walk {
    func changeSecret(whileValidating key: IssuedKey) throws {
        let before = try fingerprints()
        let watch = try ValidationWatch(key: key.text, on: cluster.nodes)
        let file = cluster.directory + "/new.secret"
        let runs = try cluster.rotateSecrets(to: file)
        for run in runs { #expect(run.end == .exited(0), "\(run)") }
        let account = watch.stop()
        #expect(account.failures.isEmpty, "\(account.failures)")
        for node in cluster.nodes { #expect(account.counts[node.id, default: 0] > 0) }
        #expect(runs.last?.text.contains("The change is complete") == true)

        let after = try fingerprints()
        #expect(Set(before).count == 1 && Set(after).count == 1 && before[0] != after[0])
        #expect(after[0].count == 1, "an old secret is still accepted: \(after)")
        let secret = Files.text(of: file)
        for node in cluster.nodes { #expect(Files.text(of: node.files.secret) == secret) }
        // It is what a node that starts has, too.
        let node = cluster.nodes[2]
        #expect(try node.terminate() == .exited(0))
        try node.start()
        try node.waitUntilReady()
    }

    /// Of the secrets that each node accepts.
    private func fingerprints() throws -> [[String]] {
        try cluster.nodes.map { node in
            let answer = try cluster.get("/v1/cluster", on: node.index)
            #expect(answer.json["node"]?.text == node.id)
            return try #require(answer.json["secrets"]?.list).compactMap(\.text)
        }
    }
}
