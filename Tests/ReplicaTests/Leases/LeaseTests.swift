import Basics
import Consensus
import Keyring
import Testing

@testable import Replica
@testable import Simulator

extension Node {
    /// When this leader may find the next entry done though it hears nothing.
    fileprivate var nextSafeTime: Instant {
        ledger?.nextDeadline(committed: raft.commitIndex, leaseRoster, leaseTimes) ?? .zero
    }
}

/// The lease protocol between whole nodes: every delivery and every disk batch takes 1 ms, a lease
/// lasts 2 s and is asked for every 250 ms, and 2.1 s are waited for a node that is silent.
@Suite struct LeaseTests {
    private struct Cluster {
        let nodes: NodeCluster
        let leader: NodeID
        let follower: NodeID
        let other: NodeID

        /// Three nodes with one key, long after the election.
        init() throws {
            nodes = try NodeCluster.started(nodes: 3)
            leader = try #require(nodes.leader)
            follower = NodeID(leader.rawValue % 3 + 1)
            other = NodeID(follower.rawValue % 3 + 1)
            nodes.makeKey(at: leader)
            nodes.run(.seconds(3))
            for id in [leader, follower, other] { #expect(nodes.verdict(at: id) == .valid) }
        }

        @discardableResult
        func setActive(_ isActive: Bool, at id: NodeID? = nil) -> RequestTicket {
            nodes.change(
                id ?? leader,
                .setKeyActive(KeyID(3), account: NodeCluster.account, active: isActive))
        }

        func revoke() -> RequestTicket {
            nodes.change(leader, .revokeKey(KeyID(3), account: NodeCluster.account))
        }

        /// How long it took; nil if there is no one answer, or another than "changed".
        func returned(_ ticket: RequestTicket, since start: Instant) -> Duration? {
            nodes.isChanged(ticket) ? nodes.reply(to: ticket).map { $0.at - start } : nil
        }

        func reason(at id: NodeID) -> Validation.Reason? { nodes.validation(at: id).reason }

        func expiry(at id: NodeID) -> Instant { nodes.node(id).leaseExpiry.running }
    }

    // MARK: A healthy cluster

    @Test func `a change blocks where it is appended, and returns when all have applied it`() throws
    {
        let cluster = try Cluster()
        let start = cluster.nodes.now
        let ticket = cluster.setActive(false)
        #expect(cluster.reason(at: cluster.leader) == .pending, "the leader itself, too")
        #expect(cluster.nodes.verdict(at: cluster.follower) == .valid)
        cluster.nodes.run(.milliseconds(1))
        for id in [cluster.leader, cluster.follower, cluster.other] {
            #expect(cluster.reason(at: id) == .pending)
        }
        // 1 ms there, 1 ms on the disk, 1 ms back; the commit index there and "applied" back.
        cluster.nodes.run(.milliseconds(2))
        #expect(cluster.reason(at: cluster.leader) == .inactive)
        #expect(cluster.reason(at: cluster.follower) == .pending)
        cluster.nodes.run(.milliseconds(1))
        #expect(cluster.reason(at: cluster.follower) == .inactive)
        cluster.nodes.run(.seconds(1))
        #expect(cluster.returned(ticket, since: start) == .milliseconds(5))
    }

    @Test func `what a follower is asked for returns as soon as the leader says that it is done`()
        throws
    {
        let cluster = try Cluster()
        let start = cluster.nodes.now
        let ticket = cluster.setActive(false, at: cluster.follower)
        cluster.nodes.run(.seconds(1))
        #expect(cluster.returned(ticket, since: start) == .milliseconds(7))
    }

    @Test func `charges wait for nobody's lease`() throws {
        let cluster = try Cluster()
        cluster.nodes.cut(cluster.other)
        let start = cluster.nodes.now
        let charge = Charge(
            key: .id(KeyID(3)), credits: 1, id: .uuidV7(high: 0x7000, low: 0b10 << 62))
        let ticket = cluster.nodes.ask(cluster.leader, .charge([charge]))
        cluster.nodes.run(.seconds(1))
        #expect(cluster.nodes.reply(to: ticket).map { $0.at - start } == .milliseconds(3))
    }

    // MARK: A node that is silent

