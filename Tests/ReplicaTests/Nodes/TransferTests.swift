import Basics
import Consensus
import Testing

@testable import Replica

@Suite struct TransferTests {
    @Test func `whoever leads is given the leadership at once`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        let term = cluster.node(leader).inspection.term
        for id in cluster.computers.map(\.id) {
            let ticket = cluster.ask(
                id, .transferLeadership(token: NodeCluster.token, to: leader))
            guard case .done? = cluster.reply(to: ticket)?.reply else {
                Issue.record("\(String(describing: cluster.reply(to: ticket))) at \(id)")
                continue
            }
        }
        cluster.run(.seconds(2))
        #expect(cluster.leader == leader)
        #expect(cluster.node(leader).inspection.term == term, "nothing moved")
    }

    @Test func `who is no member can't lead, whichever node is asked`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        for id in cluster.computers.map(\.id) {
            let ticket = cluster.ask(
                id, .transferLeadership(token: NodeCluster.token, to: NodeID(9)))
            #expect(cluster.failure(of: ticket) == .cannotLead)
        }
    }
}
