import Basics
import Consensus
import Keyring
import Testing

@testable import Replica
@testable import Simulator

/// Those who share an entry, when something comes between them and its outcome.
@Suite struct GatheringWaitTests {
    private static let (n1, n2, n3) = (NodeID(1), NodeID(2), NodeID(3))

    private static func charge(
        _ number: UInt64, credits: UInt64, key: KeyReference = .id(KeyID(3))
    ) -> Charge {
        guard let id = IdempotencyKey("charge-\(number)") else { preconditionFailure("a valid id") }
        return Charge(key: key, credits: credits, id: id)
    }

    /// Three that differ in what they are told: of 10 credits, 6 are charged, 5 are too many, 4
    /// are the rest.
    private static let three = [(1, 6), (2, 5), (3, 4)].map { number, credits in
        ClientRequest.Body.charge([charge(number, credits: credits)])
    }

    /// n1 leads; there is a key with 10 credits, and a snapshot is written when it is asked for.
    private static func cluster() throws -> NodeCluster {
        let cluster = try NodeCluster.started(nodes: 3) { _, settings in
            settings.snapshotLogBytes = 1 << 30
        }
        if let leader = cluster.leader, leader != n1 {
            cluster.ask(leader, .transferLeadership(token: NodeCluster.token, to: n1))
            cluster.run(.seconds(1))
        }
        #expect(cluster.leader == n1)
        cluster.makeKey(at: n1)
        cluster.change(
            n1,
            .setLimit(
                NodeCluster.user, account: NodeCluster.account, api: .rest,
                credits: Credits(clamping: 10), period: .none))
        cluster.run(.seconds(3))
        return cluster
    }

    /// The one outcome that each was told, in short, and the indices told with them.
    private static func told(
        _ tickets: [RequestTicket], in cluster: NodeCluster
    ) -> (outcomes: [String], indices: Set<LogIndex>) {
        var indices: Set<LogIndex> = []
        let outcomes = tickets.map { ticket in
            switch cluster.reply(to: ticket)?.reply {
            case .outcome(.charged(let outcomes), let index):
                indices.insert(index)
                return outcomes.map { outcome in
                    switch outcome {
                    case .charged(let receipt): "\(receipt.charged), \(receipt.spent) spent"
                    case .refused: "refused"
                    }
                }.joined(separator: " and ")
            case .failed(let failure): return "\(failure)"
            default: return "\(cluster.replies(to: ticket).count) replies"
            }
        }
        return (outcomes, indices)
    }

    private static let outcomes = ["6, 6 spent", "refused", "4, 10 spent"]
    private static let silence = ["0 replies", "0 replies", "0 replies"]

