import Basics
import Glibc
import Testing

extension RealProcesses {
    /// Revocation rests on clocks whose rates differ by at most 2 %.
    @Suite struct Skew {
        private static let leaseClocks = [CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME]

        @Test func `clocks that differ as much as they may let no revoked key pass`() throws {
            try run(percents: [1, -1, 0]) { cluster, key, clocks in
                let witness = try Witness(cluster, key: key.text)
                defer { witness.stop() }
                for (leader, cut) in [(0, 1), (1, 0), (2, 1)] {
                    try lead(leader, in: cluster)
                    let node = cluster.nodes[cut]
                    cluster.hold(node)
                    for active in [false, true, false] {
                        try witness.expect(active ? .accepted : .refused) {
                            try switchKey(key, active, on: leader, of: cluster)
                        }
                        // Whoever can answer does, and nobody gives the wrong answer.
                        try witness.waitForMore(
                            active ? \.valid : \.invalid, at: cluster.nodes[leader])
                        try witness.waitForMore(\.unavailable, at: node)
                    }
                    cluster.heal(node)
                    try node.waitUntilReady()
                    try witness.waitForMore(\.invalid, at: node)
                    try witness.expect(.accepted) {
                        try switchKey(key, true, on: leader, of: cluster)
                    }
                    try witness.waitForMore(\.valid, at: node)
                }
                #expect(witness.stop() == [])
                for (node, percent) in zip(cluster.nodes, [1, -1, 0]) {
                    for clock in Skew.leaseClocks {
                        let gain = try #require(try clocks.gain(of: clock, at: node))
                        #expect(abs(gain - Int64(percent) * 10_000) < 100, "\(node.id): \(gain)")
                    }
                }
            }
        }

        /// The control: these tests would see a revoked key pass.
        @Test func `clocks that differ far more let a revoked key pass`() throws {
            try run(percents: [15, -15, 0]) { cluster, key, _ in
                let witness = try Witness(cluster, key: key.text)
                defer { witness.stop() }
                try lead(0, in: cluster)
                for _ in 1...5 where witness.faults.isEmpty {
                    // An answer after a lease's end tells that it isn't by that lease any more.
                    cluster.hold(cluster.nodes[1])
                    try witness.expect(.refused) {
                        try switchKey(key, false, on: 0, of: cluster)
                    }
                    try witness.waitForMore(\.unavailable, at: cluster.nodes[1])
                    cluster.heal(cluster.nodes[1])
                    try cluster.nodes[1].waitUntilReady()
                    try witness.expect(.accepted) {
                        try switchKey(key, true, on: 0, of: cluster)
                    }
                }
                #expect(witness.stop().contains { $0.contains("n2 was held to refused") })
            }
        }

        /// Runs a cluster whose nodes' clocks gain so many percent each.
        private func run(
            percents: [Int], _ body: (TestCluster, Key, SkewedClocks) throws -> Void
        ) throws {
            let directory = try Files.makeTemporaryDirectory()
            defer { Files.remove(directory) }
            let clocks = try SkewedClocks(directory: directory)
            var shape = ClusterShape()
            shape.recordsPeerTraffic = true
            for (index, percent) in percents.enumerated() {
                let id = "n\(index + 1)"
                shape.environments[id] = clocks.environment(percent: percent, of: id)
            }
            try TestCluster.run(shape) { cluster in
                let (tenant, key) = try Charges.spender(in: cluster)
                let path = "\(tenant.path)/keys/\(key.id)"
                try body(cluster, Key(text: key.text, path: path), clocks)
            }
        }

        private struct Key {
            var text: String
            var path: String
        }

        private func lead(_ index: Int, in cluster: TestCluster) throws {
            let node = cluster.nodes[index]
            try eventually("\(node.id) to lead") {
                if try cluster.leader().id == node.id { return true }
                _ = try node.send(
                    Request(
                        "POST", "/v1/cluster/transfer-leadership", token: cluster.operatorToken,
                        json: #"{"to": "\#(node.id)"}"#))
                return false
            }
        }

        private func switchKey(
            _ key: Key, _ active: Bool, on index: Int, of cluster: TestCluster
        ) throws {
            _ = try cluster.change(
                "PATCH", key.path, json: #"{"active": \#(active)}"#, on: index
            ).orThrow("switching a key")
        }
    }
}
