import Basics
import Testing

extension RealProcesses {
    /// What is held can't be spent twice, and a hold ends once.
    @Suite struct Holds {
        @Test func `a hold placed at one node is settled at another, once, whoever leads`() throws {
            try TestCluster.run { cluster in
                let (tenant, key) = try Charges.spender(in: cluster)
                try cluster.setLimit(of: key.user, in: tenant, credits: 100)
                let id = IdempotencyID.uuidV7()
                let placed = try cluster.settle(.hold(70, as: id, key: key.text))
                #expect(placed.status == 200, "\(placed)")
                #expect(placed.json["id"]?.text == id)
                #expect(placed.json["state"]?.text == "open")
                #expect(placed.json["remaining"] == .number(30))
                let beyond = try cluster.settle(ChargeRecord(credits: 31).request(key: key.text))
                #expect(beyond.status == 403 && beyond.code == "credits_exhausted", "\(beyond)")
                #expect(
                    try cluster.balance(of: key.user, in: tenant) == .init(0, 70, 30))
                // The nodes know it too, as soon as they have heard.
                _ = try eventually("the hold to be known") {
                    let cost = Request("GET", "/v1/auth?cost=31", token: key.text)
                    return try cluster.nodes[2].send(cost).code == "credits_exhausted" ? true : nil
                }
                let above = try cluster.settle(.settlement(of: id, for: 71, key: key.text))
                #expect(above.status == 409 && above.code == "hold_exceeded", "\(above)")
                #expect(above.json["limit"] == .number(70))

                try cluster.leader().kill()
                let settlement = Request.settlement(of: id, for: 20, key: key.text)
                let settled = try cluster.settle(settlement, first: 1)
                #expect(settled.status == 200, "\(settled)")
                #expect(settled.json["charged"] == .number(20))
                for node in 0..<3 {
                    let again = try cluster.settle(settlement, first: node)
                    #expect(again.json["replayed"] == .flag(true), "\(again)")
                    #expect(again.json["index"] == settled.json["index"])
                }
                let late = try cluster.settle(.voiding(id, key: key.text))
                #expect(late.status == 409 && late.code == "hold_ended", "\(late)")
                #expect(
                    try cluster.balance(of: key.user, in: tenant) == .init(20, 0, 80))
            }
        }

        @Test func `a hold that nobody settles lapses by itself`() throws {
            try TestCluster.run { cluster in
                let (tenant, key) = try Charges.spender(in: cluster)
                try cluster.setLimit(of: key.user, in: tenant, credits: 10)
                let placed = try cluster.settle(.hold(10, as: "job", for: 1, key: key.text))
                #expect(placed.status == 200, "\(placed)")
                _ = try eventually("the hold to lapse") {
                    try cluster.balance(of: key.user, in: tenant) == .init(0, 0, 10)
                        ? true : nil
                }
                let late = try cluster.settle(.settlement(of: "job", for: 1, key: key.text))
                #expect(late.status == 409 && late.code == "hold_ended", "\(late)")
                let unknown = try cluster.settle(.settlement(of: "none", for: 1, key: key.text))
                #expect(unknown.status == 404, "\(unknown)")
            }
        }

        @Test func `users of an account share its pool, and what they hold of it`() throws {
            try TestCluster.run { cluster in
                let (tenant, key) = try Charges.spender(in: cluster)
                let other = try cluster.makeUser(of: tenant, email: "bob@example.com")
                let second = try cluster.makeKey(of: tenant, user: other, on: 1)
                let pool = tenant.path + "/pools/rest"
                let set = try cluster.change(
                    "PUT", pool, json: #"{"credits": 10, "period": "month"}"#
                ).orThrow("setting a pool")
                #expect(set.json["remaining"] == .number(10), "\(set)")
                let admin = try cluster.makeToken(
                    role: "auditor", tenant: tenant, user: nil)
                let refused = try cluster.change("DELETE", pool, token: admin.text)
                #expect(refused.status == 403, "\(refused)")

                #expect(
                    try cluster.settle(.hold(6, as: "job", key: key.text)).status == 200)
                let beyond = try cluster.settle(ChargeRecord(credits: 5).request(key: second.text))
                #expect(beyond.code == "credits_exhausted", "\(beyond)")
                #expect(beyond.json["remaining"] == .number(4))
                let fits = try cluster.settle(ChargeRecord(credits: 4).request(key: second.text))
                #expect(fits.status == 200 && fits.json["remaining"] == .null, "\(fits)")
                let shown = try cluster.get(pool, token: admin.text)
                #expect(shown.json["spent"] == .number(4) && shown.json["held"] == .number(6))
                let credits = try cluster.get("/v1/credits", token: key.text)
                #expect(credits.json["pool"]?["remaining"] == .number(0), "\(credits)")
                #expect(credits.json["user_remaining"] == .null)

                _ = try cluster.change("DELETE", tenant.path + "/users/\(key.user)")
                    .orThrow("removing a user")
                let freed = try cluster.settle(ChargeRecord(credits: 6).request(key: second.text))
                #expect(freed.status == 200, "\(freed)")
                let actions = try cluster.items(tenant.path + "/audit")
                    .compactMap { $0["action"]?.text }
                #expect(actions.contains("pool.set"))
            }
        }
    }
}
