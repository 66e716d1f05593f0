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
                    try admit(node, to: cluster)
                    watch.add(node)
                    return node
                }
                #expect(try voters(cluster.nodes[0], cluster) == ["n1", "n2", "n3", "n4", "n5"])
                try stream.waitForMore(200)

                // A follower, and then the leader itself if it is one of the first.
                for _ in 0..<2 {
                    let leader = try leaderID(cluster)
                    let gone = cluster.nodes.filter { $0.isRunning && $0.id != leader }
                    let leading = cluster.nodes.first { $0.isRunning && $0.id == leader }
                    let leaving = try #require(leading ?? gone.first)
                    watch.remove(leaving)
                    try remove(leaving.id, cluster)
                    try eventually("\(leaving.id) to say that it was removed") {
                        leaving.log.contains("event=removed")
                    }
                    #expect(!leaving.isReady)
                    #expect(try leaving.terminate() == .exited(0))
                }
                try stream.waitForMore(200)
                let records = try stream.stop()
                let counts = try watch.stop()
                for node in joined { #expect(counts[node.id, default: 0] > 20, "\(node.id)") }

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

        private func admit(_ node: TestNode, to cluster: TestCluster) throws {
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
            try eventually("\(node.id) to get a vote") {
                let answer = try cluster.change(
                    "POST", "/v1/cluster/members/\(node.id)/promote")
                guard answer.status != 409 else { return false }
                return try answer.orThrow("promoting \(node.id)").json["role"]?.text == "voter"
            }
        }

        private func remove(_ id: String, _ cluster: TestCluster) throws {
            _ = try cluster.change("DELETE", "/v1/cluster/members/\(id)")
                .orThrow("removing \(id)")
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

/// Validates one key at each of some nodes again and again: it is good all the time, and a node
/// may at most not know.
private final class ValidationWatch: Sendable {
    private struct State: Sendable {
        var nodes: [TestNode]
        var counts: [String: Int] = [:]
        var isStopping = false
        var surprise: String?
    }

    private let state: Shared<State>
    private let thread: Thread

    init(key: String, on nodes: [TestNode]) throws {
        let state = Shared(State(nodes: nodes))
        self.state = state
        thread = try Thread(name: "validations") {
            var turn = 0
            while true {
                let current = state.current
                if current.isStopping { return }
                let node = current.nodes[turn % current.nodes.count]
                turn += 1
                let request = Request("GET", "/v1/auth?api=rest", token: key)
                guard let answer = try? node.client(patience: .seconds(5)).send(request) else {
                    continue
                }
                state.change { state in
                    if answer.status == 200 { state.counts[node.id, default: 0] += 1 }
                    guard answer.status != 200, answer.status != 503 else { return }
                    state.surprise = "\(node.id): \(answer)"
                }
            }
        }
    }

    func add(_ node: TestNode) { state.change { $0.nodes.append(node) } }
    func remove(_ node: TestNode) { state.change { $0.nodes.removeAll { $0.id == node.id } } }

    /// How often each node said that the key is good.
    func stop() throws -> [String: Int] {
        state.change { $0.isStopping = true }
        thread.join()
        if let surprise = state.current.surprise { throw TimedOut(what: surprise) }
        return state.current.counts
    }
}