    @Test func `the first change waits until a silent node can't answer, and none after it`() throws
    {
        let cluster = try Cluster()
        cluster.nodes.cut(cluster.other)
        let start = cluster.nodes.now
        let end = cluster.expiry(at: cluster.other)
        let first = cluster.setActive(false)
        // A request that came before the cut may still be granted.
        cluster.nodes.run(.milliseconds(100))
        let safe = cluster.nodes.node(cluster.leader).nextSafeTime
        // Asked for at least 1 ms before the leader noted it.
        #expect(safe >= end + .milliseconds(101))
        #expect(safe <= start + .milliseconds(2_100))
        cluster.nodes.run(until: safe + .nanoseconds(-1))
        #expect(cluster.nodes.replies(to: first).isEmpty)
        cluster.nodes.run(until: safe)
        #expect(cluster.nodes.isChanged(first))
        #expect(cluster.reason(at: cluster.other) == .unleased)
        let again = cluster.nodes.now
        let second = cluster.setActive(true)
        cluster.nodes.run(.seconds(1))
        #expect(cluster.returned(second, since: again) == .milliseconds(5))
    }

    @Test func `a node that is cut off answers for the rest of its lease and no longer`() throws {
        let cluster = try Cluster()
        let end = cluster.expiry(at: cluster.other)
        let start = cluster.nodes.now
        #expect(end - start > .milliseconds(1_700))
        #expect(end - start <= .seconds(2))
        cluster.nodes.cut(cluster.other)
        cluster.nodes.run(until: end + .nanoseconds(-1))
        #expect(cluster.nodes.verdict(at: cluster.other) == .valid)
        cluster.nodes.run(until: end)
        #expect(cluster.reason(at: cluster.other) == .unleased)
        cluster.nodes.step(cluster.other, .timePassed)
        #expect(!cluster.nodes.node(cluster.other).isReady)
        #expect(cluster.nodes.node(cluster.leader).isReady)
    }

    @Test func `a leader that a majority no longer answers leases nobody, itself included`() throws
    {
        let cluster = try Cluster()
        cluster.nodes.cut(cluster.leader)
        let start = cluster.nodes.now
        // What a round that began before the cut confirms is the last.
        cluster.nodes.run(until: start + .milliseconds(2_000))
        #expect(cluster.reason(at: cluster.leader) == .unleased)
        #expect(cluster.nodes.verdict(at: cluster.follower) == .valid, "the others elected another")
    }

    @Test func `a repeated revocation returns no earlier than the first`() throws {
        let cluster = try Cluster()
        cluster.nodes.cut(cluster.other)
        let end = cluster.expiry(at: cluster.other)
        let first = cluster.revoke()
        cluster.nodes.run(.milliseconds(100))
        let again = cluster.revoke()
        cluster.nodes.run(until: end)
        #expect(cluster.nodes.replies(to: again).isEmpty)
        cluster.nodes.run(.seconds(1))
        let (one, two) = (
            try #require(cluster.nodes.reply(to: first)),
            try #require(cluster.nodes.reply(to: again))
        )
        #expect(cluster.nodes.isChanged(again))
        #expect(two.at == one.at)
    }

    @Test func `a process that starts again has no lease`() throws {
        let cluster = try Cluster()
        #expect(cluster.expiry(at: cluster.other) - cluster.nodes.now > .seconds(1))
        cluster.nodes.crash(cluster.other)
        try cluster.nodes.start(cluster.other)
        #expect(cluster.reason(at: cluster.other) == .unleased)
        cluster.nodes.run(.milliseconds(2))
        #expect(cluster.reason(at: cluster.other) == .unleased)
        cluster.nodes.run(.milliseconds(500))
        #expect(cluster.nodes.verdict(at: cluster.other) == .valid)
    }

    // MARK: The log

