import Basics
import Consensus
import Keyring
import Testing

@testable import Replica

/// How long and how much requests wait, and how long a read side may answer.
@Suite struct WaitingTests {
    private static let (n1, n2, n3) = (NodeID(1), NodeID(2), NodeID(3))

    @Test func `after a restart of all no node answers by less than was committed before`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        cluster.makeKey(at: leader)
        cluster.run(.seconds(1))
        let committed = cluster.node(leader).raft.commitIndex
        let nodes = [Self.n1, Self.n2, Self.n3]
        for id in nodes { cluster.crash(id) }
        for id in nodes { try cluster.start(id) }
        var isAnswering = false
        for _ in 0..<2_000 {
            cluster.run(.milliseconds(1))
            for id in nodes {
                let node = cluster.node(id)
                guard cluster.clock.steady.precedes(node.leaseExpiry) else { continue }
                isAnswering = true
                #expect(node.state.appliedIndex >= committed)
            }
        }
        #expect(isAnswering)
    }

    @Test func `a follower that hears its leader but can't append lets its lease run out`()
        throws
    {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        let follower = NodeID(leader.rawValue % 3 + 1)
        cluster.makeKey(at: leader)
        // Its next segment finds no room.
        cluster[follower].disk.capacity = cluster[follower].disk.usedBytes
        var number: UInt64 = 0
        while !cluster.node(follower).isDiskFull, number < 300 {
            cluster.makeAccounts(number..<number + 1, at: leader)
            number += 1
        }
        #expect(cluster.node(follower).isDiskFull)
        cluster.run(.seconds(4))
        #expect(
            cluster.verdict(at: follower) == .valid,
            "nothing was committed that it lacks, so it goes on")
        cluster.makeAccounts(1_000..<1_001, at: leader)
        let lagging = cluster.now
        #expect(cluster.node(follower).raft.heardCommit > cluster.node(follower).state.appliedIndex)
        // Leases granted since are for states that it hasn't.
        let expiry = cluster.node(follower).leaseExpiry.running
        #expect(expiry - lagging <= .seconds(2))
        cluster.run(until: expiry + (.zero - .milliseconds(1)))
        #expect(cluster.verdict(at: follower) == .valid)
        cluster.run(.seconds(2))
        #expect(cluster.verdict(at: follower) == .unavailable)
        #expect(cluster.verdict(at: leader) == .valid)
        // It heard the leader all the time, and yet refuses at once what it couldn't tell the
        // outcome of.
        #expect(cluster.node(follower).raft.leader == leader)
        let change = cluster.makeAccount(2_000, at: follower)
        cluster.run(.milliseconds(1))
        #expect(cluster.failure(of: change) == .diskFull)
        let heard = try #require(cluster.node(follower).raft.lastLeaderContact)
        #expect(cluster.now - heard <= .milliseconds(52))
        cluster[follower].disk.capacity = .max
        cluster.run(.seconds(2))
        #expect(cluster.verdict(at: follower) == .valid)
        let late = cluster.makeAccount(2_001, at: follower)
        cluster.run(.seconds(1))
        #expect(cluster.isChanged(late))
    }

    @Test func `a lone node goes on validating after a restart without room for another entry`()
        throws
    {
        let cluster = try NodeCluster.started(nodes: 1)
        cluster.makeKey(at: Self.n1)
        cluster.run(.milliseconds(500))
        cluster.crash(Self.n1)
        let segments = cluster[Self.n1].disk.files.filter { $0.name.hasPrefix("segment") }
        #expect(segments.count == 2)
        // What a power cut tore ends the one, and the other, made ahead, is gone with the room.
        try cluster[Self.n1].disk.perform([
            .write(segments[0].name, offset: segments[0].bytes.count - 1, bytes: [1]),
            .sync(segments[0].name), .delete(segments[1].name), .syncDirectory,
        ])
        cluster[Self.n1].disk.capacity = cluster[Self.n1].disk.usedBytes
        try cluster.start(Self.n1)
        cluster.run(.seconds(10))
        #expect(cluster.node(Self.n1).isDiskFull)
        #expect(cluster.node(Self.n1).raft.durableIndex < cluster.node(Self.n1).raft.lastIndex)
        #expect(cluster.verdict(at: Self.n1) == .valid)
        let query = cluster.ask(Self.n1, .query(NodeCluster.token, .whoami, .linearizable))
        let change = cluster.makeAccount(1, at: Self.n1)
        cluster.run(.seconds(1))
        guard case .answer? = cluster.reply(to: query)?.reply else {
            Issue.record("\(cluster.replies(to: query))")
            return
        }
        #expect(cluster.failure(of: change) == .diskFull)
        let term = cluster.node(Self.n1).raft.term
        cluster[Self.n1].disk.capacity = .max
        cluster.run(.seconds(2))
        let late = cluster.makeAccount(2, at: Self.n1)
        cluster.run(.seconds(1))
        #expect(cluster.isChanged(late))
        #expect(cluster.node(Self.n1).state.appliedIndex == cluster.node(Self.n1).raft.lastIndex)
        #expect(cluster.node(Self.n1).raft.term == term, "it led all the time")
        #expect(cluster.verdict(at: Self.n1) == .valid)
    }

    @Test func `what waits is bounded by its number, and who comes behind is refused at once`()
        throws
    {
        let cluster = try NodeCluster(nodes: 3)
        try cluster.start(Self.n1)
        cluster.run(.seconds(1))
        let read = ClientRequest.Body.query(NodeCluster.token, .whoami, .linearizable)
        let bodies = Array(repeating: read, count: NodeLimits.waitingRequests + 3)
        let tickets = cluster.ask(Self.n1, together: bodies)
        let (taken, refused) = (tickets.dropLast(3), tickets.suffix(3))
        #expect(refused.allSatisfy { cluster.failure(of: $0) == .overloaded })
        #expect(taken.last.map { cluster.replies(to: $0).isEmpty } == true)
        cluster.run(.seconds(11))
        #expect(taken.last.flatMap { cluster.failure(of: $0) } == .noLeader)
        #expect(
            cluster.replies(to: cluster.ask(Self.n1, read)).isEmpty, "there is room again")
    }

    @Test func `what waits is bounded by its bytes`() throws {
        let cluster = try NodeCluster(nodes: 3)
        try cluster.start(Self.n1)
        cluster.run(.seconds(1))
        let charge = Charge(
            key: .digest(.zero), credits: 1, id: .uuidV7(high: 0x7000, low: 0b10 << 62))
        let charges = Array(repeating: charge, count: 10_000)
        // 64 MiB by 1,280,256 bytes each.
        let asked = cluster.now
        let tickets = (0..<53).map { _ in cluster.ask(Self.n1, .charge(charges)) }
        #expect(cluster.failure(of: tickets[52]) == .overloaded)
        #expect(tickets[..<52].allSatisfy { cluster.replies(to: $0).isEmpty })
        let small = cluster.ask(Self.n1, .query(NodeCluster.token, .whoami, .linearizable))
        #expect(cluster.replies(to: small).isEmpty, "there is still room for it")
        cluster.run(.seconds(5))
        #expect(
            tickets[..<52].allSatisfy {
                cluster.failure(of: $0) == .noLeader
                    && cluster.reply(to: $0)?.at == asked + .seconds(5)
            })
        // The room is given back.
        #expect(cluster.replies(to: cluster.ask(Self.n1, .charge(charges))).isEmpty)
        #expect(cluster.node(Self.n1).reads.bytes == 1_280_256)
    }

    @Test func `a read that its leader declines is asked again with the heartbeats, no faster`()
        throws
    {
        // n1 confirms no read, n2 and n3 do.
        let cluster = try NodeCluster.started(nodes: 3) { id, settings in
            if id == Self.n1 { settings.raft.maxPendingReads = 0 }
        }
        if let leader = cluster.leader, leader != Self.n1 {
            cluster.ask(leader, .transferLeadership(token: NodeCluster.token, to: Self.n1))
            cluster.run(.seconds(1))
        }
        #expect(cluster.leader == Self.n1)
        let idle = cluster[Self.n2].sends
        cluster.run(.seconds(1))
        let heartbeats = cluster[Self.n2].sends - idle
        #expect(heartbeats == 24, "20 answers and 4 requests for a lease")
        let ticket = cluster.ask(Self.n2, .query(NodeCluster.token, .whoami, .linearizable))
        let before = cluster[Self.n2].sends
        cluster.run(.seconds(1))
        #expect(cluster[Self.n2].sends - before - heartbeats <= 20)
        #expect(cluster.replies(to: ticket).isEmpty)
        // Another leader is asked at once.
        cluster.ask(Self.n1, .transferLeadership(token: NodeCluster.token, to: Self.n3))
        let transferred = cluster.now
        cluster.run(.seconds(1))
        #expect(cluster.leader == Self.n3)
        let answer = try #require(cluster.reply(to: ticket))
        guard case .answer = answer.reply else {
            Issue.record("\(answer.reply)")
            return
        }
        #expect(answer.at - transferred < .milliseconds(30))
    }
}
