import Basics
import Testing

extension RealProcesses {
    /// A limit is a limit, and a charge is made once.
    @Suite struct Charges {
        @Test func `eight clients who ask two nodes at once spend the limit to the last credit`()
            throws
        {
            let limit: Int64 = 700
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let key = try cluster.makeKey(of: tenant, user: user)
                try cluster.setLimit(of: user, in: tenant, credits: limit)
                let accepted = try concurrently(8) { client in
                    try Charges.spend(client: client, cluster: cluster, key: key.text)
                }.flatMap { $0 }

                #expect(accepted.reduce(0) { $0 + $1.charged } == limit)
                // Each charge begins where the one before ended: nothing is counted twice, and
                // nothing is left out.
                var counter: Int64 = 0
                for charge in accepted.sorted(by: { $0.spent < $1.spent }) {
                    #expect(charge.spent - charge.charged == counter)
                    counter = charge.spent
                }
                #expect(try cluster.spent(by: user, in: tenant) == limit)
                let one = try cluster.settle(ChargeRecord(credits: 1).request(key: key.text))
                #expect(one.status == 403 && one.code == "credits_exhausted", "\(one)")
                #expect(one.json["remaining"] == .number(0), "\(one)")
            }
        }

        /// Charges from nine credits down to one, each size until it doesn't fit any more, each
        /// sent to two nodes before either has answered.
        private static func spend(
            client: Int, cluster: TestCluster, key: String
        ) throws -> [ChargeRecord.Acknowledgement] {
            var accepted: [ChargeRecord.Acknowledgement] = []
            for credits in (1...9).reversed() {
                while true {
                    let record = ChargeRecord(credits: Int64(credits))
                    let request = record.request(key: key)
                    let count = cluster.nodes.count
                    let first = try Connection(port: cluster.nodes[client % count].httpPort)
                    let second = try Connection(port: cluster.nodes[(client + 1) % count].httpPort)
                    try first.send(request.bytes)
                    try second.send(request.bytes)
                    var outcomes: Set<ChargeRecord.Acknowledgement?> = []
                    var fresh = 0
                    for connection in [first, second] {
                        var buffer: [UInt8] = []
                        var answer = try HTTPClient.answer(on: connection, buffer: &buffer)
                        if answer.isTransient { answer = try cluster.settle(request) }
                        let outcome = ChargeRecord.acknowledgement(in: answer)
                        guard outcome != nil || answer.code == "credits_exhausted" else {
                            throw Unexpected(what: record.id, answer: answer)
                        }
                        outcomes.insert(outcome)
                        if answer.json["replayed"]?.flag == false { fresh += 1 }
                    }
                    #expect(outcomes.count == 1, "two answers for one id: \(outcomes)")
                    #expect(fresh <= 1, "\(record.id) was made \(fresh) times")
                    guard let made = outcomes.first ?? nil else { break }
                    accepted.append(made)
                }
            }
            return accepted
        }

        @Test func `killing the leader amid charges loses none and makes none twice`() throws {
            try TestCluster.run { cluster in
                let (tenant, key) = try Charges.spender(in: cluster)
                let stream = try ChargeStream(cluster: cluster, key: key.text)
                try stream.waitForMore(60)
                let leader = try cluster.leader()
                try leader.kill()
                try stream.waitForMore(60)
                try leader.start()
                try leader.waitUntilReady()
                try stream.waitForMore(60)
                let records = try stream.stop()
                try Charges.expectExact(records, cluster, tenant, key)
            }
        }

        @Test func `what was acknowledged before all nodes were killed is there afterwards`()
            throws
        {
            try TestCluster.run { cluster in
                let (tenant, key) = try Charges.spender(in: cluster)
                let before = try Charges.everything(cluster, tenant)
                let stream = try ChargeStream(cluster: cluster, key: key.text)
                try stream.waitForMore(100)
                try cluster.killAll()
                let records = try stream.stop()
                try cluster.startAll()
                #expect(try Charges.everything(cluster, tenant) == before)
                for node in cluster.nodes {
                    let answer = try cluster.validate(key.text, on: node, reflecting: key.index)
                    #expect(answer.status == 200, "\(node.id): \(answer)")
                }
                try Charges.expectExact(records, cluster, tenant, key)
            }
        }

        @Test func `many charges in one request share a log entry and their ids hold`() throws {
            try TestCluster.run { cluster in
                let (tenant, key) = try Charges.spender(in: cluster)
                try cluster.setLimit(of: key.user, in: tenant, credits: 25)
                let records = (0..<10).map { _ in ChargeRecord(credits: 3) }
                let members = records.map { record in
                    #"{"credits": 3, "id": "\#(record.id)", "key": "\#(key.text)"}"#
                }
                let json = #"{"charges": [\#(members.joined(separator: ", "))]}"#
                let batch = Request("POST", "/v1/charges", json: json)
                let answer = try cluster.settle(batch)
                #expect(answer.status == 200, "\(answer)")
                let outcomes = try #require(answer.json["charges"]?.list)
                #expect(outcomes.count == 10)
                #expect(outcomes.prefix(8).allSatisfy { $0["charged"]?.number == 3 }, "\(answer)")
                #expect(
                    outcomes.suffix(2).allSatisfy { $0["code"]?.text == "credits_exhausted" },
                    "\(answer)")
                #expect(Set(outcomes.prefix(8).map { $0["index"] }).count == 1)
                let again = try cluster.settle(batch, first: 1)
                let repeated = try #require(again.json["charges"]?.list)
                #expect(repeated.prefix(8).allSatisfy { $0["replayed"] == .flag(true) }, "\(again)")
                #expect(try cluster.spent(by: key.user, in: tenant) == 24)
            }
        }

        // MARK: What the tests above share

        static func spender(in cluster: TestCluster) throws -> (Tenant, IssuedKey) {
            let tenant = try cluster.makeTenant()
            let user = try cluster.makeUser(of: tenant)
            return (tenant, try cluster.makeKey(of: tenant, user: user))
        }

        static func expectExact(
            _ records: [ChargeRecord], _ cluster: TestCluster, _ tenant: Tenant, _ key: IssuedKey
        ) throws {
            let (faults, sum) = try cluster.audit(records, key: key.text)
            #expect(faults.isEmpty, "\(faults)")
            #expect(try cluster.spent(by: key.user, in: tenant) == sum)
        }

        /// Users, keys and audit trail, but for the stamps of use, which may lag.
        private static func everything(
            _ cluster: TestCluster, _ tenant: Tenant
        ) throws -> [[JSONValue]] {
            try ["/users", "/keys", "/audit"].map { list in
                try cluster.items(tenant.path + list).map { $0.without("last_used_at") }
            }
        }
    }
}
