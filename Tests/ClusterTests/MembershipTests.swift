import Basics
import Linux
import Testing

extension RealProcesses {
    /// Nodes come and go under charges and validations.
    @Suite struct Membership {
        @Test func `three become five and three again while clients charge and validate`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let key = try cluster.makeKey(of: tenant, user: user)
                let stream = try ChargeStream(cluster: cluster, key: key.text)
                let watch = try ValidationWatch(key: key.text, on: cluster.nodes)
                try stream.waitForMore(100)

                let joined = try [4, 5].map { number in
                    let node = try cluster.makeNode(number: number)
                    try admit(node, to: cluster, watch: watch, key: key.text)
                    return node
                }
                #expect(try voters(cluster.nodes[0], cluster) == ["n1", "n2", "n3", "n4", "n5"])
                try stream.waitForMore(200)

                let leader = try leaderID(cluster)
                let following = try #require(cluster.nodes.first { $0.id != leader })
                try dismiss(following, from: cluster, watch, key.text)
                try stream.waitForMore(100)
                let leading = try #require(cluster.nodes.first { $0.isRunning })
                try handOver(to: leading, cluster)
                try dismiss(leading, from: cluster, watch, key.text)
                try stream.waitForMore(200)
                let records = try stream.stop()
                let account = watch.stop()
                #expect(account.failures.isEmpty, "\(account.failures)")
                for node in cluster.nodes + joined {
                    #expect(account.counts[node.id, default: 0] > 20, "\(node.id)")
                }

