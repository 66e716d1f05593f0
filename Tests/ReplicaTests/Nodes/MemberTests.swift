import Basics
import Consensus
import Keyring
import Testing

@testable import Replica

/// Members come and go: what clients of any node may ask for, and what comes of it.
@Suite struct MemberTests {
    private static let (n1, n2, n3, n4) = (NodeID(1), NodeID(2), NodeID(3), NodeID(4))

    private func add(_ id: NodeID, at address: String? = nil) -> Command {
        .changeMember(
            MemberCommand(.add(id, address: address ?? "\(id)", clientAddress: "\(id):http")))
    }

    private func promote(_ id: NodeID) -> Command { .changeMember(MemberCommand(.promote(id))) }
    private func remove(_ id: NodeID) -> Command { .changeMember(MemberCommand(.remove(id))) }

    /// Asks and lets a second pass.
    private func ask(_ cluster: NodeCluster, _ id: NodeID, _ command: Command) -> RequestTicket {
        let ticket = cluster.change(id, command)
        cluster.run(.seconds(1))
        return ticket
    }

    private func member(_ cluster: NodeCluster, _ ticket: RequestTicket) -> MemberDetail? {
        guard case .outcome(.changed(let change), _)? = cluster.reply(to: ticket)?.reply,
            case .member(let member) = change.result
        else { return nil }
        return member
    }

    private func refusal(_ cluster: NodeCluster, _ ticket: RequestTicket) -> MemberRefusal? {
        guard
            case .outcome(.refused(.memberRefused(let refusal)), _)? =
                cluster.reply(to: ticket)?.reply
        else { return nil }
        return refusal
    }

