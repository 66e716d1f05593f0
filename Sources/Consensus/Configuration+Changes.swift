import Basics

/// One change of the members. Each changes the set of voters by one at most, so that any majority
/// before it shares a voter with any majority after it (Ongaro 2014, §4.1).
public enum MembershipChange: Hashable, Sendable {
    /// A node joins as a learner.
    case add(NodeID, address: String, clientAddress: String)
    /// A learner becomes a voter.
    case promote(NodeID)
    case remove(NodeID)
    /// The incarnation under which a member was first heard.
    case identify(NodeID, incarnation: UInt64)
    /// A former member answers nothing from its own memory any more.
    case drain(NodeID)
}

/// Why the members can't be changed so. Asked again, the same answer comes until the members, or
/// what they hold, are others.
public enum MembershipRefusal: Error, Hashable, Sendable {
    /// The id was a member's before; a node that joins gets a new one.
    case formerMember
    /// A member of that id has other addresses.
    case alreadyMember
    /// Another member has that address.
    case addressTaken
    case unknownMember
    /// The learner hasn't been heard, or lacks more of the log than one message brings.
    case notCaughtUp
    /// Without it nobody could vote.
    case lastVoter
    /// Too few of the voters there would be are heard: the change could never be committed.
    case noMajority
    case tooManyMembers
}

extension Configuration {
    /// The members after the change; these same if it is made already.
    func applying(_ change: MembershipChange) throws(MembershipRefusal) -> Configuration {
        switch change {
        case .add(let id, let address, let clientAddress):
            try adding(id, address, clientAddress)
        case .promote(let id): try promoting(id)
        case .remove(let id): try removing(id)
        case .identify(let id, let incarnation): try identifying(id, incarnation)
        case .drain(let id): try draining(id)
        }
    }

    private func adding(
        _ id: NodeID, _ address: String, _ clientAddress: String
    ) throws(MembershipRefusal) -> Configuration {
        guard !isFormer(id) else { throw .formerMember }
        if let present = member(id) {
            guard present.address == address, present.clientAddress == clientAddress else {
                throw .alreadyMember
            }
            return self
        }
        guard !members.contains(where: { $0.address == address }) else { throw .addressTaken }
        guard members.count < Configuration.memberLimit,
            members.count + former.count < Configuration.formerLimit
        else { throw .tooManyMembers }
        let newcomer = Member(
            id: id, role: .learner, address: address, clientAddress: clientAddress)
        return Configuration(members: members + [newcomer], former: former)
    }

    private func promoting(_ id: NodeID) throws(MembershipRefusal) -> Configuration {
        guard var promoted = member(id) else { throw .unknownMember }
        guard promoted.role == .learner else { return self }
        guard promoted.incarnation != nil else { throw .notCaughtUp }
        promoted.role = .voter
        return replacing(promoted)
    }

    private func removing(_ id: NodeID) throws(MembershipRefusal) -> Configuration {
        guard !isFormer(id) else { return self }
        guard contains(id) else { throw .unknownMember }
        guard voters != [id] else { throw .lastVoter }
        return Configuration(
            members: members.filter { $0.id != id },
            former: former + [FormerMember(id: id, isDrained: false)])
    }

    private func identifying(
        _ id: NodeID, _ incarnation: UInt64
    ) throws(MembershipRefusal) -> Configuration {
        guard var heard = member(id) else { throw .unknownMember }
        guard heard.incarnation == nil else { return self }
        heard.incarnation = incarnation
        return replacing(heard)
    }

    private func draining(_ id: NodeID) throws(MembershipRefusal) -> Configuration {
        guard isFormer(id) else { throw .unknownMember }
        var drained = former
        for place in drained.indices where drained[place].id == id {
            drained[place].isDrained = true
        }
        return Configuration(members: members, former: drained)
    }

    private func replacing(_ member: Member) -> Configuration {
        Configuration(members: members.map { $0.id == member.id ? member : $0 }, former: former)
    }
}
