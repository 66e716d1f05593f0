import Basics
import Consensus
import Keyring
import Testing

@testable import Journal
@testable import Replica
@testable import Simulator

/// What one directory brings into a new cluster when the others are lost for good.
@Suite struct ForcedRecoveryTests {
    private static let (n1, n2, n3, n9) = (NodeID(1), NodeID(2), NodeID(3), NodeID(9))

    /// The heir's disk, formatted and filled.
    private func heir(of recovery: ForcedRecovery) throws -> InMemoryDisk {
        let identity = NodeCluster.identity(Self.n9, members: [Self.n9], incarnation: 9)
        var disk = InMemoryDisk()
        try disk.perform(identity.format(settings: NodeCluster.journalSettings))
        let member = Member(id: Self.n9, role: .voter, address: "n9", incarnation: 9)
        let failure = recovery.write(
            into: try Recovery(of: disk.files), as: member,
            settings: NodeCluster.journalSettings
        ) { operations in
            do throws(DiskFailure) {
                try disk.perform(operations)
                return nil
            } catch {
                return error
            }
        }
        #expect(failure == nil)
        return disk
    }

    private func node(on disk: InMemoryDisk, clock: ClockReading) throws -> Node {
        try Node(
            NodeStart(
                directory: try NodeRecovery(of: disk.files), settings: NodeCluster.settings,
                journalSettings: NodeCluster.journalSettings, secrets: [World.secret],
                entropy: .zero),
            clock: clock)
    }

    @Test(arguments: [10, 300])
    func `the heir has the survivor's state, and is a cluster of one`(accounts: UInt64) throws {
        let cluster = try NodeCluster.started(nodes: 3)
        cluster.makeKey(at: Self.n1)
        cluster.makeAccounts(0..<accounts, at: Self.n1)
        cluster.run(.seconds(2))
        let survivor = cluster.node(Self.n3)
        let source = try NodeRecovery(of: cluster[Self.n3].disk.files)
        #expect((source.recovery.snapshot != nil) == (accounts == 300))
        let recovery = try ForcedRecovery(source)
        #expect(recovery.last.index == survivor.inspection.appliedIndex)
        #expect(recovery.configuration.voters == [Self.n1, Self.n2, Self.n3])
        #expect(recovery.keyCount == 1)

        let heir = try node(on: try heir(of: recovery), clock: cluster.clock)
        #expect(heir.stateDigest() == survivor.stateDigest())
        #expect(heir.configuration.voters == [Self.n9])
        #expect(heir.configuration.former.map(\.id) == [Self.n1, Self.n2, Self.n3])
        #expect(heir.roster == [Self.n9], "the wait before the heir starts covers the others")
    }

    @Test func `an entry that was never committed counts as decided`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        for id in [Self.n1, Self.n2, Self.n3] where id != leader { cluster.cut(id) }
        let before = try ForcedRecovery(NodeRecovery(of: cluster[leader].disk.files))
        let ticket = cluster.makeAccount(1, at: leader)
        cluster.run(.milliseconds(100))
        #expect(cluster.replies(to: ticket).isEmpty)
        let recovery = try ForcedRecovery(NodeRecovery(of: cluster[leader].disk.files))
        #expect(recovery.last.index > cluster.node(leader).raft.commitIndex)
        #expect(recovery.accountCount == before.accountCount + 1)
    }

    @Test func `a damaged directory is refused`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        cluster.makeAccounts(0..<20, at: Self.n1)
        #expect(cluster.rot(account: 3, of: Self.n2))
        let recovery = try NodeRecovery(of: cluster[Self.n2].disk.files)
        #expect(throws: NodeStartRefusal.self) { try ForcedRecovery(recovery) }
        _ = try ForcedRecovery(NodeRecovery(of: cluster[Self.n1].disk.files))
    }

    @Test func `a node that has received nothing has nothing to give`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let id = try cluster.join()
        let recovery = try NodeRecovery(of: cluster[id].disk.files)
        #expect(throws: NodeStartRefusal.self) { try ForcedRecovery(recovery) }
    }
}
