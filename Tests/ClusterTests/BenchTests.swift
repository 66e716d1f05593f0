import Basics
import Linux
import Testing

extension RealProcesses {
    /// `keyclave bench` against real nodes, for a second each: what is counted is what happened.
    @Suite struct Bench {
        /// A report, and what the command said besides.
        private static func bench(
            _ line: String, _ cluster: TestCluster
        ) throws -> CommandRun {
            let words = line.split(separator: " ").map(String.init)
            return try CommandRun(["bench"] + words + ["-q", "-o", "json"], by: cluster)
        }

        private static func count(_ run: CommandRun, _ name: String, _ part: String? = nil) -> Int64
        {
            let value = part.flatMap { run.json[name]?[$0] } ?? run.json[name]
            return value?.number ?? -1
        }

        @Test func `every work is done, and what is charged is spent`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                try cluster.setLimit(of: user, in: tenant, credits: 1_000_000_000)
                let key = try cluster.makeKey(of: tenant, user: user)
                let common = "--key \(key.text) -c 4 -s 1 --warm-up 0"
                for work in ["validate", "verify", "validate --rate 100", "verify --pipeline 4"] {
                    let run = try Self.bench("\(work) \(common)", cluster)
                    #expect(run.end == .exited(0), "\(run)")
                    #expect(Self.count(run, "answers") > 0, "\(run)")
                    #expect(Self.count(run, "errors", "total") == 0, "\(run)")
                }
                #expect(try cluster.spent(by: user, in: tenant) ?? 0 == 0)
                var counted: Int64 = 0
                var underway: Int64 = 0
                for (work, batch) in [
                    ("charge", 1), ("charge --batch 50", 50), ("mixed --charges 50", 1),
                ] {
                    let run = try Self.bench("\(work) \(common)", cluster)
                    #expect(run.end == .exited(0), "\(run)")
                    #expect(Self.count(run, "errors", "total") == 0, "\(run)")
                    let made = Self.count(run, "charges", "count")
                    #expect(made > 0 && made % Int64(batch) == 0, "\(run)")
                    counted += made
                    // Of each client one was answered when time was up, and sent the next.
                    underway += 2 * 4 * Int64(batch)
                }
                let spent = try #require(try cluster.spent(by: user, in: tenant))
                #expect((counted...counted + underway).contains(spent), "\(counted)")
            }
        }

        @Test func `refusals are errors, and no latency is theirs`() throws {
            try TestCluster.run(ClusterShape(nodeCount: 1)) { cluster in
                let tenant = try cluster.makeTenant()
                let user = try cluster.makeUser(of: tenant)
                try cluster.setLimit(of: user, in: tenant, credits: 25)
                let key = try cluster.makeKey(of: tenant, user: user)
                let common = "--key \(key.text) -c 1 -s 1 --warm-up 0"
                let batches = try Self.bench("charge --batch 10 \(common)", cluster)
                #expect(batches.end == .exited(0), "\(batches)")
                #expect(Self.count(batches, "answers") == 3, "\(batches)")
                #expect(Self.count(batches, "charges", "count") == 25)
                let refused = Self.count(batches, "errors", "refused")
                #expect(refused > 5 && refused % 10 == 5, "\(batches)")

                let mixed = try Self.bench("mixed --charges 50 \(common)", cluster)
                #expect(mixed.end == .exited(0), "\(mixed)")
                #expect(Self.count(mixed, "validations", "count") > 0, "\(mixed)")
                #expect(Self.count(mixed, "charges", "count") == 0, "\(mixed)")
                #expect(Self.count(mixed, "errors", "status_403") > 0, "\(mixed)")
                #expect(
                    Self.count(mixed, "answers") == Self.count(mixed, "validations", "count"))

                let other = try Self.bench("validate --api batch \(common)", cluster)
                #expect(other.end == .exited(1), "\(other)")
                #expect(Self.count(other, "answers") == 0, "\(other)")
                #expect(
                    Self.count(other, "errors", "status_403")
                        == Self.count(other, "errors", "total"), "\(other)")
            }
        }

        @Test func `loaded keys are there, every one of them`() throws {
            try TestCluster.run(ClusterShape(nodeCount: 1)) { cluster in
                let load = try Self.bench("load-keys 250 --api batch --threads 3", cluster)
                #expect(load.end == .exited(0), "\(load)")
                #expect(Self.count(load, "keys") == 250)
                #expect(Self.count(load, "users") == 84)
                let account = try #require(load.json["account"]?.text)
                #expect(try cluster.items("/v1/accounts/\(account)/users").count == 84)
                #expect(try cluster.items("/v1/accounts/\(account)/keys").count == 250)

                let handle = try #require(load.json["loaded"]?.text)
                let common = "--loaded \(handle) --api batch -c 2 -s 1 --warm-up 0"
                for work in ["validate", "verify", "charge", "charge --batch 3", "mixed"] {
                    let run = try Self.bench("\(work) \(common)", cluster)
                    #expect(run.end == .exited(0), "\(run)")
                    #expect(Self.count(run, "errors", "total") == 0, "\(run)")
                }
                // The same account takes more, and a key beyond the last one isn't there.
                let more = try Self.bench("load-keys 5 --account \(account)", cluster)
                #expect(more.end == .exited(0), "\(more)")
                let beyond = handle.replacing("250:", with: "250000:")
                let run = try Self.bench(
                    "validate --loaded \(beyond) --api batch -c 1 -s 1 --warm-up 0", cluster)
                #expect(Self.count(run, "errors", "status_401") > 0, "\(run)")
            }
        }

        @Test func `keys that can't be loaded are told, with what is there`() throws {
            try TestCluster.run(ClusterShape(nodeCount: 1)) { cluster in
                let load = try Self.bench("load-keys 5 --api nothing", cluster)
                #expect(load.end == .exited(2), "\(load)")
                let accounts = try cluster.items("/v1/accounts").compactMap { $0["id"]?.text }
                #expect(accounts.count == 1)
                #expect(load.messages.contains("belongs to \(accounts[0])"), "\(load)")
            }
        }

        @Test func `a leader's death is an outage for writers and no other node's`() throws {
            try TestCluster.run { cluster in
                let output = cluster.directory + "/failover.out"
                let process = try ChildProcess(
                    Program.path,
                    ["bench", "failover", "--rounds", "1", "--shortest", "300", "--json"],
                    environment: CommandRun.environment(of: cluster),
                    output: cluster.directory + "/failover.err", standardOutput: output)
                defer { _ = try? process.destroy() }
                // Once it writes, what is missing is seen.
                try eventually("a live line") {
                    let said = Files.text(of: cluster.directory + "/failover.err")
                    return said.contains(/writes [1-9]/) ? () : nil
                }
                let leader = try cluster.leader()
                try leader.kill()
                #expect(try process.wait(within: .seconds(60)) == .exited(0))
                let report = try JSONValue(parsing: Array(Files.text(of: output).utf8))
                let outage = try #require(report["outages"]?.list?.first, "\(report)")
                let length = try #require(outage["without_writes_ms"]?.number)
                #expect((300...20_000).contains(length), "\(report)")
                for node in cluster.nodes {
                    let row = try #require(
                        outage["nodes"]?.list?.first {
                            $0["endpoint"]?.text == "http://127.0.0.1:\(node.httpPort)"
                        })
                    let gap = try #require(row["without_validations_ms"]?.number)
                    // A node without a leader validates by its lease, for 2 s.
                    #expect(node.id == leader.id ? gap >= length - 50 : gap < length, "\(report)")
                }
            }
        }
    }
}
