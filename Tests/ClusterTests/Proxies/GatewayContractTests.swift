import Basics
import Testing

extension RealProcesses {
    /// Gateways that aren't run here, by what they are documented to send and to do, before real
    /// nodes.
    @Suite struct GatewayContracts {
        @Test(arguments: ["Envoy", "Traefik"])
        func `a gateway passes on who has a key, says who it is, and keeps the key`(
            gateway: String
        ) throws {
            let contract: any GatewayContract =
                gateway == "Envoy" ? try EnvoyContract() : try TraefikContract()
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let good = try cluster.makeKey(of: tenant, user: user)
                let batch = try cluster.makeKey(of: tenant, user: user, api: "batch")
                let other = try cluster.makeUser(of: tenant, email: "bob@example.com")
                try cluster.setLimit(of: other, in: tenant, credits: 0)
                let poor = try cluster.makeKey(of: tenant, user: other)
                let node = cluster.nodes[0]
                for key in [good, batch, poor] {
                    _ = try cluster.validate(key.text, on: node, reflecting: poor.index)
                }
                let identity = [
                    "x-keyclave-account": tenant.account, "x-keyclave-user": user,
                    "x-keyclave-key": good.id, "x-keyclave-api": "rest",
                ]
                for name in ["authorization", "api-key", "x-api-key"] {
                    try expectIdentity(identity, name, good, contract, node)
                }
                try expectNoClaims(identity, good, contract, node)
                try expectRefusals(good, batch, poor, contract, node)

                try cluster.nodes[1].kill()
                try cluster.nodes[2].kill()
                let request = GatewayRequest(
                    method: "GET", target: "/", headers: ["api-key": good.text])
                let outcome: GatewayOutcome = try eventually("\(node.id) to lose its lease") {
                    () -> GatewayOutcome? in
                    let outcome = try result(of: request, contract, node)
                    if case .passedOn = outcome { return nil }
                    return outcome
                }
                guard case .refused(503, let headers) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                // Envoy makes an answer of its own of every 5xx.
                if gateway == "Traefik" { #expect(headers["retry-after"] == "1") }
            }
        }

        private func result(
            of request: GatewayRequest, _ contract: any GatewayContract, _ node: TestNode
        ) throws -> GatewayOutcome {
            let answer = try node.send(contract.question(about: request))
            return contract.outcome(of: answer, for: request)
        }

        private func expectIdentity(
            _ identity: [String: String], _ name: String, _ key: IssuedKey,
            _ contract: any GatewayContract, _ node: TestNode
        ) throws {
            let secret = name == "authorization" ? "Bearer " + key.text : key.text
            var headers = identity.mapValues { _ in "evil" }
            headers["x-other"] = "kept"
            headers[name] = secret
            let request = GatewayRequest(
                method: "POST", target: "/orders/7?api=batch&api=rest&cost=-1&deny=x",
                headers: headers)
            var expected = request
            expected.headers = identity
            expected.headers["x-other"] = "kept"
            #expect(try result(of: request, contract, node) == .passedOn(expected))
        }

        /// What a client says of itself doesn't reach the service in any spelling.
        private func expectNoClaims(
            _ identity: [String: String], _ key: IssuedKey, _ contract: any GatewayContract,
            _ node: TestNode
        ) throws {
            for name in identity.keys.flatMap(spellings) {
                let request = GatewayRequest(
                    method: "GET", target: "/", headers: ["api-key": key.text, name: "evil"])
                switch try result(of: request, contract, node) {
                case .passedOn(let passed): #expect(passed.headers == identity, "\(name)")
                case .refused(let status, _): #expect(status == 400 && name.contains("_"))
                }
            }
        }

        private func expectRefusals(
            _ good: IssuedKey, _ batch: IssuedKey, _ poor: IssuedKey,
            _ contract: any GatewayContract, _ node: TestNode
        ) throws {
            let unknown = "kc_rest_" + String(repeating: "0", count: 36)
            let cases: [([String: String], Int, String)] = [
                ([:], 401, "invalid_key"), (["api-key": unknown], 401, "invalid_key"),
                (["authorization": "Bearer \(unknown)"], 401, "invalid_key"),
                (["api-key": batch.text], 403, "wrong_api"),
                (["api-key": poor.text], 403, "credits_exhausted"),
                (["api-key": good.text, "x-api-key": good.text], 400, "two_keys"),
            ]
            for (headers, status, reason) in cases {
                for target in ["/", "/a/b?api=batch&x=y"] {
                    let request = GatewayRequest(method: "GET", target: target, headers: headers)
                    let outcome = try result(of: request, contract, node)
                    guard case .refused(status, let told) = outcome else {
                        Issue.record("\(headers.keys) at \(target): \(outcome)")
                        continue
                    }
                    #expect(told["x-keyclave-reason"] == reason)
                    #expect((told["www-authenticate"] == "Bearer") == (status == 401))
                }
            }
        }
    }
}
