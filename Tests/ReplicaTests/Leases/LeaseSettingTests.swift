import Basics
import Consensus
import Keyring
import Testing

@testable import Replica
@testable import Simulator

/// How long leases last is changed while nodes answer by them.
@Suite struct LeaseSettingTests {
    private struct Cluster {
        let nodes: NodeCluster
        let leader: NodeID
        let others: [NodeID]

        /// Three nodes with one key, long after the election.
        init() throws {
            nodes = try NodeCluster.started(nodes: 3)
            let leader = try #require(nodes.leader)
            self.leader = leader
            others = (1...3).map { NodeID($0) }.filter { $0 != leader }
            nodes.makeKey(at: leader)
            nodes.run(.seconds(3))
        }

        var all: [NodeID] { [leader] + others }

        func set(lease milliseconds: UInt32) -> RequestTicket {
            var settings = SettingsChange()
            settings[.leaseMilliseconds] = milliseconds
            return nodes.change(leader, .updateSettings(settings))
        }

        func isConfirming(_ id: NodeID) -> Bool {
            let reader = nodes.node(id).table.makeReader()
            return reader.isConfirming
        }

        /// By its memory, without asking the leader.
        func isAnsweredFromMemory(_ id: NodeID) -> Bool {
            !isConfirming(id) && nodes.verdict(at: id) == .valid
        }

        func returns(_ ticket: RequestTicket, within limit: Int) -> Bool {
            for _ in 0..<limit where nodes.replies(to: ticket).isEmpty {
                nodes.run(.milliseconds(1))
            }
            return nodes.isChanged(ticket)
        }
    }

    @Test func `when leases are off no node answers from memory, whoever is cut off`() throws {
        let cluster = try Cluster()
        let away = cluster.others[1]
        cluster.nodes.cut(away)
        let ticket = cluster.set(lease: 0)
        cluster.nodes.run(.seconds(1))
        #expect(cluster.nodes.replies(to: ticket).isEmpty)
        #expect(cluster.isAnsweredFromMemory(away), "or nothing was waited for")
        #expect(cluster.returns(ticket, within: 1_101))
        for id in cluster.all { #expect(!cluster.isAnsweredFromMemory(id)) }
    }

    @Test func `who has the change and hasn't applied it answers nothing from memory`() throws {
        let cluster = try Cluster()
        let ticket = cluster.set(lease: 0)
        #expect(cluster.nodes.validation(at: cluster.leader).reason == .pending)
        cluster.nodes.run(.milliseconds(1))
        for id in cluster.others { #expect(cluster.nodes.validation(at: id).reason == .pending) }
        #expect(cluster.returns(ticket, within: 5))
        for id in cluster.all { #expect(cluster.isConfirming(id)) }
    }

    @Test func `a lease granted before the change is for no state without it`() throws {
        let cluster = try Cluster()
        let node = cluster.others[0]
        // It has the change, and nobody can commit it; rounds go on.
        for id in cluster.others { cluster.nodes.hold(.journal, of: id) }
        _ = cluster.set(lease: 1_000)
        cluster.nodes.run(.milliseconds(1))
        let index = cluster.nodes.node(node).keyChanges.newestOfLeases
        #expect(index > .zero)
        for _ in 0..<300 {
            cluster.nodes.run(.milliseconds(1))
            let leases = cluster.nodes.node(node).holder.leases
            #expect(leases.allSatisfy { $0.minIndex >= index })
            #expect(!cluster.isAnsweredFromMemory(node))
        }
        for id in cluster.others { cluster.nodes.release(id) }
        cluster.nodes.run(.milliseconds(5))
        #expect(cluster.isAnsweredFromMemory(node))
    }

    @Test func `leases are switched on without a moment at which nobody can answer`() throws {
        let cluster = try Cluster()
        #expect(cluster.returns(cluster.set(lease: 0), within: 5))
        cluster.nodes.run(.seconds(3))
        let ticket = cluster.set(lease: 2_000)
        for _ in 0..<400 {
            cluster.nodes.run(.milliseconds(1))
            for id in cluster.all {
                #expect(cluster.isConfirming(id) || cluster.nodes.verdict(at: id) == .valid)
                #expect(cluster.nodes.node(id).isReady)
            }
        }
        #expect(cluster.nodes.isChanged(ticket))
        for id in cluster.all { #expect(cluster.isAnsweredFromMemory(id)) }
    }

    @Test func `a shorter lease holds everywhere when it returns, and nobody loses its own`() throws
    {
        let cluster = try Cluster()
        #expect(cluster.returns(cluster.set(lease: 500), within: 5))
        for _ in 0..<700 {
            for id in cluster.all {
                let expiry = cluster.nodes.node(id).leaseExpiry.running
                #expect(expiry - cluster.nodes.now <= .milliseconds(500))
                #expect(cluster.isAnsweredFromMemory(id))
            }
            cluster.nodes.run(.milliseconds(1))
        }
    }
}
