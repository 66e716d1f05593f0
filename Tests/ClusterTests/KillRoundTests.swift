import Basics
import Foundation
import Testing

extension RealProcesses {
    /// All nodes die at once while clients write, over and over.
    ///
    /// `swift test` does a few of them, with kill -9 alone, which keeps what the kernel has in its
    /// page cache. To take that away as well, every other round continues from directories that
    /// hold only what was synced; this needs a build that keeps such directories. It can be told
    /// not to sync as well, which shows that the rounds can fail:
    ///
    ///     KEYCLAVE_SHADOW_DISK=1 swift build -c release --scratch-path .build-shadow \
    ///         --product keyclave
    ///     KEYCLAVE_SHADOW_BINARY=$PWD/.build-shadow/release/keyclave \
    ///     KEYCLAVE_KILL_ROUNDS=1000 swift test --filter KillRounds
    @Suite struct KillRounds {
        static let count = Program.variable("KEYCLAVE_KILL_ROUNDS").flatMap { Int($0) } ?? 5
        static let shadowBinary = Program.variable("KEYCLAVE_SHADOW_BINARY")

        @Test(.enabled(if: shadowBinary == nil, "the next test does more"))
        func `no acknowledged write is missing after all nodes were killed`() throws {
            let faults = try KillRoundSeries(program: Program.path, shadows: false)
                .run(rounds: Self.count)
            #expect(faults.isEmpty, "\(faults)")
        }

        @Test(.enabled(if: shadowBinary != nil, "KEYCLAVE_SHADOW_BINARY names no program"))
        func `no acknowledged write is missing when only what was synced is left`() throws {
            let program = try #require(Self.shadowBinary)
            let faults = try KillRoundSeries(program: program, shadows: true)
                .run(rounds: Self.count)
            #expect(faults.isEmpty, "\(faults)")
        }

        @Test(.enabled(if: shadowBinary != nil, "KEYCLAVE_SHADOW_BINARY names no program"))
        func `a program that doesn't sync is found out`() throws {
            let program = try #require(Self.shadowBinary)
            let faults = try KillRoundSeries(program: program, shadows: true, syncs: false)
                .run(rounds: 2)
            #expect(!faults.isEmpty, "nothing was lost without a single sync")
        }
    }
}

/// One cluster that is killed round after round, and the books of what it acknowledged.
struct KillRoundSeries {
    var program: String
    /// Every other round goes on from what was synced.
    var shadows: Bool
    var syncs = true

    /// What is wrong after the first round that lost anything; empty if none did.
    func run(rounds: Int) throws -> [String] {
        var shape = ClusterShape()
        shape.program = program
        if !syncs { shape.environment["KEYCLAVE_WITHOUT_SYNCS"] = "1" }
        // Small enough that snapshots and the cutting of the log fall among the kills.
        shape.settings["snapshot_after_bytes"] = "65536"
        return try TestCluster.run(shape) { cluster in
            let (tenant, key) = try RealProcesses.Charges.spender(in: cluster)
            var total: Int64 = 0
            for round in 1...rounds {
                let made = try self.round(round, cluster, tenant, key, &total)
                if !made.isEmpty { return made.map { "round \(round): \($0)" } }
            }
            return []
        }
    }

    private func round(
        _ number: Int, _ cluster: TestCluster, _ tenant: Tenant, _ key: IssuedKey,
        _ total: inout Int64
    ) throws -> [String] {
        let stream = try ChargeStream(cluster: cluster, key: key.text)
        let user: String
        do {
            user = try cluster.makeUser(of: tenant, email: "round\(number)@example.com", on: number)
            try stream.waitForMore(10 + number % 40)
        } catch {
            _ = try? stream.stop()
            throw error
        }
        try cluster.killAll()
        let records = try stream.stop()
        if shadows && number % 2 == 1 {
            for node in cluster.nodes { try KillRoundSeries.cutPower(of: node) }
        }
        do {
            try cluster.startAll()
        } catch let error as TestNode.EarlyEnd {
            return ["\(error)"]
        }
        var (faults, sum) = try cluster.audit(records, key: key.text)
        total += sum
        let found = try cluster.get(tenant.path + "/users/\(user)", on: number)
        if found.status != 200 { faults.append("user \(user) is gone: \(found)") }
        let spent = try? cluster.spent(by: key.user, in: tenant)
        if spent != total { faults.append("\(total) were charged, \(spent ?? -1) are counted") }
        return faults
    }

    /// Puts what the node had synced in the place of its data.
    private static func cutPower(of node: TestNode) throws {
        let manager = FileManager.default
        for name in try manager.contentsOfDirectory(atPath: node.files.data) {
            Files.remove("\(node.files.data)/\(name)")
        }
        // Copies: the shadow's own files are linked and would be written to by the next life.
        for name in try manager.contentsOfDirectory(atPath: node.files.shadow) {
            try Files.copy("\(node.files.shadow)/\(name)", to: "\(node.files.data)/\(name)")
        }
        Files.remove(node.files.shadow)
        Files.remove(node.files.shadow + ".contents")
    }
}