    @Test func `the incarnations of the first members come into the log`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        for computer in cluster.computers {
            let members = cluster.node(computer.id).configuration.members
            #expect(members.map(\.incarnation) == [1, 2, 3])
            #expect(members.map(\.address) == ["n1", "n2", "n3"])
        }
    }

    @Test func `a node joins, is promoted and counts, whoever is asked`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        cluster.makeKey(at: Self.n1)
        let n4 = try cluster.join()
        cluster.run(.milliseconds(50))
        let early = ask(cluster, n4, add(n4))
        #expect(cluster.failure(of: early) == .notMember)
        #expect(cluster.verdict(at: n4) == .unavailable)
        let added = ask(cluster, Self.n2, add(n4))
        #expect(
            member(cluster, added)
                == MemberDetail(id: n4, role: .learner, address: "n4", clientAddress: "n4:http"))
        #expect(cluster.verdict(at: n4) == .valid)
        #expect(cluster.node(n4).configuration.learners == [n4])
        let promoted = ask(cluster, n4, promote(n4))
        #expect(member(cluster, promoted)?.role == .voter)
        #expect(cluster.node(Self.n1).configuration.voters.count == 4)
        #expect(cluster.node(Self.n1).roster == [Self.n1, Self.n2, Self.n3, n4])
        // Two of four are no majority; three are.
        let leader = try #require(cluster.leader)
        cluster.crash(try #require([Self.n1, Self.n2, Self.n3].first { $0 != leader }))
        cluster.run(.seconds(2))
        #expect(cluster.isChanged(ask(cluster, n4, .createAccount(AccountID(9), name: name))))
    }

    @Test func `each refusal says why, and what is done already is done`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let n4 = try cluster.join()
        #expect(refusal(cluster, ask(cluster, Self.n1, promote(n4))) == .unknownMember)
        #expect(refusal(cluster, ask(cluster, Self.n1, remove(n4))) == .unknownMember)
        #expect(refusal(cluster, ask(cluster, Self.n1, add(n4, at: "n2"))) == .addressTaken)
        cluster.cut(n4)
        #expect(member(cluster, ask(cluster, Self.n1, add(n4)))?.role == .learner)
        #expect(member(cluster, ask(cluster, Self.n1, add(n4)))?.role == .learner)
        #expect(refusal(cluster, ask(cluster, Self.n1, add(n4, at: "n9"))) == .alreadyMember)
        #expect(refusal(cluster, ask(cluster, Self.n1, promote(n4))) == .notCaughtUp)
        cluster.heal(n4)
        cluster.run(.seconds(3))
        #expect(member(cluster, ask(cluster, Self.n1, promote(n4)))?.role == .voter)
        #expect(member(cluster, ask(cluster, Self.n1, promote(n4)))?.role == .voter)
        #expect(member(cluster, ask(cluster, Self.n1, remove(n4)))?.role == .removed)
        #expect(member(cluster, ask(cluster, Self.n1, remove(n4)))?.role == .removed)
        #expect(refusal(cluster, ask(cluster, Self.n1, add(n4))) == .formerMember)
    }

    @Test func `only operators change members, and each change is in the audit trail`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        cluster.makeKey(at: Self.n1)
        let digest = Digest(1, 2, 3, 4)
        let token = NewToken(
            id: TokenID(77), role: .auditor, account: NodeCluster.account, user: nil, name: name,
            digest: digest, suffix: suffix)
        #expect(cluster.isChanged(ask(cluster, Self.n1, .createToken(token))))
        let ticket = cluster.ask(
            Self.n2,
            .change(
                token: digest,
                ClientRequest.Submission(
                    command: remove(Self.n3), idempotency: nil, content: .zero)))
        cluster.run(.seconds(1))
        guard case .outcome(.refused(.forbidden), _)? = cluster.reply(to: ticket)?.reply else {
            Issue.record("\(cluster.replies(to: ticket))")
            return
        }
        #expect(cluster.node(Self.n1).configuration.contains(Self.n3))
        _ = ask(cluster, Self.n1, remove(Self.n3))
        let trail = cluster.ask(
            Self.n1,
            .query(NodeCluster.token, .audit(account: nil, PageRequest(limit: 1)), .linearizable))
        cluster.run(.seconds(1))
        guard case .answer(.audit(let page), _)? = cluster.reply(to: trail)?.reply else {
            Issue.record("no trail")
            return
        }
        #expect(page.items.map(\.action) == [.memberRemoved])
        #expect(page.items.map(\.subject) == [.member(Self.n3)])
    }

    @Test func `a removed node stops validating at once and says so`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        cluster.makeKey(at: Self.n1)
        let leader = try #require(cluster.leader)
        let removed = try #require([Self.n1, Self.n2, Self.n3].first { $0 != leader })
        #expect(cluster.verdict(at: removed) == .valid)
        cluster.change(leader, remove(removed))
        cluster.run(.milliseconds(20))
        #expect(cluster.verdict(at: removed) == .unavailable)
        #expect(isRemoved(removed, in: cluster))
        #expect(cluster.failure(of: ask(cluster, removed, add(removed))) == .notMember)
        // It may hold permissions until somebody knows that it doesn't.
        #expect(cluster.node(leader).roster == [Self.n1, Self.n2, Self.n3])
        cluster.run(.seconds(5))
        #expect(cluster.leader == leader)
    }

    @Test func `a node removed while it was away learns of it when it returns`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        let removed = try #require([Self.n1, Self.n2, Self.n3].first { $0 != leader })
        cluster.cut(removed)
        #expect(member(cluster, ask(cluster, leader, remove(removed)))?.role == .removed)
        cluster.run(.seconds(10))
        #expect(!isRemoved(removed, in: cluster))
        cluster.heal(removed)
        cluster.run(.seconds(3))
        #expect(isRemoved(removed, in: cluster))
        // And again after a restart, though nothing of it is in its log.
        cluster.crash(removed)
        try cluster.start(removed)
        cluster.run(.seconds(3))
        #expect(cluster.events(of: removed).filter(\.isRemoval).count == 2)
        #expect(cluster.leader == leader)
    }

    @Test func `what waits at a removed node ends as soon as it knows`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        let removed = try #require([Self.n1, Self.n2, Self.n3].first { $0 != leader })
        let handedOver = cluster.makeAccount(1, at: removed)
        cluster.cut(removed)
        #expect(member(cluster, ask(cluster, leader, remove(removed)))?.role == .removed)
        let kept = cluster.makeAccount(2, at: removed)
        let read = cluster.ask(removed, .query(NodeCluster.token, .whoami, .linearizable))
        cluster.run(.milliseconds(100))
        for ticket in [handedOver, kept, read] { #expect(cluster.reply(to: ticket) == nil) }
        cluster.heal(removed)
        cluster.run(.seconds(3))
        #expect(isRemoved(removed, in: cluster))
        guard case .outcomeUnknown = cluster.failure(of: handedOver) else {
            Issue.record("\(String(describing: cluster.reply(to: handedOver)))")
            return
        }
        #expect(cluster.failure(of: kept) == .notMember)
        #expect(cluster.failure(of: read) == .notMember)
        cluster.step(removed, .stopRequested)
        #expect(cluster.stops(of: removed).count == 1, "nothing is left to wait for")
    }

    @Test func `a reply held for somebody's lease ends with its node's membership`() throws {
        let cluster = try NodeCluster.started(nodes: 4)
        let leader = try #require(cluster.leader)
        let others = (1...4).map { NodeID($0) }.filter { $0 != leader }
        let (removed, away) = (others[0], others[1])
        cluster.makeKey(at: leader)
        cluster.run(.seconds(1))
        cluster.cut(away)
        let change = cluster.change(
            removed, .revokeKey(KeyID(3), account: NodeCluster.account))
        cluster.run(.milliseconds(100))
        #expect(cluster.node(removed).held.count == 1, "applied, and not done everywhere")
        #expect(member(cluster, ask(cluster, leader, remove(removed)))?.role == .removed)
        cluster.run(.milliseconds(100))
        #expect(isRemoved(removed, in: cluster))
        guard case .outcomeUnknown = cluster.failure(of: change) else {
            Issue.record("\(String(describing: cluster.reply(to: change)))")
            return
        }
        cluster.step(removed, .stopRequested)
        #expect(cluster.stops(of: removed).count == 1, "nothing is left to wait for")
    }

    @Test func `a node whose snapshot says that it was removed knows it from its start`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        // A leader applies its own removal; others mostly hear of theirs from somebody.
        let removed = try #require(cluster.leader)
        let ticket = cluster.change(removed, remove(removed))
        cluster.run(.milliseconds(200))
        #expect(member(cluster, ticket)?.role == .removed)
        #expect(isRemoved(removed, in: cluster))
        let number = try #require(cluster.computers.firstIndex { $0.id == removed })
        cluster.computers[number].node?.snapshots.isNeeded = true
        cluster.step(removed, .timePassed)
        cluster.run(.milliseconds(100))
        let kept = cluster.node(removed).raft.snapshot?.configuration.isFormer(removed)
        #expect(kept == true)
        cluster.cut(removed)
        cluster.crash(removed)
        try cluster.start(removed)
        cluster.run(.milliseconds(2))
        let knows = cluster.node(removed).isRemoved
        #expect(knows)
        let change = cluster.makeAccount(1, at: removed)
        #expect(cluster.failure(of: change) == .notMember)
    }

    @Test func `a leader that removes itself answers, hands over and stops validating`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        cluster.makeKey(at: Self.n1)
        let leader = try #require(cluster.leader)
        let ticket = cluster.change(leader, remove(leader))
        cluster.run(.milliseconds(200))
        #expect(member(cluster, ticket)?.role == .removed)
        #expect(isRemoved(leader, in: cluster))
        #expect(cluster.verdict(at: leader) == .unavailable)
        let heir = try #require(cluster.leader)
        #expect(heir != leader)
        // Keys change for all when the removed one can't answer any more.
        let change = ask(cluster, heir, .createAccount(AccountID(9), name: name))
        #expect(!cluster.isChanged(change))
        cluster.run(.seconds(2))
        #expect(cluster.isChanged(change))
    }

    /// n3 is wiped and formatted anew under its old id; n1 never heard of the first n3, because
    /// it joined after that was gone.
    @Test func `a wiped node is refused by those who never heard it before`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        let wiped = try #require([Self.n1, Self.n2, Self.n3].first { $0 != leader })
        cluster.crash(wiped)
        let n4 = try cluster.join()
        #expect(member(cluster, ask(cluster, leader, add(n4))) != nil)
        #expect(cluster.node(n4).hardState.peers.allSatisfy { $0.node != wiped })
        try cluster.reformat(wiped, members: [Self.n1, Self.n2, Self.n3])
        cluster.run(.seconds(3))
        let refused = cluster.events(of: n4).contains { event in
            if case .peerLinkFailed(.foreignIncarnation) = event { true } else { false }
        }
        #expect(refused)
        #expect(cluster.node(wiped).inspection.commitIndex == .zero)
        let row = cluster.node(n4).configuration.member(wiped)
        #expect(row?.incarnation == UInt64(wiped.rawValue))
    }

    /// n1 sleeps while all the others are replaced: its configuration knows none of them.
    @Test func `a node whose log knows nobody of the present follows them all the same`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let first = try #require(cluster.leader)
        let sleeper = try #require([Self.n1, Self.n2, Self.n3].first { $0 != first })
        cluster.crash(sleeper)
        for _ in 0..<2 {
            let next = try cluster.join()
            let leader = try #require(cluster.leader)
            #expect(member(cluster, ask(cluster, leader, add(next))) != nil)
            #expect(member(cluster, ask(cluster, leader, promote(next)))?.role == .voter)
        }
        for old in [Self.n1, Self.n2, Self.n3] where old != sleeper {
            let leader = try #require(cluster.leader)
            #expect(member(cluster, ask(cluster, leader, remove(old)))?.role == .removed)
            cluster.run(.seconds(1))
            cluster.crash(old)
        }
        try cluster.start(sleeper)
        cluster.run(.seconds(3))
        #expect(cluster.node(sleeper).configuration.voters == [sleeper, Self.n4, NodeID(5)])
        let leader = try #require(cluster.leader)
        #expect(cluster.isChanged(ask(cluster, sleeper, .createAccount(AccountID(9), name: name))))
        #expect(leader != sleeper)
    }

    @Test func `members survive restarts and snapshots`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let n4 = try cluster.join()
        _ = ask(cluster, Self.n1, add(n4))
        _ = ask(cluster, Self.n1, promote(n4))
        _ = ask(cluster, Self.n1, remove(Self.n3))
        let leader = try #require(cluster.leader)
        let last = cluster.node(leader).inspection.lastIndex
        for computer in cluster.computers where computer.id != Self.n3 {
            cluster.ask(computer.id, .takeSnapshot(token: NodeCluster.token))
        }
        cluster.run(.seconds(2))
        for computer in cluster.computers { cluster.crash(computer.id) }
        for computer in cluster.computers { try cluster.start(computer.id) }
        cluster.run(.seconds(3))
        for id in [Self.n1, Self.n2, n4] {
            let configuration = cluster.node(id).configuration
            #expect(configuration.voters == [Self.n1, Self.n2, n4])
            #expect(configuration.former.map(\.id) == [Self.n3])
            #expect(
                cluster.written(by: id).contains { $0 >= last } || cluster.installed(by: id) != [])
        }
        #expect(isRemoved(Self.n3, in: cluster))
    }

    @Test func `a change waits for another, and not for ever`() throws {
        let cluster = try NodeCluster.started(nodes: 3)
        let leader = try #require(cluster.leader)
        let others = [Self.n1, Self.n2, Self.n3].filter { $0 != leader }
        let tickets = [NodeID(7), NodeID(8)].map { cluster.change(leader, add($0)) }
        cluster.run(.milliseconds(100))
        #expect(tickets.allSatisfy { member(cluster, $0)?.role == .learner })
        // The disks of all others hang: nothing is committed any more.
        for other in others { cluster.hold(.journal, of: other) }
        cluster.change(leader, add(NodeID(9)))
        cluster.run(.milliseconds(1))
        let waiting = cluster.change(leader, add(NodeID(10)))
        cluster.run(.milliseconds(600))
        #expect(cluster.failure(of: waiting) == .changeUnderWay)
    }

    // MARK: Words

    private var name: Name { Name("name") ?? { preconditionFailure("a name") }() }
    private var suffix: Suffix { Suffix("abcd") ?? { preconditionFailure("a suffix") }() }

    private func isRemoved(_ id: NodeID, in cluster: NodeCluster) -> Bool {
        cluster.events(of: id).contains(where: \.isRemoval)
    }
}

extension NodeEvent {
    fileprivate var isRemoval: Bool { if case .removed = self { true } else { false } }
}
