import Basics
import Consensus
import Keyring

// Requests that the members change: from a client's node to the leader, which decides.
extension Node {
    /// Takes out the client's request that an entry answers, if it is one of this node's.
    mutating func takePending(_ requestID: RequestID) -> PendingMutation? {
        pending.take(requestID) ?? memberChanges.take(requestID)
    }

    /// Hands this node's own to the leader, itself or another.
    mutating func handOverMemberChanges(to leader: NodeID) {
        if memberChanges.oldestHandOver + settings.resendInterval <= clock.now {
            memberChanges.handOverAgain(since: clock.now + (.zero - settings.resendInterval))
        }
        guard memberChanges.hasOutbox, leader == id || links.isOpen(to: leader) else { return }
        for envelope in memberChanges.drainOutbox(now: clock.now) {
            if leader == id {
                takeMemberChange(envelope, from: id)
            } else {
                links.send(.proposeMember(envelope), to: leader)
            }
        }
    }

    /// Lets a request wait for its decision, if this node leads; else its node asks another.
    mutating func takeMemberChange(_ bytes: [UInt8], from node: NodeID) {
        guard raft.isLeader, let envelope = try? Envelope(decoding: bytes),
            case .changeMember = envelope.command
        else { return }
        memberDesk.add(
            MemberDesk.Wish(
                envelope: envelope, from: node,
                deadline: clock.now + settings.memberChangePatience))
    }

    /// Decides the next request, once whatever came of the last is applied, and declines those
    /// that have waited too long for that. Without one, notes an incarnation.
    mutating func decideMembers(_ effects: inout [NodeEffect]) {
        guard raft.isLeader else { return }
        for wish in memberDesk.takeOverdue(now: clock.now) {
            decline(wish, .changeUnderWay, effects: &effects)
        }
        guard raft.mayChangeMembers, !isDiskFull, state.appliedIndex >= memberDesk.newest
        else { return }
        if let wish = memberDesk.takeFirst() {
            decide(wish, effects: &effects)
        } else if !identifyMember() {
            _ = drainFormerMember()
        }
    }

    private mutating func decide(_ wish: MemberDesk.Wish, effects: inout [NodeEffect]) {
        guard case .changeMember(var command) = wish.envelope.command else { return }
        var envelope = wish.envelope
        // Who may not, or has an answer already, gets it where the entry is applied.
        if state.isByOperator(envelope), !state.isDecided(envelope) {
            let detail = detail(after: command.request)
            command.decision = .made(detail)
            envelope.command = .changeMember(command)
            let result = raft.changeMembers(
                MembershipChange(command.request), note: envelope.encode(), clock: clock,
                effects: &raftEffects)
            switch result {
            case .appended(let position):
                memberDesk.newest = position.index
                return
            case .busy, .notLeader: return decline(wish, .changeUnderWay, effects: &effects)
            case .unchanged: command.decision = .standing(detail)
            case .refused(let refusal): command.decision = .refused(MemberRefusal(refusal))
            }
            envelope.command = .changeMember(command)
        }
        switch raft.propose([envelope.encode()], clock: clock, effects: &raftEffects) {
        case .accepted(let first, _): memberDesk.newest = first
        case .notLeader: return
        case .overloaded: decline(wish, .overloaded, effects: &effects)
        }
    }

    private mutating func decline(
        _ wish: MemberDesk.Wish, _ reason: PeerFrame.Reason, effects: inout [NodeEffect]
    ) {
        let requestID = wish.envelope.requestID
        if wish.from == id {
            takeBack([requestID], reason, effects: &effects)
        } else {
            links.send(.declined([requestID], reason), to: wish.from)
        }
    }

    /// The member as it is once the request is done.
    private func detail(after request: MemberRequest) -> MemberDetail {
        let role: MemberDetail.Role
        var subject: NodeID
        switch request {
        case .add(let node, let address, let clientAddress):
            guard let present = raft.configuration.member(node) else {
                return MemberDetail(
                    id: node, role: .learner, address: address, clientAddress: clientAddress)
            }
            (role, subject) = (present.role == .voter ? .voter : .learner, node)
        case .promote(let node): (role, subject) = (.voter, node)
        case .remove(let node): (role, subject) = (.removed, node)
        }
        let present = raft.configuration.member(subject)
        return MemberDetail(
            id: subject, role: role, address: present?.address ?? "",
            clientAddress: present?.clientAddress ?? "")
    }
}

extension MembershipChange {
    init(_ request: MemberRequest) {
        switch request {
        case .add(let id, let address, let clientAddress):
            self = .add(id, address: address, clientAddress: clientAddress)
        case .promote(let id): self = .promote(id)
        case .remove(let id): self = .remove(id)
        }
    }
}

extension MemberRefusal {
    init(_ refusal: MembershipRefusal) {
        self =
            switch refusal {
            case .formerMember: .formerMember
            case .alreadyMember: .alreadyMember
            case .addressTaken: .addressTaken
            case .unknownMember: .unknownMember
            case .notCaughtUp: .notCaughtUp
            case .lastVoter: .lastVoter
            case .noMajority: .noMajority
            case .tooManyMembers: .tooManyMembers
            }
    }
}
