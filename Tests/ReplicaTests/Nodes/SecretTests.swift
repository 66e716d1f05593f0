import Basics
import Consensus
import Testing

@testable import Replica
@testable import Simulator

/// The cluster secret is changed while three nodes serve.
@Suite struct SecretTests {
    private static let old = World.secret
    private static let new = Array("another secret, which nobody had".utf8)
    private static var newName: SecretFingerprint { SecretFingerprint(of: new) }

    /// One round over all nodes, with time for the links in between.
    private func round(_ cluster: NodeCluster, _ secrets: [[UInt8]]) {
        for computer in cluster.computers {
            cluster.step(computer.id, .secretsChanged(secrets))
            cluster.run(.milliseconds(100))
        }
    }

    private func isLinked(_ cluster: NodeCluster, _ secret: SecretFingerprint) -> Bool {
        cluster.computers.allSatisfy { computer in
            cluster.node(computer.id).status.members.allSatisfy { member in
                member.id == computer.id
                    || member.secrets.to == secret && member.secrets.from == secret
            }
        }
    }

    @Test func `three rounds change the secret, and no node misses its leader`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let status = cluster.node(NodeID(1)).status
        let oldName = SecretFingerprint(of: Self.old)
        #expect(isLinked(cluster, oldName))
        #expect(status.secrets == [oldName])

        round(cluster, [Self.old, Self.new])
        #expect(isLinked(cluster, oldName))
        for member in cluster.node(NodeID(1)).status.members {
            #expect(member.secrets.accepted == [oldName, Self.newName])
        }
        round(cluster, [Self.new, Self.old])
        #expect(isLinked(cluster, Self.newName))
        round(cluster, [Self.new])
        #expect(isLinked(cluster, Self.newName))
        for member in cluster.node(NodeID(1)).status.members {
            #expect(member.secrets.accepted == [Self.newName])
        }
        let now = cluster.node(NodeID(1)).status
        #expect(now.term == status.term && now.leader == status.leader)
        #expect(now.leader != nil)
    }

    @Test func `a node with a secret that was dropped is refused at both ends`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        round(cluster, [Self.old, Self.new])
        round(cluster, [Self.new, Self.old])
        round(cluster, [Self.new])
        let stranger = NodeID(3)
        cluster.step(stranger, .secretsChanged([Self.old]))
        cluster.run(.seconds(3))
        let status = cluster.node(stranger).status
        for member in status.members where member.id != stranger {
            #expect(member.secrets.to == nil && member.secrets.from == nil)
        }
        let refusals = cluster.words.count { word in
            if case .event(.peerLinkFailed(.unauthenticatedHandshake)) = word.word {
                word.node != stranger
            } else {
                false
            }
        }
        #expect(refusals > 0)
        // With the others' secret it is one of them again.
        cluster.step(stranger, .secretsChanged([Self.new]))
        cluster.run(.seconds(2))
        #expect(isLinked(cluster, Self.newName))
    }

    @Test func `the same secrets once more change nothing`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let words = cluster.words.count
        round(cluster, [Self.old])
        #expect(cluster.words.count == words)
        #expect(isLinked(cluster, SecretFingerprint(of: Self.old)))
    }

    @Test func `a handshake begun with a dropped secret doesn't count`() throws {
        let cluster = try NodeCluster(nodes: 3)
        for computer in cluster.computers { try cluster.start(computer.id) }
        // Hello and reply are on their way.
        cluster.run(.milliseconds(3))
        for computer in cluster.computers {
            cluster.step(computer.id, .secretsChanged([Self.new]))
        }
        cluster.run(.seconds(2))
        #expect(isLinked(cluster, Self.newName))
    }
}