    @Test func `a lease is for states with every key-state entry of the leader's log`() throws {
        let cluster = try Cluster()
        let end = cluster.expiry(at: cluster.leader)
        // Nothing can be committed, but rounds go on: leases are granted with the entry.
        for id in [cluster.follower, cluster.other] { cluster.nodes.hold(.journal, of: id) }
        cluster.nodes.makeAccount(1, at: cluster.leader)
        cluster.nodes.run(until: end + .nanoseconds(-1))
        #expect(cluster.nodes.verdict(at: cluster.leader) == .valid, "it touches another account")
        cluster.nodes.run(until: end)
        #expect(cluster.reason(at: cluster.leader) == .pending)
        cluster.nodes.run(.milliseconds(250))
        for id in [cluster.follower, cluster.other] { #expect(cluster.reason(at: id) == .pending) }
        for id in [cluster.follower, cluster.other] { cluster.nodes.release(id) }
        cluster.nodes.run(.milliseconds(5))
        for id in [cluster.leader, cluster.follower, cluster.other] {
            #expect(cluster.nodes.verdict(at: id) == .valid)
        }
    }

    @Test func `an entry that is truncated blocks nothing any more`() throws {
        let cluster = try Cluster()
        cluster.nodes.cut(cluster.leader)
        let ticket = cluster.setActive(false)
        cluster.nodes.run(.seconds(4))
        #expect(cluster.nodes.node(cluster.leader).keyChanges.count == 1)
        // Whatever it is handed over to appends it once more.
        cluster.nodes.heal(cluster.leader)
        cluster.nodes.run(.seconds(2))
        #expect(cluster.nodes.isChanged(ticket))
        for id in [cluster.leader, cluster.follower, cluster.other] {
            #expect(cluster.nodes.node(id).keyChanges.count == 0)
            #expect(cluster.reason(at: id) == .inactive)
        }
    }

    @Test func `what the log holds at the start is blocked before anything is answered`() throws {
        let cluster = try Cluster()
        cluster.nodes.hold(.journal, of: cluster.follower)
        cluster.nodes.hold(.journal, of: cluster.other)
        cluster.setActive(false)
        cluster.nodes.run(.milliseconds(10))
        cluster.nodes.crash(cluster.leader)
        try cluster.nodes.start(cluster.leader)
        let node = cluster.nodes.node(cluster.leader)
        // It doesn't know yet what of its log is committed.
        #expect(node.keyChanges.count == 4)
        #expect(node.table.isBlocked(.key(KeyID(3))))
    }

    @Test func `reports count in the term of the leader that they were made to`() throws {
        let cluster = try Cluster()
        cluster.nodes.cut(cluster.other)
        let ticket = cluster.setActive(false)
        cluster.nodes.run(.milliseconds(10))
        let node = cluster.nodes.node(cluster.leader)
        let (term, last) = (node.raft.term, node.raft.lastIndex)
        cluster.nodes.say(
            .seen(term: Term(term.rawValue - 1), last), by: cluster.other, to: cluster.leader)
        cluster.nodes.run(.milliseconds(100))
        #expect(cluster.nodes.replies(to: ticket).isEmpty)
        cluster.nodes.say(.seen(term: term, last), by: cluster.other, to: cluster.leader)
        cluster.nodes.run(.milliseconds(100))
        #expect(cluster.nodes.isChanged(ticket))
    }

    // MARK: Leaders come and go

    @Test func `a new leader waits until W after its election for a node that doesn't answer it`()
        throws
    {
        let cluster = try Cluster()
        cluster.nodes.cut(cluster.other)
        cluster.nodes.ask(
            cluster.leader,
            .transferLeadership(token: NodeCluster.token, to: cluster.follower))
        var elected = Instant.never
        for _ in 0..<100 where elected == .never {
            cluster.nodes.run(.milliseconds(1))
            if cluster.nodes.leader == cluster.follower { elected = cluster.nodes.now }
        }
        let start = try #require(cluster.nodes.node(cluster.follower).ledger?.elected)
        #expect(start == elected)
        let ticket = cluster.setActive(false, at: cluster.follower)
        cluster.nodes.run(.seconds(4))
        #expect(cluster.returned(ticket, since: start) == .milliseconds(2_100))
        #expect(cluster.reason(at: cluster.other) == .unleased)
    }

    @Test func `what a crashed leader left is done when its successor finds it so`() throws {
        let cluster = try Cluster()
        let ticket = cluster.setActive(false, at: cluster.follower)
        // Committed, and the leader dies before it can say that it is done.
        cluster.nodes.run(.milliseconds(4))
        #expect(cluster.nodes.node(cluster.leader).raft.commitIndex.rawValue == 8)
        cluster.nodes.crash(cluster.leader)
        cluster.nodes.run(.seconds(1))
        let successor = try #require(cluster.nodes.leader)
        let elected = try #require(cluster.nodes.node(successor).ledger?.elected)
        #expect(cluster.nodes.replies(to: ticket).isEmpty, "the dead leader may still answer")
        cluster.nodes.run(.seconds(5))
        let wait = try #require(cluster.returned(ticket, since: elected))
        #expect(wait >= .milliseconds(2_100))
        #expect(wait <= .milliseconds(2_121))
    }

    // MARK: Members

    @Test func `a node that was removed while it was away is waited for until it can't answer`()
        throws
    {
        let cluster = try Cluster()
        cluster.nodes.cut(cluster.other)
        let end = cluster.expiry(at: cluster.other)
        cluster.nodes.changeMembers(.remove(cluster.other), at: cluster.leader)
        let removed = cluster.nodes.now + .milliseconds(3)
        cluster.nodes.run(.milliseconds(10))
        let roster = cluster.nodes.node(cluster.leader).leaseRoster
        #expect(!roster.eligible.contains(cluster.other))
        #expect(roster.awaited.contains(cluster.other))
        let ticket = cluster.setActive(false)
        cluster.nodes.run(until: end)
        #expect(cluster.nodes.replies(to: ticket).isEmpty, "it may hold a lease until now")
        cluster.nodes.run(.milliseconds(360))
        #expect(cluster.nodes.isChanged(ticket))
        // W after its removal was committed that is written down, and nobody waits any more.
        cluster.nodes.run(until: removed + .milliseconds(2_099))
        #expect(cluster.nodes.node(cluster.leader).leaseRoster.awaited.count == 3)
        cluster.nodes.run(.milliseconds(10))
        #expect(cluster.nodes.node(cluster.leader).leaseRoster.awaited.count == 2)
    }

    @Test func `a node that waits for its first snapshot asks for no lease`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        let joining = try cluster.join()
        cluster.hold(.snapshots, of: joining)
        let request = MemberRequest.add(joining, address: "\(joining)", clientAddress: "")
        cluster.change(leader, .changeMember(MemberCommand(request)))
        cluster.run(.seconds(1))
        #expect(cluster.node(joining).raft.leader == leader)
        #expect(cluster.node(joining).nextLeaseRequest == .never)
        cluster.release(joining)
        cluster.run(.seconds(2))
        #expect(!cluster.node(joining).holder.leases.isEmpty)
    }

