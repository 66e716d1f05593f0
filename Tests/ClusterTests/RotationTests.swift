import Basics
import HTTP
import Linux
import Testing

extension RealProcesses {
    /// A key's text is replaced, with and without an outage, and keys and APIs come to their end.
    @Suite struct Rotations {
        @Test func `after a rotation every node lets the new text in and the old one out`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let old = try cluster.makeKey(of: tenant, user: user, api: "batch", on: 1)
                let new = try cluster.rotate(old, of: tenant, on: 2)
                #expect(new.text.hasPrefix("kc_batch_"))
                for node in cluster.nodes {
                    let refused = try cluster.validate(
                        old.text, api: "batch", on: node, reflecting: new.index)
                    #expect(refused.status == 401 && refused.code == "invalid_key", "\(refused)")
                    let answer = try cluster.validate(
                        new.text, api: "batch", on: node, reflecting: new.index)
                    #expect(answer.status == 200, "\(answer)")
                    #expect(answer.headers["x-keyclave-key"] == new.id)
                }
                let shown = try cluster.get(tenant.path + "/keys/\(old.id)")
                #expect(shown.json["state"] == .text("revoked"), "\(shown)")
                #expect(shown.json["replaced_by"] == .text(new.id))
                let actions = try cluster.items(tenant.path + "/audit").map { $0["action"]?.text }
                #expect(actions.first == "key.rotated", "\(actions)")
            }
        }

        @Test func `with grace both texts are good until time ends the old one everywhere`() throws
        {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let old = try cluster.makeKey(of: tenant, user: user)
                let began = Clocks.now()
                let new = try cluster.rotate(old, of: tenant, #"{"grace_seconds": 3}"#)
                for node in cluster.nodes {
                    for key in [old, new] {
                        let answer = try cluster.validate(
                            key.text, on: node, reflecting: new.index)
                        // On a machine that stood still meanwhile the grace may be over.
                        #expect(answer.status == 200 || Clocks.now() - began > .seconds(3))
                    }
                }
                let shown = try cluster.get(tenant.path + "/keys/\(old.id)")
                if Clocks.now() - began < .seconds(3) {
                    #expect(shown.json["state"] == .text("retiring"), "\(shown)")
                    #expect(shown.json["retires_at"]?.text != nil)
                }
                // Nothing else is asked for: the leader lets time pass by itself.
                for node in cluster.nodes {
                    try eventually("the grace to end at \(node.id)") {
                        try node.send(.validation(of: old.text)).status == 401
                    }
                    #expect(try node.send(.validation(of: new.text)).status == 200)
                }
                #expect(Clocks.now() - began > .seconds(2))
            }
        }

        @Test func `a repeated rotation tells the same key, and its text no more`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let key = try cluster.makeKey(of: tenant, user: user)
                let request = Request(
                    "POST", tenant.path + "/keys/\(key.id)/rotate", token: cluster.operatorToken,
                    json: #"{"grace_seconds": 60}"#
                ).with("Idempotency-Key", IdempotencyID.uuidV7())
                let first = try cluster.settle(request, first: 0).orThrow("rotating")
                let again = try cluster.settle(request, first: 1).orThrow("rotating again")
                #expect(again.json["id"] == first.json["id"])
                #expect(again.json["old"] == first.json["old"])
                #expect(again.json["key"] == nil, "\(again)")
                #expect(again.headers["idempotency-replayed"] == "true")
            }
        }

        @Test func `an expiry ends a key everywhere, and looks like anything else`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let expiry = RFC3339.text(Clocks.wall() + .seconds(3))
                let created = try cluster.nodes[0].send(
                    Request(
                        "POST", tenant.path + "/keys", token: cluster.operatorToken,
                        json:
                            #"{"api": "rest", "name": "k", "user": "\#(user)", "expires_at": "\#(expiry)"}"#
                    )
                ).orThrow("creating a key")
                let text = try #require(created.json["key"]?.text)
                let id = try #require(created.json["id"]?.text)
                #expect(created.json["expires_at"] == .text(expiry))
                for node in cluster.nodes {
                    try eventually("the key to expire at \(node.id)") {
                        try node.send(.validation(of: text)).code == "invalid_key"
                    }
                }
                let shown = try cluster.get(tenant.path + "/keys/\(id)")
                #expect(shown.json["state"] == .text("expired"), "\(shown)")
                let revived = try cluster.change(
                    "PATCH", tenant.path + "/keys/\(id)", json: #"{"active": true}"#)
                #expect(revived.status == 409 && revived.code == "key_expired", "\(revived)")
                let past = try cluster.change(
                    "POST", tenant.path + "/keys",
                    json:
                        #"{"api": "rest", "name": "k", "user": "\#(user)", "expires_at": "\#(expiry)"}"#
                )
                #expect(past.status == 400 && past.json["field"] == .text("expires_at"), "\(past)")
            }
        }

        @Test func `an operator's own API is opened by keys, and goes when nothing uses it`() throws
        {
            try TestCluster.run(ClusterShape(nodeCount: 1)) { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let create = #"{"slug": "search", "name": "Search API"}"#
                let created = try cluster.change("POST", "/v1/apis", json: create)
                #expect(created.status == 201, "\(created)")
                #expect(try cluster.change("POST", "/v1/apis", json: create).code == "api_taken")
                let key = try cluster.makeKey(of: tenant, user: user, api: "search")
                #expect(key.text.hasPrefix("kc_search_"))
                let answer = try cluster.validate(
                    key.text, api: "search", on: cluster.nodes[0], reflecting: key.index)
                #expect(answer.status == 200 && answer.headers["x-keyclave-api"] == "search")
                let slugs = try cluster.items("/v1/apis").map { $0["slug"]?.text }
                #expect(slugs == ["batch", "rest", "search"])
                let used = try cluster.change("DELETE", "/v1/apis/search")
                #expect(used.status == 409 && used.code == "api_in_use", "\(used)")
                _ = try cluster.change("DELETE", tenant.path + "/keys/\(key.id)")
                #expect(try cluster.change("DELETE", "/v1/apis/search").status == 204)
                let admin = try cluster.makeUser(of: tenant, email: "b@x.com", role: "admin")
                let token = try cluster.makeToken(role: "admin", tenant: tenant, user: admin)
                let forbidden = try cluster.change(
                    "POST", "/v1/apis", json: create, token: token.text)
                #expect(forbidden.status == 403, "\(forbidden)")
            }
        }
    }
}
