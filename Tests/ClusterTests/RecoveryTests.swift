import Basics
import Testing

extension RealProcesses {
    /// Two nodes of three are gone for good.
    @Suite struct LostMajority {
        @Test func `one survivor becomes a cluster of its own, and grows again`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let key = try cluster.makeKey(of: tenant, user: user)
                let stream = try ChargeStream(cluster: cluster, key: key.text, clients: 2)
                try stream.waitForMore(50)
                let records = try stream.stop()
                let spent = try cluster.spent(by: user, in: tenant)
                let survivor = cluster.nodes[0]
                let newest = records.compactMap { $0.acknowledged?.index }.max() ?? 0
                try eventually("the survivor to hold everything") {
                    let status = try survivor.send(
                        Request("GET", "/v1/cluster", token: cluster.operatorToken))
                    return status.json["durable_index"]?.number ?? 0 >= newest
                }
                try cluster.killAll()

                let heir = try cluster.makeNode(number: 9)
                let words = ["--from", survivor.files.data, "--config", heir.files.configuration]
                let look = try recover(words, cluster)
                #expect(look.end == .exited(2), "\(look.text)")
                #expect(look.text.contains(cluster.clusterID))
                #expect(look.text.contains("is lost"))
                let wrong = try recover(words + ["--confirm", IdempotencyID.uuidV7()], cluster)
                #expect(wrong.end == .exited(1), "\(wrong.text)")
                let done = try recover(words + ["--confirm", cluster.clusterID], cluster)
                #expect(done.end == .exited(0), "\(done.text)")
                let newID = try #require(
                    done.text.split(separator: "\n").first { $0.hasPrefix("cluster_id") }?
                        .split(separator: " ").last)

                try heir.start()
                try heir.waitUntilReady()
                let valid = try heir.send(Request("GET", "/v1/auth?api=rest", token: key.text))
                #expect(valid.status == 200)
                for record in records {
                    guard let told = record.acknowledged else { continue }
                    let answer = try heir.send(record.request(key: key.text))
                    #expect(ChargeRecord.acknowledgement(in: answer) == told, "\(answer)")
                }
                let usage = try heir.send(
                    Request("GET", tenant.path + "/usage", token: cluster.operatorToken))
                let row = usage.json["items"]?.list?.first { $0["api"]?.text == "rest" }
                #expect(row?["spent"]?.number == spent)

                // The survivor's own directory is as it was, and its cluster another.
                try survivor.start()
                try grow(cluster, heir, clusterID: String(newID), key: key.text)
                #expect(!survivor.isReady)
            }
        }

        /// The new cluster takes up a second node.
        private func grow(
            _ cluster: TestCluster, _ heir: TestNode, clusterID: String, key: String
        ) throws {
            let other = try cluster.makeNode(number: 10)
            try cluster.startJoining(other, clusterID: clusterID)
            let added = try heir.send(
                Request(
                    "POST", "/v1/cluster/members", token: cluster.operatorToken,
                    json: #"{"id": "n10", "address": "127.0.0.1:\#(other.peerPort)"}"#))
            #expect(added.status == 201, "\(added)")
            try other.waitUntilReady()
            let spread = try other.send(Request("GET", "/v1/auth?api=rest", token: key))
            #expect(spread.status == 200)
        }

        private func recover(
            _ words: [String], _ cluster: TestCluster
        ) throws -> (end: ProcessEnd, text: String) {
            let output = cluster.directory + "/recover.out"
            Files.remove(output)
            let process = try ChildProcess(
                Program.path, ["recover"] + words, environment: Program.environment,
                output: output)
            return (try process.wait(within: .seconds(60)), Files.text(of: output))
        }
    }
}
