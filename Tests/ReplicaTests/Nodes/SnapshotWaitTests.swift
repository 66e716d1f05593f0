import Basics
import Consensus
import Testing

@testable import Replica

/// What a snapshot waits for, and who waits for it.
@Suite struct SnapshotWaitTests {
    private static let (n1, n2) = (NodeID(1), NodeID(2))

    /// Three nodes of which n1 leads, writes a snapshot every 16 KiB of log, and sends it in chunks
    /// of so many bytes to n2, which was cut off long enough to need it and is now back.
    private static func clusterWithLaggard(
        chunk: Int, patience: Duration = .seconds(10)
    ) throws -> NodeCluster {
        let cluster = try NodeCluster.started(nodes: 3) { id, settings in
            settings.raft.snapshotChunkBytes = chunk
            settings.snapshotPatience = patience
            if id == n2 { settings.snapshotLogBytes = 1 << 30 }
        }
        if let leader = cluster.leader, leader != n1 {
            cluster.ask(leader, .transferLeadership(token: NodeCluster.token, to: n1))
            cluster.run(.seconds(1))
        }
        #expect(cluster.leader == n1)
        cluster.cut(n2)
        cluster.makeAccounts(0..<250, at: n1)
        cluster.run(.seconds(1))
        #expect(cluster.node(n1).raft.firstIndex > cluster.node(n2).raft.lastIndex.next)
        cluster.heal(n2)
        cluster.run(.milliseconds(300))
        return cluster
    }

    @Test func `a slow member catches up however much is written meanwhile`() throws {
        let cluster = try Self.clusterWithLaggard(chunk: 128)
        #expect(cluster.installed(by: Self.n2) == [], "the transfer takes longer")
        // At this rate there would be another snapshot every half a second.
        cluster.makeAccounts(1_000..<1_600, at: Self.n1)
        #expect(cluster.installed(by: Self.n2).count == 1)
        cluster.run(.seconds(1))
        #expect(cluster.node(Self.n2).stateDigest() == cluster.node(Self.n1).stateDigest())
        // And then it is the next snapshot's turn.
        let written = cluster.written(by: Self.n1).count
        cluster.makeAccounts(2_000..<2_200, at: Self.n1)
        #expect(cluster.written(by: Self.n1).count > written)
    }

    /// What the test above would see if no snapshot waited.
    @Test func `a slow member that isn't waited for begins anew with each snapshot`() throws {
        let cluster = try Self.clusterWithLaggard(chunk: 128, patience: .nanoseconds(1))
        cluster.makeAccounts(1_000..<1_600, at: Self.n1)
        #expect(cluster.installed(by: Self.n2) == [])
    }

    @Test func `a member that would take for ever isn't waited for beyond a bound`() throws {
        let cluster = try Self.clusterWithLaggard(chunk: 2)
        let written = cluster.written(by: Self.n1).count
        let bound = cluster[Self.n1].settings.snapshotLogBytes * NodeLimits.deferredLogFactor
        var longest = 0
        for number in 1_000..<2_500 as Range<UInt64> {
            cluster.makeAccounts(number..<number + 1, at: Self.n1)
            longest = max(longest, cluster.node(Self.n1).raft.logBytesSinceSnapshot)
        }
        #expect(cluster.installed(by: Self.n2) == [])
        #expect(cluster.written(by: Self.n1).count > written)
        #expect((bound * 7 / 8..<bound + bound / 8).contains(longest), "\(longest)")
    }

    @Test func `a member that has stopped in the midst isn't waited for`() throws {
        let cluster = try Self.clusterWithLaggard(chunk: 8, patience: .milliseconds(500))
        let written = cluster.written(by: Self.n1).count
        cluster.cut(Self.n2)
        cluster.makeAccounts(1_000..<1_300, at: Self.n1)
        #expect(cluster.written(by: Self.n1).count > written)
    }

    @Test func `what a hanging disk hasn't read yet is asked of it once`() throws {
        let cluster = try Self.clusterWithLaggard(chunk: 32)
        cluster.holdsReads = true
        cluster.run(.seconds(5))
        #expect(cluster.node(Self.n1).snapshots.transfers.count == 1)
        cluster.holdsReads = false
        cluster.run(.seconds(10))
        #expect(cluster.node(Self.n2).stateDigest() == cluster.node(Self.n1).stateDigest())
    }

    @Test func `a wish that comes while a snapshot is made is granted by the next`() throws {
        let cluster = try NodeCluster.started(nodes: 1)
        cluster.makeAccounts(0..<3, at: Self.n1)
        cluster.hold(.snapshots, of: Self.n1)
        let first = cluster.ask(Self.n1, .takeSnapshot(token: NodeCluster.token))
        let before = cluster.node(Self.n1).inspection.appliedIndex
        cluster.makeAccounts(3..<6, at: Self.n1)
        let second = cluster.ask(Self.n1, .takeSnapshot(token: NodeCluster.token))
        let after = cluster.node(Self.n1).inspection.appliedIndex
        #expect(before < after)
        cluster.release(Self.n1)
        cluster.run(.seconds(1))
        guard case .done(at: before)? = cluster.reply(to: first)?.reply,
            case .done(at: after)? = cluster.reply(to: second)?.reply
        else {
            Issue.record("\(cluster.replies(to: first)) \(cluster.replies(to: second))")
            return
        }
        #expect(cluster.written(by: Self.n1) == [before, after])
    }

    /// The log stays as long as it is until the snapshot is in its place.
    @Test func `a log that has become long is covered by one snapshot, not by two`() throws {
        let cluster = try NodeCluster.started(nodes: 1)
        let limit = cluster[Self.n1].settings.snapshotLogBytes
        cluster.hold(.snapshots, of: Self.n1)
        var number: UInt64 = 0
        while cluster.node(Self.n1).raft.logBytesSinceSnapshot < limit * 5 / 4 {
            cluster.makeAccounts(number..<number + 1, at: Self.n1)
            number += 1
        }
        #expect(cluster.written(by: Self.n1).isEmpty)
        cluster.release(Self.n1)
        cluster.run(.seconds(1))
        #expect(cluster.written(by: Self.n1).count == 1)
        #expect(!cluster.node(Self.n1).store.isWriting)
    }

    @Test func `the entry that lets a distrusted snapshot be replaced leaves at once`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        cluster.ask(leader, .takeSnapshot(token: NodeCluster.token))
        cluster.run(.seconds(1))
        #expect(
            cluster.node(leader).raft.snapshot?.lastIndex == cluster.node(leader).raft.lastIndex)
        cluster.step(leader, .timePassed)
        let sends = cluster[leader].sends
        cluster.step(leader, .timePassed)
        #expect(cluster[leader].sends == sends, "nothing else is due")
        cluster[leader].node?.snapshots.isDistrusted = true
        cluster.step(leader, .timePassed)
        #expect(cluster[leader].sends == sends + 2)
        #expect(cluster.node(leader).raftEffects.isEmpty)
    }
}
