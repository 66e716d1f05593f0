import Basics
import Consensus
import Testing

@testable import Journal
@testable import Replica

/// Snapshots between and within whole nodes.
@Suite struct SnapshotTests {
    private static let (n1, n2, n3) = (NodeID(1), NodeID(2), NodeID(3))

    /// Three nodes of which n1 leads and has cut its log beyond what n2, cut off, holds. All that
    /// n2 lacks, n3 can still tell by the log. n2 writes no snapshot of its own.
    private static func clusterWithLaggard() throws -> NodeCluster {
        let cluster = try NodeCluster.started(nodes: 3) { id, settings in
            if id == n2 { settings.snapshotLogBytes = 1 << 30 }
            if id == n3 { settings.raft.retainedLogBytes = 1 << 30 }
        }
        lead(cluster, n1)
        // More than a segment.
        cluster.makeAccounts(1_000..<1_080, at: n1)
        cluster.cut(n2)
        cluster.makeKey(at: n1)
        cluster.makeAccounts(0..<150, at: n1)
        cluster.run(.seconds(2))
        #expect(cluster.leader == n1)
        #expect(cluster.node(n1).raft.firstIndex > cluster.node(n2).raft.lastIndex.next)
        return cluster
    }

    private static func lead(_ cluster: NodeCluster, _ id: NodeID) {
        guard let leader = cluster.leader, leader != id else { return }
        cluster.ask(leader, .transferLeadership(token: NodeCluster.token, to: id))
        cluster.run(.seconds(1))
        #expect(cluster.leader == id)
    }

