import Basics
import Consensus
import Keyring
import Testing

@testable import Replica

/// Single charges that share an entry of the log.
@Suite struct GatheringTests {
    private static let n1 = NodeID(1)

    private static func charge(
        _ number: UInt64, credits: UInt64 = 1, key: KeyReference = .id(KeyID(3))
    ) -> ClientRequest.Body {
        guard let id = IdempotencyKey("charge-\(number)") else { preconditionFailure("a valid id") }
        return .charge([Charge(key: key, credits: credits, id: id)])
    }

    /// A cluster with a key, and a node of it that doesn't lead.
    private static func follower() throws -> (NodeCluster, NodeID) {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        cluster.makeKey(at: leader)
        cluster.run(.seconds(3))
        return (cluster, NodeID(leader.rawValue % 3 + 1))
    }

    private static func outcome(
        of ticket: RequestTicket, in cluster: NodeCluster
    ) -> (ChargeOutcome, at: LogIndex)? {
        guard case .outcome(.charged(let outcomes), let index)? = cluster.reply(to: ticket)?.reply,
            outcomes.count == 1
        else { return nil }
        return (outcomes[0], index)
    }

    @Test func `charges that come together share an entry, and each is told its own outcome`()
        throws
    {
        let (cluster, follower) = try Self.follower()
        let before = cluster.node(follower).raft.lastIndex
        let limit = cluster.change(
            follower,
            .setLimit(
                NodeCluster.user, account: NodeCluster.account, api: .rest,
                credits: Credits(clamping: 10), period: .none))
        cluster.run(.seconds(3))
        #expect(cluster.isChanged(limit))
        let tickets = cluster.ask(
            follower,
            together: [
                Self.charge(1, credits: 6), Self.charge(2, credits: 5), Self.charge(3, credits: 4),
                // The same charge once more.
                Self.charge(1, credits: 6),
            ])
        cluster.run(.milliseconds(40))
        let outcomes = tickets.map { Self.outcome(of: $0, in: cluster) }
        #expect(Set(outcomes.map { $0?.at }) == [before + 2])
        guard case .charged(let first)? = outcomes[0]?.0,
            case .charged(let third)? = outcomes[2]?.0,
            case .charged(let again)? = outcomes[3]?.0
        else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(first.spent == Credits(clamping: 6) && !first.replayed)
        #expect(
            outcomes[1]?.0
                == .refused(
                    .creditsExhausted(
                        remaining: Credits(clamping: 4), allowance: Credits(clamping: 10))))
        #expect(third.spent == Credits(clamping: 10) && third.remaining == .zero)
        #expect(again.spent == first.spent && again.index == first.index && again.replayed)
    }

    @Test func `no entry grows beyond its bound`() throws {
        let (cluster, follower) = try Self.follower()
        let before = cluster.node(follower).raft.lastIndex
        let most = NodeLimits.gatheredCharges(cluster.node(follower).settings.raft)
        let count = most * 2 + 1
        let tickets = cluster.ask(
            follower, together: (0..<UInt64(count)).map { Self.charge($0) })
        cluster.run(.milliseconds(60))
        let entries = tickets.map { Self.outcome(of: $0, in: cluster)?.at }
        #expect(Set(entries) == [before + 1, before + 2, before + 3])
        #expect(entries.count { $0 == before + 1 } == most)
    }

    @Test func `what comes before another change goes before it`() throws {
        let (cluster, follower) = try Self.follower()
        guard let name = Name("name") else { return }
        let submission = ClientRequest.Submission(
            command: .createAccount(AccountID(1_001), name: name), idempotency: nil,
            content: .zero)
        let tickets = cluster.ask(
            follower,
            together: [Self.charge(1), .change(token: NodeCluster.token, submission)])
        let (charge, change) = (tickets[0], tickets[1])
        cluster.run(.milliseconds(60))
        guard case .outcome(.changed(let changed), _)? = cluster.reply(to: change)?.reply,
            let charged = Self.outcome(of: charge, in: cluster)
        else {
            Issue.record("no outcome")
            return
        }
        #expect(charged.at < changed.index)
    }

    @Test func `without a leader each is told that nothing was done, at its own deadline`() throws {
        let (cluster, follower) = try Self.follower()
        for id in [NodeID(1), NodeID(2), NodeID(3)] where id != follower { cluster.crash(id) }
        cluster.run(.seconds(2))
        let tickets = cluster.ask(follower, together: [Self.charge(1), Self.charge(2)])
        let patience = cluster.node(follower).settings.changeDeadline
        cluster.run(patience + (.zero - .milliseconds(1)))
        #expect(tickets.allSatisfy { cluster.replies(to: $0).isEmpty })
        cluster.run(.milliseconds(2))
        #expect(tickets.map { cluster.failure(of: $0) } == [.noLeader, .noLeader])
    }

    @Test func `each whose entry got lost on its way is told that the outcome isn't known`() throws
    {
        let (cluster, follower) = try Self.follower()
        let leader = try #require(cluster.leader)
        cluster.cut(leader)
        let first = cluster.ask(follower, together: [Self.charge(1), Self.charge(2)])
        for id in [NodeID(1), NodeID(2), NodeID(3)] where id != follower { cluster.crash(id) }
        cluster.run(cluster.node(follower).settings.changeDeadline + .milliseconds(2))
        for ticket in first {
            guard case .outcomeUnknown? = cluster.failure(of: ticket) else {
                Issue.record("\(cluster.replies(to: ticket))")
                return
            }
        }
    }
}
