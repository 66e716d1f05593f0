import Basics
import Consensus
import Keyring
import Testing

@testable import Replica
@testable import Simulator

/// What leases promise of rotation, and of what time ends: between whole nodes, as `LeaseTests`.
@Suite struct RotationLeaseTests {
    private struct Cluster {
        let nodes: NodeCluster
        let leader: NodeID
        let follower: NodeID
        let other: NodeID
        /// The text of the key's successor.
        static let successor = KeyText(api: .rest, random: 100..<130)?.bytes ?? []

        init() throws {
            nodes = try NodeCluster.started(nodes: 3)
            leader = try #require(nodes.leader)
            follower = NodeID(leader.rawValue % 3 + 1)
            other = NodeID(follower.rawValue % 3 + 1)
            nodes.makeKey(at: leader)
            nodes.run(.seconds(3))
        }

        @discardableResult
        func rotate(grace: UInt32) -> RequestTicket {
            nodes.change(
                leader,
                .rotateKey(
                    Rotation(
                        old: KeyID(3), account: NodeCluster.account, id: KeyID(4),
                        digest: SHA256.digest(of: Self.successor), suffix: Workload.suffix,
                        api: .rest, graceSeconds: grace)))
        }

        /// The old key's verdict and the new one's.
        func verdicts(at id: NodeID) -> [Validation.Verdict] {
            let question = ValidationQuestion(
                digest: SHA256.digest(of: Self.successor), api: .rest, cost: .zero)
            let new = LookedUp(question, reader: nodes.node(id).table.makeReader())
                .judge(at: nodes.clock.steady)
            return [nodes.verdict(at: id), new.verdict]
        }

        var all: [NodeID] { [leader, follower, other] }
    }

    @Test func `a rotation blocks both keys where it is appended`() throws {
        let cluster = try Cluster()
        let ticket = cluster.rotate(grace: 0)
        cluster.nodes.run(.milliseconds(1))
        for id in cluster.all {
            #expect(cluster.verdicts(at: id) == [.unavailable, .unavailable])
        }
        cluster.nodes.run(.milliseconds(20))
        #expect(cluster.nodes.isChanged(ticket))
        for id in cluster.all { #expect(cluster.verdicts(at: id) == [.invalid, .valid]) }
    }

    @Test func `in its grace a key is blocked by whatever touches its successor`() throws {
        let cluster = try Cluster()
        cluster.rotate(grace: 60)
        cluster.nodes.run(.milliseconds(20))
        for id in cluster.all { #expect(cluster.verdicts(at: id) == [.valid, .valid]) }
        let ticket = cluster.nodes.change(
            cluster.leader, .revokeKey(KeyID(4), account: NodeCluster.account))
        cluster.nodes.run(.milliseconds(1))
        for id in cluster.all {
            #expect(cluster.verdicts(at: id) == [.unavailable, .unavailable])
        }
        cluster.nodes.run(.milliseconds(20))
        #expect(cluster.nodes.isChanged(ticket))
        for id in cluster.all { #expect(cluster.verdicts(at: id) == [.invalid, .invalid]) }
    }

    @Test func `the leader lets time end a grace though nobody asks for anything`() throws {
        let cluster = try Cluster()
        cluster.rotate(grace: 5)
        cluster.nodes.run(.milliseconds(4_990))
        for id in cluster.all { #expect(cluster.verdicts(at: id) == [.valid, .valid]) }
        cluster.nodes.run(.milliseconds(200))
        for id in cluster.all { #expect(cluster.verdicts(at: id) == [.invalid, .valid]) }
    }

    @Test func `leases granted after time has ended a key are for states that know it`() throws {
        let cluster = try Cluster()
        cluster.rotate(grace: 5)
        cluster.nodes.run(.seconds(6))
        let leader = cluster.nodes.node(cluster.leader)
        let lapse = leader.state.lapseIndex
        #expect(lapse > leader.state.keyStateIndex)
        let grants = try #require(leader.grants)
        #expect(grants.newestKeyState == lapse)
        #expect(grants.receipts.allSatisfy { $0.minIndex == lapse })
    }
}