    // MARK: Without leases

    @Test func `with a lease of zero each answer is confirmed by the leader, and nobody waits`()
        throws
    {
        let cluster = try Cluster()
        var settings = SettingsChange()
        settings[.leaseMilliseconds] = 0
        cluster.nodes.change(cluster.leader, .updateSettings(settings))
        cluster.nodes.run(.seconds(3))
        for id in [cluster.leader, cluster.follower, cluster.other] {
            let node = cluster.nodes.node(id)
            #expect(node.holder.leases.isEmpty)
            let reader = node.table.makeReader()
            let isConfirming = reader.isConfirming
            #expect(isConfirming)
            #expect(node.isReady)
            #expect(cluster.reason(at: id) == .unleased, "no front thread answers by itself")
        }
        let question = ValidationQuestion(
            digest: SHA256.digest(of: NodeCluster.key), api: .rest, cost: .zero)
        func ask(_ id: NodeID) -> RequestTicket { cluster.nodes.ask(id, .validation(question)) }
        func verdict(_ ticket: RequestTicket) -> Validation.Verdict? {
            guard case .validation(let validation)? = cluster.nodes.reply(to: ticket)?.reply else {
                return nil
            }
            return validation.verdict
        }
        let start = cluster.nodes.now
        let tickets = [cluster.leader, cluster.follower].map { ask($0) }
        cluster.nodes.run(.milliseconds(100))
        #expect(tickets.map(verdict) == [.valid, .valid])
        let times = tickets.map { cluster.nodes.reply(to: $0).map { $0.at - start } }
        // A round; and for the follower the way there, the next round, and the way back.
        #expect(times == [.milliseconds(2), .milliseconds(5)])
        // Nobody holds a lease, so nobody is waited for.
        cluster.nodes.cut(cluster.other)
        let before = cluster.nodes.now
        let change = cluster.setActive(false)
        cluster.nodes.run(.milliseconds(100))
        #expect(cluster.returned(change, since: before) == .milliseconds(3))
        let (late, lost) = (ask(cluster.follower), ask(cluster.other))
        cluster.nodes.run(.seconds(2))
        #expect(verdict(late) == .invalid)
        #expect(cluster.nodes.failure(of: lost) == .unavailable)
        #expect(!cluster.nodes.node(cluster.other).isReady)
    }

