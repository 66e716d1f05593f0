import Basics
import Linux
import Testing

extension RealProcesses {
    /// Revoked means revoked, and created means created: once a change has returned, no node says
    /// anything else, whatever has become of it. One that can't know says 503.
    @Suite struct Revocation {
        /// How long a lease lasts.
        private static let lease = Duration.seconds(2)

        @Test func `a stopped follower goes on and accepts nothing that was revoked meanwhile`()
            throws
        {
            try TestCluster.run { cluster in
                let keys = try Keys(in: cluster)
                let follower = try #require(try cluster.followers().first)
                try expectNoMistake(of: follower, in: cluster, about: keys) {
                    cluster.nodes.first { $0.id != follower.id }
                }
                // It was waited for: it was stopped with a lease.
                #expect(keys.revocation > .seconds(1))
            }
        }

        @Test func `a stopped leader goes on and accepts nothing that its successor revoked`()
            throws
        {
            try TestCluster.run { cluster in
                let keys = try Keys(in: cluster)
                let old = try cluster.leader()
                try expectNoMistake(of: old, in: cluster, about: keys) { try cluster.leader() }
                #expect(try cluster.leader().id != old.id)
            }
        }

        /// Stops a node, changes keys at another, asks the stopped one over connections that it
        /// has open, and lets it go on.
        private func expectNoMistake(
            of node: TestNode, in cluster: TestCluster, about keys: Keys,
            changingAt other: () throws -> TestNode?
        ) throws {
            let lines = try OpenLines(to: node, key: keys.revoked)
            try node.pause()
            let place = try #require(try other()).index
            try keys.change(on: place)
            let created = try cluster.makeKey(of: keys.tenant, user: keys.user, on: place)
            try lines.write([keys.revoked, keys.switchedOff, created])
            node.resume()
            for (place, answer) in try lines.read(3).enumerated() {
                if place % 3 == 2 {
                    #expect(answer.status == 200 || answer.status == 503, "created: \(answer)")
                } else {
                    #expect(answer.status != 200, "revoked or switched off: \(answer)")
                }
            }
            try node.waitUntilReady()
            try keys.expectRefused(at: node)
            let answer = try cluster.validate(created.text, on: node, reflecting: created.index)
            #expect(answer.status == 200, "\(answer)")
        }

        @Test func `a node that is cut off stops answering in time, and knows nothing by itself`()
            throws
        {
            var shape = ClusterShape()
            shape.recordsPeerTraffic = true
            try TestCluster.run(shape) { cluster in
                let keys = try Keys(in: cluster)
                let node = try #require(try cluster.followers().last)
                let place = try cluster.leader().index
                let client = node.client()
                let known = Request.validation(of: keys.revoked.text)
                #expect(try client.send(known).status == 200)
                cluster.hold(node)
                let cut = Clocks.now()
                try eventually("a node that is cut off to stop answering") {
                    let asked = Clocks.now()
                    let answer = try client.send(known)
                    // What it says by then it says by a lease that it asked for before.
                    #expect(answer.status != 200 || asked - cut < Revocation.lease)
                    return answer.status == 503
                }
                #expect(!node.isReady)

                let created = try cluster.makeKey(of: keys.tenant, user: keys.user, on: place)
                let unknown = Request.validation(of: created.text)
                #expect(try client.send(unknown).status == 503)

                // Back from the dead, it finds a valid key on its disk and nobody to ask.
                try node.kill()
                try node.start()
                try node.waitUntilAlive()
                let lives = Clocks.now()
                try keys.change(on: place)
                repeat {
                    for request in [known, unknown] {
                        let answer = try client.send(request)
                        #expect(answer.status == 503, "\(answer)")
                    }
                } while Clocks.now() - lives < .seconds(1)
                #expect(!node.isReady)

                cluster.heal(node)
                try node.waitUntilReady()
                try keys.expectRefused(at: node)
                let answer = try cluster.validate(
                    created.text, on: node, reflecting: created.index)
                #expect(answer.status == 200, "\(answer)")
            }
        }
    }
}

extension RealProcesses.Revocation {
    /// A user's two keys: one to be revoked, one to be switched off.
    final class Keys {
        let tenant: Tenant
        let user: String
        let revoked: IssuedKey
        let switchedOff: IssuedKey
        private let cluster: TestCluster
        /// How long the revocation took.
        private(set) var revocation = Duration.zero
        /// The log index of the last change.
        private var index: Int64 = 0

        init(in cluster: TestCluster) throws {
            self.cluster = cluster
            tenant = try cluster.makeTenant()
            user = try cluster.makeUser(of: tenant)
            revoked = try cluster.makeKey(of: tenant, user: user)
            switchedOff = try cluster.makeKey(of: tenant, user: user)
            for node in cluster.nodes {
                for key in [revoked, switchedOff] {
                    let answer = try cluster.validate(key.text, on: node, reflecting: key.index)
                    #expect(answer.status == 200, "\(answer)")
                }
            }
        }

        /// Revokes the one and switches off the other.
        func change(on node: Int) throws {
            let begun = Clocks.now()
            let path = tenant.path + "/keys/"
            _ = try cluster.change("DELETE", path + revoked.id, on: node).orThrow("revoking")
            revocation = Clocks.now() - begun
            index = try #require(
                try cluster.change(
                    "PATCH", path + switchedOff.id, json: #"{"active": false}"#, on: node
                ).orThrow("switching off").index)
        }

        /// The node has learnt of the changes.
        func expectRefused(at node: TestNode) throws {
            for key in [revoked, switchedOff] {
                let answer = try cluster.validate(key.text, on: node, reflecting: index)
                #expect(answer.status == 401, "\(answer)")
            }
        }
    }
}
