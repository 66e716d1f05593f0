import Basics
import Linux
import Testing

extension RealProcesses {
    /// The cluster secret is changed, machine by machine, while everybody works.
    @Suite struct SecretRotations {
        private static var shape: ClusterShape {
            var shape = ClusterShape()
            shape.hasOwnSecrets = true
            return shape
        }

        private final class Tally: Sendable {
            let state = Shared((charges: 0, validations: 0, failures: [String](), isOver: false))
        }

        /// Charges and validations at all nodes, each of which must be answered with 200.
        private func load(_ cluster: TestCluster, _ key: String, _ tally: Tally) throws -> [Thread]
        {
            try cluster.nodes.map { node in
                try Thread(name: "load at \(node.id)") {
                    let client = node.client()
                    while !tally.state.current.isOver {
                        for request in [
                            Request("GET", "/v1/auth?api=rest", token: key),
                            ChargeRecord(credits: 1).request(key: key),
                        ] {
                            let answer = try? client.send(request)
                            let isFine = answer?.status == 200
                            let text = answer.map { "\($0)" } ?? "no answer"
                            tally.state.change { state in
                                if !isFine { state.failures.append("\(node.id): \(text)") }
                                if request.method == "GET" {
                                    state.validations += 1
                                } else {
                                    state.charges += 1
                                }
                            }
                        }
                    }
                }
            }
        }

        @Test func `nine runs of the command change the secret, and no request fails`() throws {
            try TestCluster.run(Self.shape) { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let key = try cluster.makeKey(of: tenant, user: user)
                let before = try cluster.get("/v1/cluster").json["term"]?.number
                let tally = Tally()
                let threads = try load(cluster, key.text, tally)
                let new = cluster.directory + "/new.secret"
                let runs = try cluster.rotateSecrets(to: new)
                for run in runs { #expect(run.end == .exited(0), "\(run)") }
                let texts = runs.map(\.text)
                tally.state.change { $0.isOver = true }
                for thread in threads { thread.join() }
                let end = tally.state.current
                #expect(end.failures.isEmpty, "\(end.failures.prefix(3))")
                #expect(end.charges >= 20 && end.validations >= 20, "\(end)")
                #expect(texts.last?.contains("The change is complete") == true, "\(texts)")
                let status = try cluster.get("/v1/cluster")
                #expect(status.json["term"]?.number == before, "an election came of it")
                let secret = Files.text(of: new).filter { !$0.isWhitespace }
                #expect(
                    !texts.joined().contains(secret) && !texts.joined().contains(cluster.secret))
                for node in cluster.nodes {
                    #expect(Files.text(of: node.files.secret) == secret + "\n")
                }
                // Each machine has a copy of its own: each is told to remove it.
                #expect(texts.suffix(3).allSatisfy { $0.contains("remove \(new) here") })
                try refuseLeftover(new, cluster)
                try refuseOld(cluster)
            }
        }

        /// What an earlier change left behind is no new secret.
        private func refuseLeftover(_ new: String, _ cluster: TestCluster) throws {
            for node in cluster.nodes {
                let secret = Files.text(of: node.files.secret)
                let run = try cluster.rotateSecret(of: node, to: new)
                #expect(run.end == .exited(1), "\(run.text)")
                #expect(run.text.contains("nothing was changed"), "\(run.text)")
                #expect(!run.text.contains("The change is complete"), "\(run.text)")
                #expect(Files.text(of: node.files.secret) == secret)
            }
        }

        @Test func `nodes that aren't heard are waited for, and none that runs is passed over`()
            throws
        {
            try TestCluster.run(Self.shape) { cluster in
                let new = cluster.directory + "/new.secret"
                let (first, silent) = (cluster.nodes[0], cluster.nodes[2])
                try waitForLinks(of: first, ["n2", "n3"], cluster)
                for (id, words) in [("n3", "n3 runs"), ("n9", "the other members are n2, n3")] {
                    let run = try cluster.rotateSecret(of: first, to: new, ["--absent", id])
                    #expect(run.end == .exited(1), "\(run.text)")
                    #expect(run.text.contains(words), "\(run.text)")
                }
                try silent.kill()
                try waitForLinks(of: first, ["n2"], cluster)
                let alone = try cluster.rotateSecret(of: first, to: new)
                #expect(alone.end == .exited(1), "\(alone.text)")
                #expect(alone.text.contains("n3 can't be heard"), "\(alone.text)")
                #expect(!Files.exists(new))
                let known = try cluster.rotateSecret(of: first, to: new, ["--absent", "n3"])
                #expect(known.end == .exited(0) && Files.exists(new), "\(known.text)")
                let here = try cluster.rotateSecret(
                    of: first, to: new, ["--endpoint", "http://127.0.0.1:1"])
                #expect(here.text.contains("there is no option --endpoint"), "\(here.text)")
            }
        }

        @Test func `a node isn't changed ahead of the others, nor by somebody who isn't asked`()
            throws
        {
            try TestCluster.run(Self.shape) { cluster in
                let new = cluster.directory + "/new.secret"
                let node = cluster.nodes[0]
                #expect(try cluster.rotateSecret(of: node, to: new).end == .exited(0))
                let early = try cluster.rotateSecret(of: node, to: new)
                #expect(early.end == .exited(2), "\(early.text)")
                #expect(early.text.contains("run this command on n2, n3"), "\(early.text)")
                let lost = try cluster.rotateSecret(
                    of: cluster.nodes[1], to: cluster.directory + "/nowhere")
                #expect(lost.end == .exited(1), "\(lost.text)")
                // A signal does what the command's request does, and a bad file changes nothing.
                try Files.replace(node.files.secret, by: "short")
                node.signal(1)
                try eventually("a line about the bad file") {
                    node.log.contains("event=secrets_refused")
                }
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant, role: "admin")
                let token = try cluster.makeToken(role: "admin", tenant: tenant, user: user)
                let refused = try node.send(
                    Request("POST", "/v1/cluster/reload-secrets", token: token.text))
                #expect(refused.status == 403, "\(refused)")
            }
        }

        /// Waits until these have dialed the node, and nobody else has.
        private func waitForLinks(
            of node: TestNode, _ ids: [String], _ cluster: TestCluster
        ) throws {
            try eventually("links to \(node.id) from \(ids)") {
                let request = Request("GET", "/v1/cluster", token: cluster.operatorToken)
                let members = try node.send(request).json["members"]?.list ?? []
                let heard = members.filter { $0["secret_from"]?.text != nil }
                return heard.compactMap { $0["id"]?.text }.filter { $0 != node.id } == ids
            }
        }

        /// A node that comes with the old secret gets nowhere.
        private func refuseOld(_ cluster: TestCluster) throws {
            let node = cluster.nodes[2]
            #expect(try node.terminate() == .exited(0))
            try Files.replace(node.files.secret, by: cluster.secret)
            try node.start()
            try node.waitUntilAlive()
            try eventually("the others to refuse it") {
                cluster.nodes[0].log.contains("unauthenticated_handshake")
                    || cluster.nodes[1].log.contains("unauthenticated_handshake")
            }
            #expect(!node.isReady)
        }
    }
}
