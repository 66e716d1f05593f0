import Basics
import Testing

extension RealProcesses {
    /// Real proxies before real nodes, with the configurations that are shipped.
    @Suite struct Proxies {
        /// Those whose requests are sent through a proxy.
        private struct Callers {
            var tenant: Tenant
            var good: IssuedKey
            var batch: IssuedKey
            /// Its user has spent all they had.
            var poor: IssuedKey

            init(of cluster: TestCluster) throws {
                tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                good = try cluster.makeKey(of: tenant, user: user)
                batch = try cluster.makeKey(of: tenant, user: user, api: "batch")
                let other = try cluster.makeUser(of: tenant, email: "bob@example.com")
                try cluster.setLimit(of: other, in: tenant, credits: 0)
                poor = try cluster.makeKey(of: tenant, user: other)
                for node in cluster.nodes {
                    for key in [good, batch, poor] {
                        _ = try cluster.validate(key.text, on: node, reflecting: poor.index)
                    }
                }
            }
        }

        @Test(
            .enabled(
                if: ProxyProgram.nginx != nil && ProxyProgram.hasTools,
                "nginx, curl or openssl isn't installed"))
        func `nginx asks three nodes, and lets in who has a key`() throws {
            try TestCluster.run { cluster in
                let callers = try Callers(of: cluster)
                try RunningProxy.run(.nginx("nginx.conf"), before: cluster) { proxy in
                    try judge(callers, through: proxy)
                    try expectNodes(behind: proxy, of: cluster)
                    try expectFailover(callers, through: proxy, of: cluster)
                }
            }
        }

        @Test(
            .enabled(
                if: ProxyProgram.caddy != nil && ProxyProgram.hasTools,
                "caddy, curl or openssl isn't installed"))
        func `Caddy asks three nodes, and lets in who has a key`() throws {
            try TestCluster.run { cluster in
                let callers = try Callers(of: cluster)
                try RunningProxy.run(.caddy, before: cluster) { proxy in
                    try judge(callers, through: proxy)
                    try expectFailover(callers, through: proxy, of: cluster)
                }
            }
        }

        @Test(
            .enabled(
                if: ProxyProgram.nginx != nil && ProxyProgram.hasTools,
                "nginx, curl or openssl isn't installed"))
        func `nginx with one near node makes 503 of a folded refusal`() throws {
            try TestCluster.run { cluster in
                let callers = try Callers(of: cluster)
                try RunningProxy.run(.nginx("nginx-near.conf"), before: cluster) { proxy in
                    try judge(callers, through: proxy)
                    try cluster.nodes[1].kill()
                    try cluster.nodes[2].kill()
                    // Its lease ends; what the node says is 403, and what the client gets isn't.
                    try expectUnavailable(callers, through: proxy)
                    let said = try cluster.nodes[0].send(
                        Request("GET", "/v1/auth?deny=403", token: callers.good.text))
                    #expect(said.status == 403 && said.code == "unavailable", "\(said)")
                    try cluster.nodes[0].kill()
                    try expectUnavailable(callers, through: proxy)
                    try cluster.startAll()
                    try expectAllowed(callers, through: proxy)
                }
            }
        }

        // MARK: - What is expected

        private func judge(_ callers: Callers, through proxy: RunningProxy) throws {
            for header in ["Authorization: Bearer ", "api-key: ", "X-API-Key: "] {
                try proxy.expectIdentity(of: callers.good, in: callers.tenant, header)
            }
            let unknown = "kc_rest_" + String(repeating: "0", count: 36)
            for headers in [[], ["Authorization: Bearer \(unknown)"], ["api-key: x"]] {
                let refused = try proxy.send("/", headers)
                #expect(refused.status == 401, "\(headers): \(refused)")
                #expect(refused.headers["www-authenticate"] == "Bearer")
            }
            for key in [callers.batch, callers.poor] {
                let refused = try proxy.send("/", ["api-key: \(key.text)"])
                #expect(refused.status == 403, "\(refused)")
                #expect(refused.headers["retry-after"] == nil, "\(refused.headers)")
            }
            // The client's own query is the service's, and asks the nodes nothing.
            let query = try proxy.send("/?api=batch&cost=1", ["api-key: \(callers.batch.text)"])
            #expect(query.status == 403, "\(query)")
            let two = try proxy.send(
                "/", ["api-key: \(callers.good.text)", "X-API-Key: \(callers.good.text)"])
            #expect(two.status == 400, "\(two)")
            #expect(two.headers["retry-after"] == nil, "\(two.headers)")
            #expect(proxy.service.take().isEmpty, "a refused request reached the service")

            // More than a node takes (16 KiB), and less than the proxies do.
            let bulk = ["Cookie", "Referer", "X-Session-State"].map { name in
                "\(name): " + String(repeating: "c", count: 7_000)
            }
            let large = try proxy.send("/", ["api-key: \(callers.good.text)"] + bulk)
            #expect(large.status == 200, "\(large)")
            let received = proxy.service.take().first?.names ?? []
            #expect(received.isSuperset(of: ["cookie", "referer", "x-session-state"]))

            let broken = try proxy.send("/broken", ["api-key: \(callers.good.text)"])
            #expect(broken.status == 500 && broken.text == "service", "\(broken)")
            #expect(proxy.service.take().count == 1)
        }

        /// The server before the nodes passes on what administrators and services send.
        private func expectNodes(behind proxy: RunningProxy, of cluster: TestCluster) throws {
            let who = try proxy.send(
                "/v1/whoami", ["Authorization: Bearer \(cluster.operatorToken)"],
                host: "keyclave.example.com")
            #expect(who.status == 200 && who.json["role"]?.text == "operator", "\(who)")
            // A node serves these to whoever asks; to the world they aren't shown.
            let metrics = try proxy.send("/metrics", host: "keyclave.example.com")
            #expect(metrics.status == 404, "\(metrics)")
        }

        private func expectFailover(
            _ callers: Callers, through proxy: RunningProxy, of cluster: TestCluster
        ) throws {
            try cluster.nodes[0].kill()
            try expectAllowed(callers, through: proxy)
            try cluster.nodes[1].kill()
            // The last one is alone, and may judge for 2 s more.
            try expectUnavailable(callers, through: proxy)
            try cluster.startAll()
            try expectAllowed(callers, through: proxy)
        }

        private func expectAllowed(_ callers: Callers, through proxy: RunningProxy) throws {
            try eventually("a key to be let in") {
                try proxy.send("/", ["api-key: \(callers.good.text)"]).status == 200
            }
            _ = proxy.service.take()
        }

        private func expectUnavailable(_ callers: Callers, through proxy: RunningProxy) throws {
            let answer = try eventually("no node to judge") {
                let answer = try proxy.send("/", ["api-key: \(callers.good.text)"])
                return answer.status == 200 ? nil : answer
            }
            #expect(answer.status == 503, "\(answer)")
            #expect(answer.headers["retry-after"] == "1", "\(answer.headers)")
            _ = proxy.service.take()
            let again = try proxy.send("/", ["api-key: \(callers.good.text)"])
            #expect(again.status == 503, "\(again)")
            #expect(proxy.service.take().isEmpty)
        }
    }
}
