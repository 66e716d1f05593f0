import Basics
import Glibc
import Testing

extension RealProcesses {
    /// How a node ends and what stops it from starting.
    @Suite struct Stopping {
        @Test func `a leader that is told to stop hands over, ends with 0 and leaves no rest`()
            throws
        {
            try TestCluster.run { cluster in
                let (tenant, key) = try Charges.spender(in: cluster)
                let stream = try ChargeStream(cluster: cluster, key: key.text, clients: 3)
                try stream.waitForMore(20)
                let leader = try cluster.leader()
                let snapshot = Request(
                    "POST", "/v1/cluster/snapshot", token: cluster.operatorToken)
                _ = try leader.send(snapshot).orThrow("a snapshot")
                #expect(try leader.terminate() == .exited(0), "\(leader.log.suffix(2000))")
                #expect(try cluster.leader().id != leader.id)
                try stream.waitForMore(20)
                let temporary = Files.below(leader.files.data).filter { name in
                    [".new", ".tmp", ".part", ".partial", ".incomplete", "~"]
                        .contains { name.hasSuffix($0) } || name.contains("incomplete")
                }
                #expect(temporary.isEmpty)
                try leader.start()
                try leader.waitUntilReady()
                try Charges.expectExact(try stream.stop(), cluster, tenant, key)
                for node in cluster.nodes { #expect(try node.terminate() == .exited(0)) }
            }
        }

        @Test func `requests under way are answered before the node ends`() throws {
            var shape = ClusterShape()
            shape.settings["front_threads"] = "1"
            // The leader stands still for a moment, and is to lead on.
            shape.settings["election_timeout_min_ms"] = "4000"
            shape.settings["election_timeout_max_ms"] = "8000"
            try TestCluster.run(shape) { cluster in
                let (tenant, key) = try Charges.spender(in: cluster)
                let node = try #require(try cluster.followers().first)
                let leader = try cluster.leader()
                let records = (0..<50).map { _ in ChargeRecord(credits: 3) }
                let lines = try (0..<5).map { _ in try Connection(port: node.httpPort) }
                var buffers = [[UInt8]](repeating: [], count: lines.count)
                // Nobody can answer charges, so that all are under way when the signal comes.
                try leader.pause()
                defer { leader.resume() }
                for (number, line) in lines.enumerated() {
                    let own = records.dropFirst(10 * number).prefix(10)
                    let charges = own.flatMap { $0.request(key: key.text).bytes }
                    try line.send(Request("GET", "/livez").bytes + charges)
                    // The first one's answer tells that the node has read all of them.
                    let alive = try HTTPClient.answer(on: line, buffer: &buffers[number])
                    #expect(alive.status == 200)
                    #expect(buffers[number].isEmpty)
                }
                // What a thread read it hands over before it turns to a later connection.
                #expect(try node.send(Request("GET", "/livez")).status == 200)
                node.signal(SIGTERM)
                try eventually("\(node.id) to stop") { node.log.contains("event=signal") }
                leader.resume()
                for index in records.indices {
                    let answer = try HTTPClient.answer(
                        on: lines[index / 10], buffer: &buffers[index / 10])
                    #expect(answer.status == 200, "\(answer)")
                }
                #expect(try node.waitForEnd() == .exited(0))
                #expect(try cluster.spent(by: key.user, in: tenant) == 150)
            }
        }

        @Test func `two processes never share a data directory`() throws {
            try TestCluster.run(ClusterShape(nodeCount: 1)) { cluster in
                let node = cluster.nodes[0]
                let ports = try freePorts(2)
                let second = cluster.directory + "/n1/second.json"
                let configuration = Files.text(of: node.files.configuration)
                    .replacing(":\(node.httpPort)\"", with: ":\(ports[0])\"")
                    .replacing(":\(node.peerPort)\"", with: ":\(ports[1])\"")
                try Files.write(configuration, to: second)
                let (end, output) = try serve(second, in: cluster)
                #expect(end == .exited(1), "\(output)")
                #expect(output.contains(node.files.data), "\(output)")
                #expect(node.isRunning && node.isReady)
            }
        }

        @Test func `a node without its data, and one with a stranger's, don't start`() throws {
            try TestCluster.prepare(ClusterShape(nodeCount: 1)) { cluster in
                let files = cluster.nodes[0].files
                for name in Files.below(files.data) { Files.remove("\(files.data)/\(name)") }
                var (end, output) = try serve(files.configuration, in: cluster)
                #expect(end == .exited(1), "\(output)")
                #expect(output.contains("keyclave format"), "\(output)")

                try Files.write("not ours", to: files.data + "/identity")
                (end, output) = try serve(files.configuration, in: cluster)
                #expect(end == .exited(1), "\(output)")
            }
        }

        @Test(arguments: [
            (#""surprise": 1"#, "surprise"),
            (#""active_keys_per_user": 4"#, "active_keys_per_user"),
            (#""heartbeat_ms": "50""#, "heartbeat_ms"),
            (#""heartbeat_ms": 126"#, "heartbeat_ms"),
            (#""front_threads": 100000"#, "front_threads"), (#""node": "n1""#, "node"),
        ])
        func `a wrong setting is refused at the start by its name`(
            member: String, name: String
        ) throws {
            try TestCluster.prepare(ClusterShape(nodeCount: 1)) { cluster in
                let path = cluster.nodes[0].files.configuration
                let text = Files.text(of: path)
                try Files.write("{\(member), \(text.dropFirst())", to: path)
                let (end, output) = try serve(path, in: cluster)
                #expect(end == .exited(1), "\(output)")
                #expect(output.contains(name), "\(output)")
            }
        }

        @Test func `a secret that others may read is refused`() throws {
            try TestCluster.prepare { cluster in
                #expect(chmod(cluster.directory + "/cluster.secret", 0o644) == 0)
                let (end, output) = try serve(
                    cluster.nodes[0].files.configuration, in: cluster)
                #expect(end == .exited(1), "\(output)")
                #expect(output.contains("cluster.secret"), "\(output)")
                #expect(!output.contains(cluster.secret))
            }
        }

        private func serve(
            _ configuration: String, in cluster: TestCluster
        ) throws -> (ProcessEnd, String) {
            let output = cluster.directory + "/serve.log"
            Files.remove(output)
            let process = try ChildProcess(
                Program.path, ["serve", "--config", configuration],
                environment: Program.environment, output: output)
            do {
                return (try process.wait(within: .seconds(20)), Files.text(of: output))
            } catch {
                try process.destroy()
                throw error
            }
        }
    }

    /// A disk without room.
    @Suite(.enabled(if: SmallDisk.isPermitted, "this user may not mount a file system"))
    struct FullDisk {
        @Test func `a node on a full disk validates, refuses changes, and recovers`() throws {
            var shape = ClusterShape(nodeCount: 1)
            shape.diskBytes = 64 << 20
            try TestCluster.run(shape) { cluster in
                let node = cluster.nodes[0]
                let (tenant, key) = try Charges.spender(in: cluster)
                try SmallDisk.fill(node.files.disk, log: cluster.directory + "/fill.log")
                let (made, refused) = try spendUntilRefused(key, on: node)
                #expect(refused.code == "disk_full", "\(refused)")
                #expect(refused.headers["retry-after"] != nil)

                let answer = try node.send(Request("GET", "/v1/auth", token: key.text))
                #expect(answer.status == 200, "\(answer)")
                let change = Request(
                    "POST", "/v1/accounts", token: cluster.operatorToken, json: #"{"name": "x"}"#)
                #expect(try node.send(change).status == 503)
                #expect(node.isRunning)

                SmallDisk.free(node.files.disk)
                let last = ChargeRecord(credits: 1)
                let settled = try cluster.settle(last.request(key: key.text))
                #expect(settled.status == 200, "\(settled)")
                #expect(try cluster.spent(by: key.user, in: tenant) == made + 1)
                try node.kill()
                try node.start()
                try node.waitUntilReady()
                #expect(try cluster.spent(by: key.user, in: tenant) == made + 1)
            }
        }

        /// Three journals of 16 MiB have to be filled, which takes minutes in a debug build.
        @Test(
            .enabled(
                if: Program.variable("KEYCLAVE_LONG_TESTS") != nil,
                "long: set KEYCLAVE_LONG_TESTS, and KEYCLAVE_BINARY to a release build"))
        func `a leader whose disk is full hands over and goes on validating`() throws {
            var shape = ClusterShape()
            shape.diskBytes = 64 << 20
            try TestCluster.run(shape) { cluster in
                let (tenant, key) = try Charges.spender(in: cluster)
                let leader = try cluster.leader()
                try SmallDisk.fill(leader.files.disk, log: cluster.directory + "/fill.log")
                var records: [ChargeRecord] = []
                let client = leader.client()
                while try cluster.leader().id == leader.id {
                    guard records.count < 50_000 else {
                        throw TimedOut(what: "a full disk to be noticed")
                    }
                    // Some of these are refused when it happens; all are settled below.
                    for _ in 0..<50 {
                        let record = ChargeRecord(credits: 1)
                        _ = try client.send(record.request(key: key.text))
                        records.append(record)
                    }
                }
                let answer = try cluster.validate(key.text, on: leader, reflecting: key.index)
                #expect(answer.status == 200, "\(answer)")
                SmallDisk.free(leader.files.disk)
                try Charges.expectExact(records, cluster, tenant, key)
                try cluster.waitUntilReady()
            }
        }

        /// Charges one credit after the other until the answer is 503, so that the room reserved
        /// ahead is used up as well.
        private func spendUntilRefused(
            _ key: IssuedKey, on node: TestNode
        ) throws -> (Int64, Answer) {
            let client = node.client()
            var made: Int64 = 0
            while made < 50_000 {
                let record = ChargeRecord(credits: 1)
                let answer = try client.send(record.request(key: key.text))
                if answer.status == 503 { return (made, answer) }
                guard answer.status == 200 else {
                    throw Unexpected(what: "a charge", answer: answer)
                }
                made += 1
            }
            throw TimedOut(what: "a full disk to be noticed")
        }
    }
}
