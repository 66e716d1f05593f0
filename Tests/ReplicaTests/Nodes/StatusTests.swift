import Basics
import Testing

@testable import Keyring
@testable import Replica

@Suite struct StatusTests {
    private static func digest(_ role: Role) -> Digest {
        SHA256.digest(of: Array(role.text.utf8))
    }

    private static func token(_ role: Role) throws -> NewToken {
        let name = try #require(Name(role.text))
        let suffix = try #require(Suffix("wxyz"))
        return NewToken(
            id: TokenID(100 + UInt64(role.rawValue)), role: role, account: NodeCluster.account,
            user: role == .auditor ? nil : NodeCluster.user, name: name, digest: digest(role),
            suffix: suffix)
    }

    @Test func `the cluster is shown to operators, and at every node to nobody else`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        cluster.makeKey(at: leader)
        let roles: [Role] = [.admin, .auditor, .member]
        // An admin's token needs an admin.
        cluster.change(
            leader,
            .updateUser(
                NodeCluster.user, account: NodeCluster.account, email: nil, name: nil, role: .admin)
        )
        cluster.run(.milliseconds(20))
        for role in roles {
            let made = cluster.change(leader, .createToken(try Self.token(role)))
            cluster.run(.milliseconds(20))
            #expect(cluster.isChanged(made), "\(role)")
        }
        cluster.run(.seconds(1))
        for id in cluster.computers.map(\.id) {
            for role in roles {
                let asked = cluster.ask(id, .status(token: Self.digest(role)))
                #expect(cluster.failure(of: asked) == .forbidden, "\(role) at \(id)")
            }
            let stranger = cluster.ask(id, .status(token: SHA256.digest(of: [])))
            #expect(cluster.failure(of: stranger) == nil, "one made a moment ago may be on its way")
            cluster.run(.milliseconds(10))
            #expect(cluster.failure(of: stranger) == .unauthenticated)
            let asked = cluster.ask(id, .status(token: NodeCluster.token))
            guard case .status(let status)? = cluster.reply(to: asked)?.reply else {
                Issue.record("no status from \(id)")
                continue
            }
            #expect(status.leader == leader)
        }
    }

    @Test func `each tells by what right it answers, and a leader what it granted`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        let others = (1...3).map { NodeID($0) }.filter { $0 != leader }
        let (follower, away) = (others[0], others[1])
        cluster.run(.seconds(1))
        func lease(of node: NodeID, by teller: NodeID) -> LeaseState? {
            cluster.step(teller, .timePassed)
            return cluster.node(teller).status.members.first { $0.id == node }?.lease
        }
        for id in [leader, follower, away] {
            #expect(lease(of: id, by: leader) == .held)
            #expect(lease(of: id, by: id) == .held)
        }
        #expect(lease(of: leader, by: follower) == nil)
        cluster.cut(away)
        cluster.run(.seconds(3))
        #expect(lease(of: away, by: leader) == .absent)
        #expect(lease(of: away, by: away) == .absent)
        // Leases go on and are for a state that can't be committed.
        cluster.hold(.journal, of: follower)
        cluster.makeAccount(1, at: leader)
        cluster.run(.milliseconds(2_200))
        #expect(lease(of: follower, by: follower) == .pending)
        cluster.release(follower)
        var settings = SettingsChange()
        settings[.leaseMilliseconds] = 0
        cluster.change(leader, .updateSettings(settings))
        cluster.run(.seconds(3))
        #expect(lease(of: follower, by: leader) == .confirming)
        #expect(lease(of: follower, by: follower) == .confirming)
    }
}
