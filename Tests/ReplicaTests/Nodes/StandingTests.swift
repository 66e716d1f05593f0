import Basics
import Consensus
import Journal
import Testing

@testable import Replica

/// Nodes whose disk has lost something.
@Suite struct StandingTests {
    private static let (n1, n2, n3) = (NodeID(1), NodeID(2), NodeID(3))

    /// Three nodes with ten accounts and a key, of which n2 went down before the eleventh account
    /// was made and was damaged at this account's entry.
    private static func cluster(damagedAt account: UInt64) throws -> NodeCluster {
        let cluster = try NodeCluster.started(nodes: 3)
        cluster.makeKey(at: n1)
        cluster.makeAccounts(0..<10, at: n1)
        cluster.run(.milliseconds(500))
        cluster.crash(n2)
        #expect(cluster.rot(account: account, of: n2))
        cluster.run(.seconds(2))
        let late = cluster.makeAccount(10, at: n1)
        cluster.run(.seconds(3))
        #expect(cluster.isChanged(late), "two of three go on")
        return cluster
    }

    /// It says nothing to a client and lets no key in.
    private static func expectSilence(_ cluster: NodeCluster, _ id: NodeID) {
        let query = cluster.ask(id, .query(NodeCluster.token, .whoami, .local))
        #expect(cluster.failure(of: query) == .unavailable)
        let status = cluster.ask(id, .status(token: NodeCluster.token))
        #expect(cluster.failure(of: status) == .unavailable)
        #expect(cluster.failure(of: cluster.makeAccount(99, at: id)) == .unavailable)
        #expect(cluster.verdict(at: id) == .unavailable)
        #expect(!cluster.node(id).isReady)
    }

    /// All three are whole and alike, and the once damaged one answers.
    private static func expectRecovered(_ cluster: NodeCluster) {
        for id in [n1, n2, n3] {
            #expect(cluster.node(id).inspection.standing == .whole)
            #expect(
                cluster.node(id).inspection.appliedIndex
                    == cluster.node(n1).inspection.appliedIndex)
            #expect(cluster.node(id).stateDigest() == cluster.node(n1).stateDigest())
        }
        #expect(cluster.verdict(at: n2) == .valid)
        let ticket = cluster.makeAccount(50, at: n2)
        cluster.run(.seconds(1))
        #expect(cluster.isChanged(ticket))
    }

    @Test func `a damaged node neither votes, campaigns nor answers until it is repaired`() throws {
        let cluster = try Self.cluster(damagedAt: 4)
        cluster.crash(Self.n1)
        cluster.crash(Self.n3)
        try cluster.start(Self.n2)
        cluster.run(.milliseconds(10))
        #expect(cluster.standings(of: Self.n2) == [.damaged], "it says so at once")
        let term = cluster.node(Self.n2).inspection.term
        cluster.run(.seconds(5))
        #expect(cluster.node(Self.n2).inspection.role == .follower)
        #expect(cluster.node(Self.n2).inspection.term == term, "it didn't campaign")
        Self.expectSilence(cluster, Self.n2)
        // With one other there would be a majority, if its vote counted.
        try cluster.start(Self.n1)
        cluster.run(.seconds(5))
        #expect(cluster.leader == nil)
        Self.expectSilence(cluster, Self.n2)
        try cluster.start(Self.n3)
        cluster.run(.seconds(4))
        #expect(cluster.leader != Self.n2)
        #expect(cluster.standings(of: Self.n2) == [.damaged, .whole])
        Self.expectRecovered(cluster)
    }

    @Test func `a node in doubt doesn't campaign or answer, and is repaired by the others`() throws
    {
        let cluster = try Self.cluster(damagedAt: 9)
        cluster.cut(Self.n2)
        try cluster.start(Self.n2)
        cluster.run(.seconds(5))
        guard case .inDoubt? = cluster.standings(of: Self.n2).first else {
            Issue.record("\(cluster.standings(of: Self.n2))")
            return
        }
        #expect(cluster.standings(of: Self.n2).count == 1)
        #expect(cluster.node(Self.n2).inspection.role == .follower)
        Self.expectSilence(cluster, Self.n2)
        cluster.heal(Self.n2)
        cluster.run(.seconds(4))
        #expect(cluster.standings(of: Self.n2).last == .whole)
        Self.expectRecovered(cluster)
    }

    @Test func `a lone voter that can't be repaired refuses to start, and says why`() throws {
        func damaged(at account: UInt64?) throws -> NodeCluster {
            let cluster = try NodeCluster.started(nodes: 1)
            cluster.makeAccounts(0..<10, at: Self.n1)
            cluster.run(.milliseconds(500))
            cluster.crash(Self.n1)
            if let account { #expect(cluster.rot(account: account, of: Self.n1)) }
            return cluster
        }
        try damaged(at: nil).start(Self.n1)

        // The opening entry of the term, the incarnation, then the accounts.
        let doubt = JournalPosition(term: Term(1), index: LogIndex(12))
        #expect(throws: NodeStartRefusal.doubtUnsettled(doubt)) {
            try damaged(at: 9).start(Self.n1)
        }
        #expect("\(NodeStartRefusal.doubtUnsettled(doubt))".contains("entry 12 of term 1"))
        let error = #expect(throws: NodeStartRefusal.self) { try damaged(at: 4).start(Self.n1) }
        guard case .lossIrreparable(let corruption)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(corruption.part == .log)
    }
}
