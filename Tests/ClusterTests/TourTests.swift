import Basics
import Testing

extension RealProcesses {
    /// What an operator and a service do with three nodes, and what must survive their deaths.
    @Suite struct Tour {
        @Test func `a key created on one node opens every node`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant, on: 1)
                let key = try cluster.makeKey(of: tenant, user: user, on: 2)
                for node in cluster.nodes {
                    let answer = try cluster.validate(key.text, on: node, reflecting: key.index)
                    #expect(answer.status == 200 && answer.body.isEmpty, "\(node.id): \(answer)")
                    #expect(answer.headers["x-keyclave-node"] == node.id)
                    #expect(answer.headers["x-keyclave-account"] == tenant.account)
                    #expect(answer.headers["x-keyclave-user"] == user)
                    #expect(answer.headers["x-keyclave-key"] == key.id)
                    #expect(answer.headers["x-keyclave-api"] == "rest")
                    let other = try cluster.validate(
                        key.text, api: "batch", on: node, reflecting: key.index)
                    #expect(other.status == 403 && other.code == "wrong_api", "\(other)")
                    try expectVerdict(on: node, key: key, tenant: tenant)
                }
            }
        }

        private func expectVerdict(on node: TestNode, key: IssuedKey, tenant: Tenant) throws {
            let json = #"{"key": "\#(key.text)", "api": "rest"}"#
            let answer = try node.send(Request("POST", "/v1/verify", json: json))
            #expect(answer.status == 200, "\(answer)")
            #expect(answer.json["valid"] == .flag(true))
            #expect(answer.json["code"] == .text("valid"))
            #expect(answer.json["key_id"] == .text(key.id))
            #expect(answer.json["account_id"] == .text(tenant.account))
            #expect(answer.json["user_id"] == .text(key.user))
            #expect(answer.json["credits"]?["allowance"] == .null)
            #expect(answer.json["credits"]?["remaining"] == .null)
        }

        @Test func `a user has at most three active keys, whichever nodes are asked`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let json = #"{"api": "batch", "name": "n", "user": "\#(user)"}"#
                let answers = try concurrently(9) { client in
                    try cluster.change("POST", tenant.path + "/keys", json: json, on: client)
                }
                #expect(answers.count { $0.status == 201 } == 3, "\(answers)")
                let refused = answers.filter { $0.status != 201 }
                #expect(refused.allSatisfy { $0.status == 409 && $0.code == "active_key_limit" })
                #expect(refused.allSatisfy { $0.json["limit"] == .number(3) }, "\(refused)")

                let spare = try cluster.makeKey(of: tenant, user: user, active: false)
                let path = tenant.path + "/keys/\(spare.id)"
                let fourth = try cluster.change("PATCH", path, json: #"{"active": true}"#)
                #expect(fourth.code == "active_key_limit", "\(fourth)")
                #expect(try cluster.items(tenant.path + "/keys").count == 4)
            }
        }

        @Test func `a key that is switched off opens nothing until it is switched on`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let key = try cluster.makeKey(of: tenant, user: user)
                let path = tenant.path + "/keys/\(key.id)"
                var refusals: Set<[JSONValue?]> = []
                for (json, status, on) in [
                    (#"{"active": false}"#, 401, 1), (#"{"active": true}"#, 200, 2),
                    (#"{"active": false}"#, 401, 0),
                ] {
                    let change = try cluster.change("PATCH", path, json: json, on: on)
                        .orThrow("toggling")
                    #expect(change.json["state"]?.text == (status == 200 ? "active" : "inactive"))
                    for node in cluster.nodes {
                        let answer = try cluster.validate(
                            key.text, on: node, reflecting: try #require(change.index))
                        #expect(answer.status == status, "\(node.id): \(answer)")
                        if status == 401 { refusals.insert(self.publicParts(of: answer)) }
                    }
                }
                let revoked = try cluster.change("DELETE", path).orThrow("revoking")
                let again = try cluster.change("PATCH", path, json: #"{"active": true}"#)
                #expect(again.status == 409 && again.code == "key_revoked", "\(again)")
                for node in cluster.nodes {
                    let answer = try cluster.validate(
                        key.text, on: node, reflecting: try #require(revoked.index))
                    refusals.insert(self.publicParts(of: answer))
                    let unknown = "kc_rest_" + String(repeating: "0", count: 36)
                    refusals.insert(
                        self.publicParts(
                            of: try node.send(Request("GET", "/v1/auth", token: unknown))))
                }
                #expect(refusals.count == 1, "refused keys can be told apart: \(refusals)")
                #expect(refusals.first?.first == .text("Invalid API key"))
            }
        }

        private func publicParts(of answer: Answer) -> [JSONValue?] {
            ["title", "type", "code", "detail", "status"].map { answer.json[$0] }
        }

        @Test func `removing a user ends all their keys and tokens in one entry`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant, role: "admin")
                let keys = try (0..<3).map { node in
                    try cluster.makeKey(of: tenant, user: user, on: node)
                }
                let token = try cluster.makeToken(role: "admin", tenant: tenant, user: user)
                #expect(try cluster.get("/v1/whoami", token: token.text).status == 200)
                let removal = try cluster.change("DELETE", tenant.path + "/users/\(user)")
                    .orThrow("removing a user")
                for node in cluster.nodes {
                    for key in keys {
                        let answer = try cluster.validate(
                            key.text, on: node, reflecting: try #require(removal.index))
                        #expect(answer.status == 401, "\(node.id): \(answer)")
                    }
                    let whoami = try node.send(Request("GET", "/v1/whoami", token: token.text))
                    #expect(whoami.status == 401, "\(whoami)")
                }
            }
        }
    }
}