    @Test func `leases come back with the setting`() throws {
        let cluster = try Cluster()
        for lease in [UInt32(0), 1_000] {
            var settings = SettingsChange()
            settings[.leaseMilliseconds] = lease
            cluster.nodes.change(cluster.leader, .updateSettings(settings))
            cluster.nodes.run(.seconds(1))
        }
        for id in [cluster.leader, cluster.follower, cluster.other] {
            #expect(cluster.nodes.verdict(at: id) == .valid)
            #expect(cluster.expiry(at: id) - cluster.nodes.now <= .seconds(1))
        }
    }

    // MARK: Tokens

    @Test func `who asks a node's memory is weighed by the same rule`() throws {
        let cluster = try Cluster()
        let name = try #require(Name("auditor"))
        let token = NewToken(
            id: TokenID(77), role: .auditor, account: NodeCluster.account, user: nil, name: name,
            digest: SHA256.digest(of: [77]), suffix: Workload.suffix)
        cluster.nodes.change(cluster.leader, .createToken(token))
        cluster.nodes.run(.seconds(1))
        func ask(_ id: NodeID) -> RequestTicket {
            cluster.nodes.ask(id, .query(token.digest, .whoami, .local))
        }
        func word(_ ticket: RequestTicket) -> String {
            switch cluster.nodes.reply(to: ticket)?.reply {
            case .answer(.identity, _): "known"
            case .answer(.refused(.unauthenticated), _): "refused"
            case .failed(.unavailable): "unavailable"
            case nil: "waits"
            default: "?"
            }
        }
        #expect(word(ask(cluster.other)) == "known", "at once")
        // Its revocation reaches the node: until that is applied nobody is told anything.
        let revocation = cluster.nodes.change(cluster.leader, .revokeToken(token.id))
        cluster.nodes.run(.milliseconds(1))
        let blocked = ask(cluster.other)
        #expect(word(blocked) == "waits")
        cluster.nodes.run(.seconds(1))
        #expect(cluster.nodes.isChanged(revocation))
        #expect(word(blocked) == "refused")
        let unknown = ask(cluster.other)
        #expect(word(unknown) == "waits", "another could have made it a moment ago")
        cluster.nodes.run(.seconds(1))
        #expect(word(unknown) == "refused")
        // Cut off, it can't say.
        cluster.nodes.cut(cluster.other)
        cluster.nodes.run(.seconds(2))
        #expect(word(ask(cluster.other)) == "unavailable")
        let status = cluster.nodes.ask(cluster.other, .status(token: NodeCluster.token))
        #expect(word(status) == "unavailable")
    }

    @Test func `a demoted user's token has no more power anywhere when that returns`() throws {
        let cluster = try Cluster()
        let user = NodeCluster.user
        cluster.nodes.change(
            cluster.leader,
            .updateUser(user, account: NodeCluster.account, email: nil, name: nil, role: .admin))
        cluster.nodes.run(.seconds(1))
        let token = NewToken(
            id: TokenID(78), role: .admin, account: NodeCluster.account, user: user,
            name: try #require(Name("admin")), digest: SHA256.digest(of: [78]),
            suffix: Workload.suffix)
        cluster.nodes.change(cluster.leader, .createToken(token))
        cluster.nodes.run(.seconds(1))
        func users(_ id: NodeID) -> RequestTicket {
            cluster.nodes.ask(
                id,
                .query(
                    token.digest, .users(account: NodeCluster.account, PageRequest()), .local))
        }
        func isAnswered(_ ticket: RequestTicket) -> Bool {
            if case .answer(.users, _)? = cluster.nodes.reply(to: ticket)?.reply {
                true
            } else {
                false
            }
        }
        #expect(isAnswered(users(cluster.other)))
        cluster.nodes.cut(cluster.other)
        let demotion = cluster.nodes.change(
            cluster.leader,
            .updateUser(user, account: NodeCluster.account, email: nil, name: nil, role: .member))
        for _ in 0..<2_200 where cluster.nodes.replies(to: demotion).isEmpty {
            cluster.nodes.run(.milliseconds(1))
        }
        #expect(cluster.nodes.isChanged(demotion))
        #expect(!isAnswered(users(cluster.other)))
        #expect(!isAnswered(users(cluster.follower)))
    }

    // MARK: Clocks

    @Test func `a machine that was suspended has no lease when it goes on`() throws {
        let cluster = try Cluster()
        cluster.nodes.suspended = .seconds(2)
        #expect(cluster.reason(at: cluster.other) == .unleased)
        cluster.nodes.run(.milliseconds(300))
        #expect(cluster.nodes.verdict(at: cluster.other) == .valid)
    }
}
