import Basics
import Foundation
import Testing

extension RealProcesses {
    /// Full keys, tokens and the cluster's secret stand nowhere but where they belong.
    @Suite struct Secrets {
        /// What the session below hands out and what may be seen of it.
        private struct Session {
            var secrets: [String] = []
            /// Texts that must be found: a search that finds nothing proves nothing.
            var known: [String] = []
        }

        @Test func `no key, token or secret reaches a disk, a log or a peer link`() throws {
            var shape = ClusterShape()
            shape.recordsPeerTraffic = true
            shape.settings["log_level"] = "\"debug\""
            try TestCluster.run(shape) { cluster in
                var session = Session(secrets: [cluster.operatorToken, cluster.secret])
                try use(cluster, &session)
                for node in cluster.nodes {
                    let request = Request(
                        "POST", "/v1/cluster/snapshot", token: cluster.operatorToken)
                    _ = try node.send(request).orThrow("a snapshot")
                }
                for node in cluster.nodes {
                    #expect(try node.terminate() == .exited(0))
                }
                for proxy in cluster.proxies { proxy.stop() }
                search(cluster, session)
            }
        }

        private func use(_ cluster: TestCluster, _ session: inout Session) throws {
            let tenant = try cluster.makeTenant(named: "Needle in the haystack")
            session.known.append("Needle in the haystack")
            for number in 0..<3 {
                let user = try cluster.makeUser(
                    of: tenant, email: "user\(number)@example.com", role: "admin", on: number)
                for api in ["rest", "batch"] {
                    let key = try cluster.makeKey(of: tenant, user: user, api: api, on: number)
                    session.secrets.append(key.text)
                    try present(key, to: cluster)
                }
                let token = try cluster.makeToken(
                    role: "admin", tenant: tenant, user: user, on: number)
                session.secrets.append(token.text)
                for node in cluster.nodes {
                    _ = try node.send(Request("GET", tenant.path + "/keys", token: token.text))
                    // Secrets in the wrong places, as people put them.
                    _ = try node.send(Request("GET", "/v1/\(token.text)", token: token.text))
                    _ = try node.send(
                        Request("GET", "/v1/auth?api_key=\(token.text)", token: token.text + "x"))
                    _ = try node.send(
                        Request(
                            "POST", tenant.path + "/users", token: token.text,
                            json: #"{"\#(token.text)": 1}"#))
                }
            }
        }

        /// Everything a service does with a key, and some things it shouldn't.
        private func present(_ key: IssuedKey, to cluster: TestCluster) throws {
            for node in cluster.nodes {
                let client = node.client()
                for header in ["api-key", "X-API-Key"] {
                    _ = try client.send(Request("GET", "/v1/auth").with(header, key.text))
                }
                _ = try client.send(Request("GET", "/v1/auth", token: key.text))
                _ = try client.send(Request("GET", "/v1/credits", token: key.text))
                _ = try client.send(Request("GET", "/v1/auth?api_key=\(key.text)"))
                _ = try client.send(Request("GET", "/v1/auth/\(key.text)", token: key.text))
                _ = try client.send(Request("GET", "/v1/accounts", token: key.text))
                _ = try client.send(
                    Request("GET", "/v1/auth", token: key.text).with("api-key", key.text))
                _ = try client.send(
                    Request(
                        "POST", "/v1/verify", json: #"{"key": "\#(key.text)", "api": "rest"}"#))
                _ = try client.send(ChargeRecord(credits: 3).request(key: key.text))
                let record = ChargeRecord(credits: 3)
                _ = try client.send(
                    Request(
                        "POST", "/v1/charges",
                        json: #"{"credits": 3, "id": "\#(record.id)", "key": "\#(key.text)"}"#))
            }
        }

        private func search(_ cluster: TestCluster, _ session: Session) {
            var places: [(name: String, bytes: Data)] = cluster.proxies.flatMap(\.streams)
                .enumerated().map { ("peer stream \($0.offset)", Data($0.element)) }
            for name in Files.below(cluster.directory)
            where name != "cluster.secret" && name != "operator.token" {
                let bytes = (try? Files.bytes(of: "\(cluster.directory)/\(name)")) ?? []
                places.append((name, Data(bytes)))
            }
            for (name, bytes) in places {
                for secret in session.secrets {
                    // The random digits alone would do harm enough.
                    let tail = Array(secret.utf8.suffix(36))
                    #expect(!Files.contains(tail, in: bytes), "\(name) holds \(secret)")
                }
            }
            for known in session.known {
                let holders = places.filter { Files.contains(known.utf8, in: $0.bytes) }
                for node in cluster.nodes {
                    #expect(holders.contains { $0.name.hasPrefix("\(node.id)/data") })
                }
                #expect(holders.contains { $0.name.hasPrefix("peer stream") })
            }
        }

        @Test func `a full key is in one answer and in no other`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let json = #"{"api": "rest", "name": "n", "user": "\#(user)"}"#
                let request = Request(
                    "POST", tenant.path + "/keys", token: cluster.operatorToken, json: json
                ).with("Idempotency-Key", IdempotencyID.uuidV7())
                let first = try cluster.settle(request).orThrow("a key")
                let again = try cluster.settle(request, first: 1).orThrow("the same key")
                #expect(first.json["id"] != nil && first.json["id"] == again.json["id"])
                let key = try #require(first.json["key"]?.text)
                #expect(again.json["key"] == nil || again.json["key"] == .null, "\(again)")
                let id = try #require(first.json["id"]?.text)
                let tail = String(key.suffix(36))
                for path in [
                    "/keys", "/keys/\(id)", "/users", "/users/\(user)", "/usage", "/audit",
                ] {
                    let answer = try cluster.get(tenant.path + path).orThrow(path)
                    #expect(!answer.text.contains(tail), "\(path)")
                }
                let detail = try cluster.get(tenant.path + "/keys/\(id)")
                let display = try #require(detail.json["display"]?.text)
                #expect(display.hasPrefix("kc_rest_") && display.hasSuffix(key.suffix(4)))
                #expect(display.count < 20)
            }
        }
    }
}
