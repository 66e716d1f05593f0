import Basics
import Consensus
import Testing

@testable import Replica

@Suite struct StoppingTests {
    private static let n1 = NodeID(1)

    @Test func `a leader that stops hands over, answers who waits, and then reports it`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        let waiting = cluster.makeAccount(1, at: leader)
        let asked = cluster.now
        cluster.step(leader, .stopRequested)
        let refused = cluster.makeAccount(2, at: leader)
        #expect(cluster.failure(of: refused) == .unavailable)
        #expect(cluster.stops(of: leader) == [])
        cluster.run(.seconds(5))
        let stopped = try #require(cluster.stops(of: leader).first)
        #expect(cluster.stops(of: leader).count == 1)
        let answered = try #require(cluster.reply(to: waiting)?.at)
        #expect(cluster.isChanged(waiting))
        #expect(answered <= stopped)
        #expect(stopped - asked < .milliseconds(100), "no election time-out was waited for")
        #expect(cluster.node(leader).inspection.role == .follower)
        let heir = try #require(cluster.leader)
        #expect(heir != leader)
        #expect(cluster.node(heir).inspection.term == Term(2), "one election moved it")
    }

    @Test func `a node that stops before it is open reports it at once`() throws {
        let cluster = try NodeCluster(nodes: 3)
        cluster.hold(.journal, of: Self.n1)
        try cluster.start(Self.n1)
        let query = cluster.ask(Self.n1, .query(NodeCluster.token, .whoami, .local))
        #expect(cluster.failure(of: query) == .unavailable, "nothing read is durable yet")
        cluster.step(Self.n1, .stopRequested)
        #expect(cluster.stops(of: Self.n1) == [.zero])
        cluster.release(Self.n1)
        cluster.run(.seconds(1))
        #expect(cluster.stops(of: Self.n1) == [.zero], "and only once")
    }

    @Test func `who waits for a snapshot is answered when the node stops`() throws {
        let cluster = try NodeCluster.started(nodes: 1)
        cluster.hold(.snapshots, of: Self.n1)
        cluster.makeAccount(1, at: Self.n1)
        cluster.run(.milliseconds(10))
        let ticket = cluster.ask(Self.n1, .takeSnapshot(token: NodeCluster.token))
        cluster.run(.seconds(1))
        #expect(cluster.replies(to: ticket).isEmpty)
        cluster.step(Self.n1, .stopRequested)
        #expect(cluster.failure(of: ticket) == .unavailable)
        #expect(cluster.stops(of: Self.n1) == [cluster.now])
    }

    @Test func `a stop waits for its own transfer, not for the end of a client's`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        // Of two as far in the log, the stop takes the first.
        let others = cluster.computers.map(\.id).filter { $0 != leader }
        let ticket = cluster.ask(
            leader, .transferLeadership(token: NodeCluster.token, to: others[1]))
        cluster.step(leader, .stopRequested)
        #expect(cluster.stops(of: leader) == [], "the last transfer's end isn't that of this one")
        cluster.run(.seconds(5))
        #expect(cluster.failure(of: ticket) == .transferFailed)
        #expect(cluster.stops(of: leader).count == 1)
        let heir = try #require(cluster.leader)
        #expect(heir != leader)
    }

    @Test func `a follower that stops first answers who waits for a transfer`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        let follower = NodeID(leader.rawValue % 3 + 1)
        let ticket = cluster.ask(
            follower, .transferLeadership(token: NodeCluster.token, to: follower))
        cluster.step(follower, .stopRequested)
        #expect(cluster.stops(of: follower) == [])
        cluster.run(.seconds(5))
        let reply = try #require(cluster.reply(to: ticket))
        guard case .done = reply.reply else {
            Issue.record("\(reply.reply)")
            return
        }
        #expect(cluster.stops(of: follower).count == 1)
        #expect(cluster.stops(of: follower).allSatisfy { reply.at <= $0 })
    }
}
