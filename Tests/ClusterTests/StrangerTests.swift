import Basics
import Linux
import Testing

extension RealProcesses {
    /// Whoever doesn't know the cluster's secret can't do anything at the peer port but be counted.
    @Suite struct Strangers {
        @Test func `bytes of a stranger change nothing and are counted`() throws {
            var shape = ClusterShape()
            shape.recordsPeerTraffic = true
            try TestCluster.run(shape) { cluster in
                let (tenant, key) = try Charges.spender(in: cluster)
                let stream = try ChargeStream(cluster: cluster, key: key.text, clients: 2)
                let before = try cluster.nodes.map(Strangers.failures)
                let recorded = cluster.proxies.flatMap(\.streams).filter { $0.count > 64 }
                let messages = Strangers.garbage + recorded.map { Array($0.prefix(100_000)) }
                try stream.waitForMore(10)
                for node in cluster.nodes {
                    for message in messages {
                        let connection = try Connection(port: node.peerPort)
                        try? connection.send(message)
                        connection.finishWriting()
                        _ = try connection.receiveAll()
                    }
                }
                try stream.waitForMore(10)
                for (node, count) in zip(cluster.nodes, before) {
                    try eventually("\(node.id) to count strangers", within: .seconds(10)) {
                        try Strangers.failures(of: node) > count
                    }
                    #expect(node.isRunning && node.isReady)
                }
                try Charges.expectExact(try stream.stop(), cluster, tenant, key)
            }
        }

        @Test func `connections that say nothing don't keep peers out`() throws {
            try TestCluster.run { cluster in
                let (tenant, key) = try Charges.spender(in: cluster)
                let node = cluster.nodes[0]
                let silent = try (0..<300).map { _ in try Connection(port: node.peerPort) }
                // Sixteen may wait; each one more ends the oldest.
                try eventually("\(node.id) to make room", within: .seconds(10)) {
                    try Strangers.failures(of: node, by: "too_many_strangers") >= 284
                }
                // The others must find their way in again past all of these.
                try cluster.nodes[1].kill()
                try cluster.nodes[1].start()
                try cluster.waitUntilReady()
                let records = (0..<20).map { _ in ChargeRecord(credits: 2) }
                try Charges.expectExact(records, cluster, tenant, key)
                #expect(silent.count == 300 && node.isRunning)
            }
        }

        private static var garbage: [[UInt8]] {
            let zeroes = [UInt8](repeating: 0, count: 1000)
            let ones = [UInt8](repeating: 0xFF, count: 1000)
            return [
                zeroes, ones, Entropy.bytes(10_000), [1], [0],
                // A frame of 2 GiB, in either order of its bytes, with and without a version.
                [0x80, 0, 0, 0] + zeroes, [0, 0, 0, 0x80] + zeroes, [1, 0x80, 0, 0, 0] + zeroes,
                [1, 0, 0, 0, 0x80] + zeroes, [1, 0xFF, 0xFF, 0xFF, 0x7F] + ones,
                Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
                [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3],
            ] + (0...255).map { [UInt8($0)] + Entropy.bytes(200) }
        }

        /// Peer links that a node has closed for cause, or for one cause.
        static func failures(of node: TestNode) throws -> Int64 { try failures(of: node, by: "") }

        static func failures(of node: TestNode, by cause: String) throws -> Int64 {
            let metrics = try node.send(Request("GET", "/metrics")).orThrow("metrics")
            return metrics.text.split(separator: "\n").reduce(0) { sum, line in
                guard line.hasPrefix("keyclave_peer_link_failures_total"),
                    cause.isEmpty || line.contains(cause)
                else { return sum }
                return sum + (line.split(separator: " ").last.flatMap { Int64($0) } ?? 0)
            }
        }

        @Test func `a node with another secret stays outside`() throws {
            try TestCluster.prepare { cluster in
                for node in cluster.nodes.prefix(2) { try node.start() }
                try cluster.waitUntilReady()
                let odd = cluster.nodes[2]
                let secret = cluster.directory + "/other.secret"
                try Files.write(String(repeating: "5", count: 64), to: secret)
                let configuration = Files.text(of: odd.files.configuration)
                    .replacing("../cluster.secret", with: secret)
                try Files.write(configuration, to: odd.files.configuration)
                let before = try cluster.nodes.prefix(2).map(Strangers.failures)
                try odd.start()
                for (node, count) in zip(cluster.nodes, before) {
                    try eventually("\(node.id) to refuse \(odd.id)") {
                        try Strangers.failures(of: node) > count
                    }
                }
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                let key = try cluster.makeKey(of: tenant, user: user)
                let answer = try odd.send(Request("GET", "/v1/auth", token: key.text))
                #expect(answer.status == 503, "\(answer)")
                #expect(answer.headers["retry-after"] != nil)
                #expect(odd.isRunning && !odd.isReady)
            }
        }
    }
}