    @Test func `a snapshot over the entry brings outcomes, told when what is in it is done`() throws
    {
        let cluster = try Self.cluster()
        let tickets = cluster.ask(Self.n2, together: Self.three)
        cluster.run(.milliseconds(1))
        cluster.cut(Self.n2)
        cluster.makeAccounts(0..<80, at: Self.n1)
        // Not done as long as n2's lease lasts, or until n2 has it.
        cluster.change(
            Self.n1, .setKeyActive(KeyID(3), account: NodeCluster.account, active: false))
        cluster.run(.milliseconds(10))
        cluster.ask(Self.n1, .takeSnapshot(token: NodeCluster.token))
        cluster.run(.milliseconds(10))
        #expect(
            cluster.node(Self.n1).raft.firstIndex > cluster.node(Self.n2).raft.lastIndex.next)
        cluster.heal(Self.n2)
        let start = cluster.now
        while cluster.installed(by: Self.n2).isEmpty, cluster.now - start < .seconds(1) {
            cluster.run(.milliseconds(1))
        }
        let installed = try #require(cluster.installed(by: Self.n2).first)
        #expect(Self.told(tickets, in: cluster).outcomes == Self.silence)
        #expect(cluster.node(Self.n2).held.count == tickets.count)
        cluster.run(.milliseconds(10))
        #expect(Self.told(tickets, in: cluster) == (Self.outcomes, [installed]))
        #expect(cluster.node(Self.n2).held.isEmpty)
    }

    @Test func `what is held for those who share an entry is unknown to each at the deadline`() {
        var held = HeldReplies()
        let tickets = (1...3).map { RequestTicket($0) }
        held.hold(
            HeldReplies.HeldReply(
                index: LogIndex(7), deadline: Instant(nanoseconds: 9), waiters: .each(tickets),
                reply: .done(at: LogIndex(7))))
        held.hold(
            HeldReplies.HeldReply(
                index: LogIndex(8), deadline: Instant(nanoseconds: 9), waiters: .nobody,
                reply: .done(at: LogIndex(8))))
        #expect(held.count == 4)
        #expect(held.release(now: Instant(nanoseconds: 8)).isEmpty)
        let released = held.release(now: Instant(nanoseconds: 9))
        #expect(released.map(\.waiters) == [.each(tickets), .nobody])
        #expect(held.count == 0 && held.isEmpty)
        guard case .failed(.outcomeUnknown)? = released.first?.reply else {
            Issue.record("\(released)")
            return
        }
    }

    @Test func `when the leader is deposed with the entry, the next one decides it for all`() throws
    {
        let cluster = try Self.cluster()
        let tickets = cluster.ask(Self.n2, together: Self.three)
        cluster.run(.milliseconds(1))
        #expect(
            cluster.node(Self.n1).raft.lastIndex > cluster.node(Self.n3).raft.lastIndex,
            "only the leader has it")
        cluster.cut(Self.n1)
        cluster.run(.milliseconds(100))
        #expect(Self.told(tickets, in: cluster).outcomes == Self.silence)
        cluster.run(.seconds(3))
        #expect(cluster.leader != Self.n1)
        let told = Self.told(tickets, in: cluster)
        #expect(told.outcomes == Self.outcomes)
        #expect(told.indices.count == 1)
        cluster.heal(Self.n1)
        cluster.run(.seconds(2))
        #expect(
            cluster.node(Self.n1).stateDigest() == cluster.node(Self.n2).stateDigest(),
            "and what the old one had is gone")
    }

    @Test(arguments: [
        (PeerFrame.Reason.overloaded, ClientFailure.overloaded), (.diskFull, .diskFull),
    ])
    func `what a leader declines is declined to each, and what it doesn't lead for is kept`(
        reason: PeerFrame.Reason, failure: ClientFailure
    ) throws {
        let cluster = try Self.cluster()
        let tickets = cluster.ask(Self.n2, together: Self.three)
        cluster.cut(Self.n1)
        var waiting = cluster.node(Self.n2).pending
        #expect(waiting.count == 3)
        let entries = waiting.takeAll { _ in .malformed }.map(\.0.requestID)
        #expect(entries.count == 1)
        cluster.say(.declined(entries, .notLeader), by: Self.n1, to: Self.n2)
        #expect(Self.told(tickets, in: cluster).outcomes == Self.silence)
        cluster.say(.declined(entries, reason), by: Self.n1, to: Self.n2)
        #expect(tickets.map { cluster.failure(of: $0) } == [failure, failure, failure])
        #expect(cluster.node(Self.n2).pending.count == 0)
    }

    @Test func `a node that stops waits for charges whose key comes in its last steps`() throws {
        let cluster = try Self.cluster()
        let name = try #require(Name("name"))
        let text = try #require(KeyText(api: .rest, random: 1..<31))
        let key = NewKey(
            id: KeyID(4), account: NodeCluster.account, user: NodeCluster.user, api: .rest,
            name: name, digest: SHA256.digest(of: text.bytes), suffix: Workload.suffix,
            active: true)
        cluster.change(Self.n1, .createKey(key))
        let tickets = cluster.ask(
            Self.n2,
            together: [(1, 6), (2, 4)].map { number, credits in
                .charge([Self.charge(number, credits: credits, key: .digest(key.digest))])
            })
        #expect(cluster.node(Self.n2).reads.count == 2, "the key isn't known here yet")
        cluster.step(Self.n2, .stopRequested)
        #expect(cluster.stops(of: Self.n2).isEmpty)
        cluster.run(.seconds(1))
        let told = Self.told(tickets, in: cluster)
        #expect(told.outcomes == ["6, 6 spent", "4, 10 spent"])
        #expect(told.indices.count == 1)
        let answered = try #require(cluster.reply(to: tickets[1])?.at)
        let stopped = try #require(cluster.stops(of: Self.n2).first)
        #expect(cluster.stops(of: Self.n2).count == 1)
        #expect(answered <= stopped)
    }

    /// A list of one is a single charge to a node.
    @Test func `a list of charges has an entry of its own, behind what came before it`()
        throws
    {
        let cluster = try Self.cluster()
        let before = cluster.node(Self.n2).raft.lastIndex
        let several = ClientRequest.Body.charge(
            [(4, 1), (5, 2)].map { Self.charge($0, credits: $1) })
        let tickets = cluster.ask(
            Self.n2, together: [Self.three[0], Self.three[1], several, Self.three[2]])
        cluster.run(.milliseconds(60))
        let told = tickets.map { Self.told([$0], in: cluster) }
        #expect(
            told.flatMap(\.outcomes) == [
                "6, 6 spent", "refused", "1, 7 spent and 2, 9 spent", "refused",
            ])
        #expect(
            told.map(\.indices) == [[before + 1], [before + 1], [before + 2], [before + 3]])
    }
}