    private static func expectAlike(_ cluster: NodeCluster, _ id: NodeID, _ other: NodeID) {
        #expect(
            cluster.node(id).inspection.appliedIndex == cluster.node(other).inspection.appliedIndex)
        #expect(cluster.node(id).stateDigest() == cluster.node(other).stateDigest())
    }

    @Test func `a node that lags installs a snapshot by chunks and goes on from it`() throws {
        let cluster = try Self.clusterWithLaggard()
        #expect(cluster.verdict(at: Self.n2) == .unavailable)
        cluster.heal(Self.n2)
        cluster.run(.seconds(3))
        let index = try #require(cluster.node(Self.n1).raft.snapshot?.lastIndex)
        #expect(cluster.installed(by: Self.n2) == [index])
        let file = try #require(cluster.node(Self.n2).store.current)
        #expect(file.byteCount > 2 * cluster[Self.n2].settings.raft.snapshotChunkBytes)
        Self.expectAlike(cluster, Self.n2, Self.n1)
        #expect(cluster.verdict(at: Self.n2) == .valid, "the key is younger than the cut")
        // The log begins behind the snapshot, in memory and, for the next process, on disk.
        #expect(cluster.node(Self.n2).raft.firstIndex == index.next)
        #expect(cluster.node(Self.n2).journal.segments.count == 1)
        cluster.crash(Self.n2)
        let recovery = try Recovery(of: cluster[Self.n2].disk.files)
        #expect(recovery.snapshot?.description.last.index == index)
        #expect(recovery.records.first.map { $0.index > index } ?? true)
        try cluster.start(Self.n2)
        cluster.run(.seconds(2))
        Self.expectAlike(cluster, Self.n2, Self.n1)
    }

    @Test(arguments: [1, 4, 7])
    func `a leader whose snapshot has rotted makes another for the node that needs it`(
        eighth: Int
    ) throws {
        let cluster = try Self.clusterWithLaggard()
        let rotten = try #require(cluster.node(Self.n1).store.current)
        let old = try #require(cluster.node(Self.n1).raft.snapshot?.lastIndex)
        cluster[Self.n1].disk.flipBit(rotten.byteCount * eighth, of: rotten.name)
        cluster.heal(Self.n2)
        cluster.run(.seconds(5))
        #expect(cluster.node(Self.n1).raft.snapshot?.lastIndex ?? .zero > old)
        #expect(cluster.installed(by: Self.n2).first ?? .zero > old)
        Self.expectAlike(cluster, Self.n2, Self.n1)
    }

    @Test func `a snapshot older than what is applied leaves the state and cuts the log`() throws {
        let cluster = try Self.clusterWithLaggard()
        cluster.hold(.snapshots, of: Self.n2)
        cluster.heal(Self.n2)
        cluster.run(.seconds(2))
        let received = try #require(cluster.node(Self.n2).snapshots.installing?.metadata)
        #expect(cluster.node(Self.n2).inspection.appliedIndex < received.lastIndex)
        // The next leader has the whole log, so n2 gets by entries what it is installing.
        Self.lead(cluster, Self.n3)
        cluster.makeAccounts(500..<580, at: Self.n3)
        cluster.run(.seconds(1))
        let applied = cluster.node(Self.n2).inspection.appliedIndex
        #expect(applied > received.lastIndex)
        Self.expectAlike(cluster, Self.n2, Self.n3)
        let segments = cluster.node(Self.n2).journal.segments.count
        #expect(segments > 1)
        cluster.release(Self.n2)
        cluster.run(.milliseconds(20))
        #expect(cluster.node(Self.n2).snapshots.installing == nil)
        #expect(cluster.installed(by: Self.n2) == [], "the state wasn't replaced")
        #expect(cluster.node(Self.n2).inspection.appliedIndex == applied)
        Self.expectAlike(cluster, Self.n2, Self.n3)
        #expect(cluster.node(Self.n2).raft.snapshot == received)
        #expect(cluster.node(Self.n2).journal.covered == received.lastIndex)
        #expect(cluster.node(Self.n2).journal.segments.count < segments)
        cluster.makeAccount(600, at: Self.n2)
        cluster.run(.seconds(1))
        Self.expectAlike(cluster, Self.n2, Self.n3)
    }

    /// The room runs out in the midst of it, or, on a slow disk, when all of it is there.
    @Test(arguments: [false, true])
    func `a snapshot that finds no room is given up, and received when there is room`(
        isWhole: Bool
    ) throws {
        let cluster = try Self.clusterWithLaggard()
        cluster[Self.n2].disk.capacity = cluster[Self.n2].disk.usedBytes + (6 << 10)
        if isWhole { cluster.hold(.snapshots, of: Self.n2) }
        cluster.heal(Self.n2)
        if isWhole {
            cluster.run(.seconds(2))
            #expect(cluster.node(Self.n2).snapshots.installing != nil)
            cluster.release(Self.n2)
            // The pause after the first failure ends before the next begins.
            cluster.run(.milliseconds(10))
        } else {
            cluster.run(.seconds(5))
        }
        #expect(cluster.installed(by: Self.n2) == [])
        #expect(cluster.node(Self.n2).snapshots.receiving == nil)
        #expect(cluster.node(Self.n2).snapshots.installing == nil)
        #expect(
            cluster[Self.n2].disk.files.allSatisfy { !$0.name.hasPrefix("snapshot") },
            "what was received in part is freed")
        cluster[Self.n2].disk.capacity = .max
        cluster.run(.seconds(8))
        #expect(cluster.installed(by: Self.n2).count == 1)
        Self.expectAlike(cluster, Self.n2, Self.n1)
    }

    @Test func `a snapshot of one's own that finds no room is given up and made later`() throws {
        let cluster = try NodeCluster.started(nodes: 1)
        // It grows beyond the room that is left, and the log's next segment is there already.
        cluster[Self.n1].disk.capacity = cluster[Self.n1].disk.usedBytes + (2 << 10)
        cluster.makeAccounts(0..<20, at: Self.n1)
        let early = cluster.ask(Self.n1, .takeSnapshot(token: NodeCluster.token))
        cluster.run(.milliseconds(100))
        #expect(cluster.failure(of: early) == .diskFull)
        #expect(cluster.written(by: Self.n1) == [])
        #expect(cluster.node(Self.n1).journal.covered == .zero, "the log wasn't cut")
        #expect(cluster.node(Self.n1).raft.snapshot == nil)
        // Asked for again within the pause after the failure, it is made once there is room.
        let late = cluster.ask(Self.n1, .takeSnapshot(token: NodeCluster.token))
        cluster[Self.n1].disk.capacity = .max
        let asked = cluster.now
        cluster.run(.seconds(2))
        let index = cluster.node(Self.n1).inspection.appliedIndex
        #expect(cluster.written(by: Self.n1) == [index])
        let answer = try #require(cluster.reply(to: late))
        guard case .done(at: index) = answer.reply else {
            Issue.record("\(answer.reply)")
            return
        }
        #expect(answer.at - asked < cluster[Self.n1].settings.roomCheckInterval)
        #expect(cluster.node(Self.n1).journal.covered == index)
    }

    @Test func `a disk without room for a snapshot is filled up ever more rarely`() throws {
        let cluster = try NodeCluster.started(nodes: 1) { _, settings in
            settings.snapshotLogBytes = 4 << 10
        }
        cluster[Self.n1].disk.capacity = cluster[Self.n1].disk.usedBytes + (2 << 10)
        cluster.makeAccounts(0..<45, at: Self.n1)
        #expect(!cluster.node(Self.n1).isDiskFull, "the log's next segment is there already")
        #expect(cluster.node(Self.n1).snapshots.begun == 1)
        cluster.run(.seconds(60))
        // After 1, 2, 4, 8, 16 and 16 s.
        #expect(cluster.node(Self.n1).snapshots.begun == 7)
        cluster[Self.n1].disk.capacity = .max
        cluster.run(.seconds(17))
        #expect(cluster.written(by: Self.n1).count == 1)
    }

    @Test func `who waits for a snapshot that doesn't get on is answered at the deadline`() throws {
        let cluster = try NodeCluster.started(nodes: 1)
        cluster.hold(.snapshots, of: Self.n1)
        cluster.makeAccounts(0..<3, at: Self.n1)
        let asked = cluster.now
        let first = cluster.ask(Self.n1, .takeSnapshot(token: NodeCluster.token))
        cluster.run(.seconds(4))
        let second = cluster.ask(Self.n1, .takeSnapshot(token: NodeCluster.token))
        cluster.run(.seconds(20))
        #expect(cluster.failure(of: first) == .unavailable)
        // Counted from the chunk that the disk was still given.
        let waited = try #require(cluster.reply(to: first)).at - asked
        #expect(waited > .seconds(10) && waited < .milliseconds(10_010))
        #expect(cluster.failure(of: second) == .unavailable)
        #expect(cluster.reply(to: second)?.at == asked + .seconds(14))
        // What was begun goes on.
        cluster.release(Self.n1)
        cluster.run(.seconds(1))
        #expect(cluster.written(by: Self.n1).count == 1)
    }
}
