import Basics
import Testing

extension RealProcesses {
    /// A copy of a running cluster becomes another one.
    @Suite struct Backups {
        @Test func `what is answered before a backup is in what is restored from it`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                try cluster.setLimit(of: user, in: tenant, credits: 1_000_000)
                let key = try cluster.makeKey(of: tenant, user: user)
                let off = try cluster.makeKey(of: tenant, user: user, active: false)
                let stream = try ChargeStream(cluster: cluster, key: key.text, clients: 3)
                try stream.waitForMore(60)
                let early = ChargeRecord(credits: 7)
                let told = ChargeRecord.acknowledgement(
                    in: try cluster.settle(early.request(key: key.text)))
                // Of a follower, which may lag behind, while charges go on.
                let node = try cluster.followers()[0]
                let file = cluster.directory + "/backup"
                let taken = try run(
                    [
                        "backup", file, "--endpoint", "http://127.0.0.1:\(node.httpPort)",
                        "--token-file", cluster.directory + "/operator.token",
                    ], cluster)
                #expect(taken.end == .exited(0), "\(taken.text)")
                try stream.waitForMore(30)
                let records = try stream.stop()
                try cluster.killAll()

                let restored = try restore(file, cluster)
                for node in restored { try node.start() }
                for node in restored { try node.waitUntilReady() }
                for node in restored {
                    let valid = try node.send(
                        Request("GET", "/v1/auth?api=rest", token: key.text))
                    #expect(valid.status == 200, "\(valid)")
                    let refused = try node.send(Request("GET", "/v1/auth", token: off.text))
                    #expect(refused.status == 401, "\(refused)")
                }
                // A retry of a charge from before is answered as then, and not made again.
                let again = try settle(early.request(key: key.text), restored)
                #expect(ChargeRecord.acknowledgement(in: again) == told, "\(again)")
                #expect(again.json["replayed"]?.flag == true, "\(again)")
                // Each of the others is made once, whether or not the backup held it.
                for record in records {
                    let answer = try settle(record.request(key: key.text), restored)
                    #expect(answer.json["charged"]?.number == record.credits, "\(answer)")
                }
                let usage = try settle(
                    Request("GET", tenant.path + "/usage", token: cluster.operatorToken), restored)
                let row = usage.json["items"]?.list?.first { $0["api"]?.text == "rest" }
                let sum = records.reduce(7) { $0 + $1.credits }
                #expect(row?["spent"]?.number == sum)
                for node in restored { try node.kill() }
            }
        }

        /// Three nodes of a new cluster under the old ids, each restored by itself.
        private func restore(_ file: String, _ cluster: TestCluster) throws -> [TestNode] {
            let nodes = try cluster.makeSibling(named: "restored")
            var id: [String] = []
            for node in nodes {
                let words = ["restore", file, "--config", node.files.configuration] + id
                let done = try run(words, cluster)
                #expect(done.end == .exited(0), "\(done.text)")
                if id.isEmpty {
                    let line = done.text.split(separator: "\n").first {
                        $0.hasPrefix("cluster_id")
                    }
                    let newID = try #require(line?.split(separator: " ").last)
                    #expect(newID != cluster.clusterID)
                    id = ["--cluster-id", String(newID)]
                }
            }
            return nodes
        }

        private func settle(_ request: Request, _ nodes: [TestNode]) throws -> Answer {
            var attempt = 0
            return try eventually("\(request.method) \(request.path)") {
                attempt += 1
                let answer = try? nodes[attempt % nodes.count].send(request)
                return answer.flatMap { $0.isTransient ? nil : $0 }
            }
        }

        private func run(
            _ words: [String], _ cluster: TestCluster
        ) throws -> (end: ProcessEnd, text: String) {
            let output = cluster.directory + "/backup.out"
            Files.remove(output)
            let process = try ChildProcess(
                Program.path, words, environment: Program.environment, output: output)
            return (try process.wait(within: .seconds(60)), Files.text(of: output))
        }
    }
}