                let survivors = try #require(cluster.nodes.filter(\.isRunning).map(\.id).first)
                #expect(try voters(joined[0], cluster) == [survivors, "n4", "n5"])
                let (faults, sum) = try cluster.audit(records, key: key.text)
                #expect(faults.isEmpty, "\(faults)")
                #expect(try cluster.spent(by: user, in: tenant) == sum)
                let trail = try cluster.items("/v1/audit").compactMap { $0["action"]?.text }
                #expect(trail.count { $0 == "member.added" } == 2)
                #expect(trail.count { $0 == "member.promoted" } == 2)
                #expect(trail.count { $0 == "member.removed" } == 2)
            }
        }

        @Test func `a member removed while cut off stops within its lease and disturbs nobody`()
            throws
        {
            var shape = ClusterShape()
            shape.recordsPeerTraffic = true
            // Whoever disturbs must be seen, and a late machine isn't meant.
            shape.settings["election_timeout_min_ms"] = "2000"
            shape.settings["election_timeout_max_ms"] = "4000"
            try TestCluster.run(shape) { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let kept = try cluster.makeKey(of: tenant, user: user)
                let doomed = try cluster.makeKey(of: tenant, user: user, api: "batch")
                let lost = try #require(try cluster.followers().first)
                let rest = cluster.nodes.filter { $0.id != lost.id }
                let before = try leadership(by: rest[0], cluster)
                let watch = try ValidationWatch(key: kept.text, on: rest)
                #expect(try lost.send(.validation(of: kept.text)).status == 200)

                cluster.cut(lost)
                let cutAt = Clocks.now()
                try remove(lost.id, cluster, by: rest[0])
                try expectSilence(of: lost, key: kept.text, from: cutAt + .seconds(2))
                try deactivate(doomed, of: tenant, by: rest[0], cluster)
                #expect(try lost.send(.validation(of: doomed.text, api: "batch")).status == 503)
                // It asks for votes now, which nobody hears before this:
                cluster.heal(lost)
                try eventually("\(lost.id) to say that it was removed") {
                    lost.log.contains("event=removed")
                }
                #expect(try lost.send(.validation(of: kept.text)).status == 503)
                try lost.kill()
                try lost.start()
                try eventually("\(lost.id) to say so again") {
                    lost.log.split(separator: "event=removed").count > 2
                }
                try expectSilence(of: lost, key: kept.text, from: Clocks.now())
                let account = watch.stop()
                #expect(account.failures.isEmpty, "\(account.failures)")
                for node in rest { #expect(account.counts[node.id, default: 0] > 20, "\(node.id)") }
                #expect(try leadership(by: rest[0], cluster) == before)
            }
        }

        @Test func `a removed id is spent, and each refusal says why`() throws {
            try TestCluster.run { cluster in
                func change(_ method: String, _ path: String, _ json: String? = nil) throws
                    -> Answer
                {
                    try cluster.change(method, "/v1/cluster/members" + path, json: json)
                }
                let address = #""address": "127.0.0.1:9""#
                #expect(try change("POST", "/n9/promote").status == 404)
                #expect(try change("POST", "", #"{"id": "n4", \#(address)}"#).status == 201)
                let early = try change("POST", "/n4/promote")
                #expect(early.status == 409)
                #expect(early.json["code"]?.text == "not_caught_up")
                let taken = try change("POST", "", #"{"id": "n5", \#(address)}"#)
                #expect(taken.json["code"]?.text == "member_conflict")
                #expect(try change("DELETE", "/n4").status == 204)
                #expect(try change("DELETE", "/n4").status == 204)
                let again = try change("POST", "", #"{"id": "n4", \#(address)}"#)
                #expect(again.json["code"]?.text == "member_conflict")
                let auditor = try cluster.makeToken(role: "auditor", tenant: cluster.makeTenant())
                let forbidden = try cluster.change(
                    "DELETE", "/v1/cluster/members/n2", token: auditor.text)
                #expect(forbidden.status == 403)
            }
        }

        // MARK: Steps

        /// Adds a node, which validates from the moment it is ready, a vote or none.
        private func admit(
            _ node: TestNode, to cluster: TestCluster, watch: ValidationWatch, key: String
        ) throws {
            try cluster.startJoining(node)
            let added = try cluster.change(
                "POST", "/v1/cluster/members",
                json: """
                    {"id": "\(node.id)", "address": "127.0.0.1:\(node.peerPort)", \
                    "http": "127.0.0.1:\(node.httpPort)"}
                    """
            ).orThrow("adding \(node.id)")
            #expect(added.json["role"]?.text == "learner")
            try node.waitUntilReady()
            watch.add(node)
            #expect(try node.send(.validation(of: key)).status == 200)
            #expect(try !voters(node, cluster).contains(node.id))
            try eventually("\(node.id) to get a vote") {
                let answer = try cluster.change(
                    "POST", "/v1/cluster/members/\(node.id)/promote")
                guard answer.status != 409 else { return false }
                return try answer.orThrow("promoting \(node.id)").json["role"]?.text == "voter"
            }
        }

        /// Removes a node, which validates nothing from the moment it knows.
        private func dismiss(
            _ node: TestNode, from cluster: TestCluster, _ watch: ValidationWatch, _ key: String
        ) throws {
            watch.remove(node)
            try remove(node.id, cluster)
            try eventually("\(node.id) to say that it was removed") {
                node.log.contains("event=removed")
            }
            #expect(try node.send(.validation(of: key)).status == 503)
            #expect(!node.isReady)
            #expect(try node.terminate() == .exited(0))
        }

        private func handOver(to node: TestNode, _ cluster: TestCluster) throws {
            try eventually("\(node.id) to lead") {
                _ = try node.send(
                    Request(
                        "POST", "/v1/cluster/transfer-leadership", token: cluster.operatorToken,
                        json: #"{"to": "\#(node.id)"}"#))
                return try leaderID(cluster) == node.id
            }
        }

        private func remove(_ id: String, _ cluster: TestCluster, by node: TestNode? = nil) throws {
            let first = cluster.nodes.firstIndex { $0.id == node?.id } ?? 0
            _ = try cluster.change("DELETE", "/v1/cluster/members/\(id)", on: first)
                .orThrow("removing \(id)")
        }

        private func deactivate(
            _ key: IssuedKey, of tenant: Tenant, by node: TestNode, _ cluster: TestCluster
        ) throws {
            let first = cluster.nodes.firstIndex { $0.id == node.id } ?? 0
            _ = try cluster.change(
                "PATCH", tenant.path + "/keys/\(key.id)", json: #"{"active": false}"#, on: first
            ).orThrow("switching \(key.id) off")
        }

        /// Asks until a while after `instant`: what is sent later than that is answered by 503.
        private func expectSilence(of node: TestNode, key: String, from instant: Instant) throws {
            var answers = 0
            while answers < 100 {
                let sent = Clocks.now()
                let answer = try node.send(.validation(of: key))
                guard sent >= instant else { continue }
                answers += 1
                try #require(answer.status == 503, "\(sent - instant) late: \(answer)")
            }
        }

        /// Who leads in which term, as a node sees it.
        private func leadership(by node: TestNode, _ cluster: TestCluster) throws -> String {
            let answer = try node.send(
                Request("GET", "/v1/cluster", token: cluster.operatorToken))
            return "\(answer.json["leader"]?.text ?? "–") in \(answer.json["term"]?.number ?? 0)"
        }

        private func leaderID(_ cluster: TestCluster) throws -> String {
            try eventually("a leader") { try cluster.get("/v1/cluster").json["leader"]?.text }
        }

        private func voters(_ node: TestNode, _ cluster: TestCluster) throws -> [String] {
            let answer = try node.send(
                Request("GET", "/v1/cluster", token: cluster.operatorToken))
            return (answer.json["members"]?.list ?? []).compactMap { member in
                member["role"]?.text == "voter" ? member["id"]?.text : nil
            }
        }
    }
}
