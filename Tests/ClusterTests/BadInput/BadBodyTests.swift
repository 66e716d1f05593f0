import Basics
import Testing

extension RealProcesses {
    /// Wrong requests are refused with what is wrong, and change nothing.
    @Suite struct BadInput {
        /// A tenant with a user, a key and a limit, for requests to be wrong about.
        struct Scene: Sendable {
            var cluster: TestCluster
            var tenant: Tenant
            var user: String
            var key: IssuedKey
            var node: TestNode { cluster.nodes[1] }

            init(_ cluster: TestCluster) throws {
                self.cluster = cluster
                tenant = try cluster.makeTenant()
                user = try cluster.makeUser(of: tenant)
                key = try cluster.makeKey(of: tenant, user: user)
                try cluster.setLimit(of: user, in: tenant, credits: 1000)
            }

            var userPath: String { tenant.path + "/users/\(user)" }
            var limitPath: String { userPath + "/limits/rest" }
            var keyPath: String { tenant.path + "/keys/\(key.id)" }

            /// All that the cluster holds, but for stamps of use, which come by themselves.
            func books() throws -> [String: [JSONValue]] {
                var books: [String: [JSONValue]] = [:]
                for path in ["/v1/accounts", "/v1/tokens"]
                    + ["/users", "/keys", "/usage", "/audit"].map({ tenant.path + $0 })
                {
                    books[path] = try cluster.items(path).map { $0.without("last_used_at") }
                }
                books["settings"] = [try cluster.get("/v1/cluster/settings").json]
                return books
            }

            var endpoints: [Endpoint] {
                let token = cluster.operatorToken
                let choice = { Field("role", .choice, #""member""#, isRequired: $0) }
                return [
                    Endpoint("POST", "/v1/accounts", token, [Field("name", .name, #""A""#)]),
                    Endpoint("PATCH", tenant.path, token, [Field("name", .name, #""A""#)]),
                    Endpoint(
                        "POST", tenant.path + "/users", token,
                        [
                            Field("email", .email, #""new@example.com""#),
                            Field("name", .name, #""New""#), choice(false),
                        ]),
                    Endpoint(
                        "PATCH", userPath, token,
                        [Field("name", .name, #""New""#, isRequired: false), choice(false)]),
                    Endpoint(
                        "PUT", limitPath, token,
                        [
                            Field("credits", .credits, "5"),
                            Field("period", .choice, #""day""#),
                        ]),
                    Endpoint(
                        "POST", tenant.path + "/keys", token,
                        [
                            Field("api", .choice, #""rest""#), Field("name", .name, #""k""#),
                            Field("user", .identifier, "\"\(user)\""),
                            Field("active", .flag, "false", isRequired: false),
                        ]),
                    Endpoint(
                        "PATCH", keyPath, token,
                        [Field("active", .flag, "false", isRequired: false)]),
                    Endpoint(
                        "POST", "/v1/tokens", token,
                        [
                            Field("role", .choice, #""auditor""#),
                            Field(
                                "account", .identifier, "\"\(tenant.account)\"",
                                isRequired: false),
                            Field("name", .name, #""t""#, isRequired: false),
                        ]),
                    Endpoint(
                        "PATCH", "/v1/cluster/settings", token,
                        [Field("active_keys_per_user", .credits, "7", isRequired: false)]),
                    Endpoint(
                        "POST", "/v1/charges", key.text,
                        [
                            Field("credits", .charge, "5"),
                            Field("id", .idempotencyKey, #""a free id""#),
                        ]),
                    Endpoint(
                        "POST", "/v1/verify", nil,
                        [
                            Field("key", .key, "\"\(key.text)\""),
                            Field("api", .choice, #""rest""#, isRequired: false),
                            Field("cost", .credits, "1", isRequired: false),
                        ]),
                ]
            }
        }

        @Test func `a wrong body is refused by the name of its member and changes nothing`() throws
        {
            try TestCluster.run { cluster in
                let scene = try Scene(cluster)
                let before = try scene.books()
                let client = scene.node.client()
                for endpoint in scene.endpoints {
                    for fault in endpoint.cases {
                        var request = Request(
                            endpoint.method, endpoint.path, token: endpoint.credential)
                        request = request.with("Content-Type", "application/json")
                        request.body = fault.body
                        let answer = try client.send(request)
                        let what = "\(endpoint.method) \(endpoint.path), \(fault.what)"
                        expectRefusal(answer, what, field: fault.field)
                    }
                }
                #expect(try scene.books() == before)
                #expect(cluster.nodes.allSatisfy { $0.isRunning && $0.isReady })
            }
        }

        /// A problem body of RFC 9457 with a status of 4xx.
        private func expectRefusal(_ answer: Answer, _ what: String, field: String?) {
            #expect((400...499).contains(answer.status), "\(what): \(answer)")
            #expect(
                answer.headers["content-type"]?.hasPrefix("application/problem+json") == true,
                "\(what): \(answer)")
            #expect(answer.json["status"]?.number == Int64(answer.status), "\(what): \(answer)")
            let code = answer.json["code"]?.text ?? "none"
            #expect(answer.json["type"]?.text == "/problems/\(code)", "\(what): \(answer)")
            for member in ["title", "detail", "request_id"] {
                #expect(answer.json[member]?.text?.isEmpty == false, "\(what): \(answer)")
            }
            if let field {
                #expect(answer.json["field"]?.text == field, "\(what): \(answer)")
            }
        }

        @Test func `wrong paths, queries, headers and credentials change nothing`() throws {
            try TestCluster.run { cluster in
                let scene = try Scene(cluster)
                let before = try scene.books()
                let client = scene.node.client()
                for odd in scene.oddRequests {
                    let request = odd.request
                    let answer = try client.send(request)
                    let what = "\(request.method) \(request.path.prefix(80)) \(request.headers)"
                    #expect(odd.statuses.contains(answer.status), "\(what): \(answer)")
                    if request.method != "HEAD" { expectRefusal(answer, what, field: nil) }
                    switch answer.status {
                    case 401: #expect(answer.headers["www-authenticate"] == "Bearer", "\(what)")
                    case 405: #expect(answer.headers["allow"]?.isEmpty == false, "\(what)")
                    default: break
                    }
                }
                #expect(try scene.books() == before)
                #expect(cluster.nodes.allSatisfy { $0.isRunning && $0.isReady })
            }
        }
    }
}
