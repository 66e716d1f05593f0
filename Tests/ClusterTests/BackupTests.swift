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
                let taken = try CommandRun(
                    ["backup", file, "--endpoint", "http://127.0.0.1:\(node.httpPort)"],
                    by: cluster)
                #expect(taken.end == .exited(0), "\(taken)")
                try stream.waitForMore(30)
                let records = try stream.stop()
                try cluster.killAll()

                let restored = try RestoredCluster(from: file, of: cluster)
                #expect(restored.id != cluster.clusterID)
                let nodes = restored.nodes
                for node in nodes {
                    let valid = try node.send(
                        Request("GET", "/v1/auth?api=rest", token: key.text))
                    #expect(valid.status == 200, "\(valid)")
                    let refused = try node.send(Request("GET", "/v1/auth", token: off.text))
                    #expect(refused.status == 401, "\(refused)")
                }
                // A retry of a charge from before is answered as then, and not made again.
                let again = try nodes.settle(early.request(key: key.text))
                #expect(ChargeRecord.acknowledgement(in: again) == told, "\(again)")
                #expect(again.json["replayed"]?.flag == true, "\(again)")
                // Each of the others is made once, whether or not the backup held it.
                for record in records {
                    let answer = try nodes.settle(record.request(key: key.text))
                    #expect(answer.json["charged"]?.number == record.credits, "\(answer)")
                }
                let usage = try nodes.settle(
                    Request("GET", tenant.path + "/usage", token: cluster.operatorToken))
                let row = usage.json["items"]?.list?.first { $0["api"]?.text == "rest" }
                let sum = records.reduce(7) { $0 + $1.credits }
                #expect(row?["spent"]?.number == sum)
                try restored.stop()
            }
        }
    }
}
