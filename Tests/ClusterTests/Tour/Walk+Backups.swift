import Basics
import Testing

// A copy of the running cluster, which becomes another one.
extension Walk {
    func backUp(with key: IssuedKey) throws {
        let charge = ChargeRecord(credits: 7).request(key: key.text)
        let told = try cluster.settle(charge)
        #expect(told.status == 200, "\(told)")
        let held = try cluster.settle(.hold(12, as: "job-6", for: 3600, key: key.text))
        #expect(held.status == 200, "\(held)")
        let file = cluster.directory + "/backup"
        let watch = try ValidationWatch(key: key.text, on: cluster.nodes)
        _ = try done("backup", file)
        let account = watch.stop()
        #expect(account.failures.isEmpty, "\(account.failures)")
        try inspect(file)

        let standing = try standing(of: cluster.nodes)
        try cluster.killAll()
        let restored = try RestoredCluster(from: file, of: cluster)
        #expect(restored.id != cluster.clusterID)
        let nodes = restored.nodes
        let status = try nodes.settle(
            Request("GET", "/v1/cluster", token: cluster.operatorToken))
        #expect(status.json["cluster_id"]?.text == restored.id)
        #expect(try self.standing(of: nodes) == standing)

        for node in 0..<3 {
            let again = try nodes.settle(charge, first: node)
            #expect(again.status == 200 && again.json["replayed"] == .flag(true), "\(again)")
            for name in ["charged", "spent", "index"] {
                #expect(again.json[name] == told.json[name], "\(name): \(again)")
            }
        }
        #expect(try self.standing(of: nodes) == standing, "a retry was charged again")
        // What was held is held, and can be settled here.
        let settled = try nodes.settle(.settlement(of: "job-6", for: 5, key: key.text))
        #expect(settled.json["charged"] == .number(5), "\(settled)")
        #expect(settled.json["spent"]?.number == told.json["spent"]?.number.map { $0 + 5 })
        try restored.stop()
    }

    private func inspect(_ file: String) throws {
        let found = try done("inspect", file)
        #expect(found["kind"]?.text == "backup" && found["checksums"]?.text == "verified")
        #expect(found["cluster_id"]?.text == cluster.clusterID)
        #expect(found["accounts"] == .number(2) && found["users"] == .number(5), "\(found)")
        #expect(found["apis"] == .list(["batch", "rest", "search"].map(JSONValue.text)))
        // A byte of it is changed.
        var bytes = try Files.bytes(of: file)
        bytes[bytes.count / 2] ^= 1
        let damaged = cluster.directory + "/damaged"
        try Files.write(bytes, to: damaged)
        let refused = try keyclave(["inspect", damaged])
        #expect(refused.end == .exited(1) && refused.output.isEmpty, "\(refused)")
    }

    /// All that a key may do and has done, as these nodes have it.
    private struct Standing: Hashable {
        var verdicts: [[String?]] = []
        var lists: [[JSONValue]] = []
    }

    private func standing(of nodes: [TestNode]) throws -> Standing {
        var standing = Standing()
        for (text, api) in ledger {
            let verdicts = try verdicts(text, api, of: nodes).map { _, answer in
                ["\(answer.status)", answer.code]
                    + ["account", "user", "key", "api"].map { answer.headers["x-keyclave-\($0)"] }
            }
            #expect(Set(verdicts).count == 1, "the nodes differ: \(verdicts)")
            standing.verdicts.append(verdicts[0])
        }
        #expect(Set(standing.verdicts.map { $0[0] }) == ["200", "401"])
        for list in ["keys", "usage", "users", "audit"] {
            let answer = try nodes.settle(
                Request("GET", tenant.path + "/\(list)?limit=1000", token: cluster.operatorToken))
            let items = try #require(answer.json["items"]?.list)
            // Stamps of use may lag.
            standing.lists.append(items.map { $0.without("last_used_at") })
        }
        return standing
    }
}
