import Basics
import Testing

// A leader's death, with charges and a settlement on their way.
extension Walk {
    func killLeader(whileSpendingWith key: IssuedKey) throws {
        try cluster.setLimit(of: user, in: tenant, credits: 1_000_000)
        let before = try #require(try balance().spent)
        let placed = try cluster.settle(.hold(40, as: "job-5", key: key.text))
        #expect(placed.status == 200, "\(placed)")
        let stream = try ChargeStream(cluster: cluster, key: key.text, clients: 3)
        try stream.waitForMore(20)
        let leader = try cluster.leader()
        let cluster = cluster
        let settlement = Request.settlement(of: "job-5", for: 30, key: key.text)
        let answers = try concurrently(2) { part in
            guard part == 0 else {
                try leader.kill()
                return Answer?.none
            }
            return try cluster.settle(settlement, first: (leader.index + 1) % 3)
        }
        try stream.waitForMore(20)
        try leader.start()
        try leader.waitUntilReady()
        let records = try stream.stop()

        let settled = try #require(answers[0])
        #expect(settled.status == 200 && settled.json["charged"] == .number(30), "\(settled)")
        for node in 0..<3 {
            let again = try cluster.settle(settlement, first: node)
            #expect(again.json["replayed"] == .flag(true), "\(again)")
            for name in ["charged", "spent", "index"] {
                #expect(again.json[name] == settled.json[name], "\(name): \(again)")
            }
        }
        let (faults, sum) = try cluster.audit(records, key: key.text)
        #expect(faults.isEmpty, "\(faults)")
        let spent = before + 30 + sum
        #expect(try balance() == Balance(spent, 0, 1_000_000 - spent))
    }
}
