import Basics

/// What a member may do. The codes are written to disk and to peers and never change.
public enum MemberRole: UInt8, Hashable, Sendable, CaseIterable {
    /// Replicates and validates, and counts for nothing.
    case learner = 0
    case voter = 1
}

/// One member of the cluster, as its configuration names it.
public struct Member: Hashable, Sendable {
    public var id: NodeID
    public var role: MemberRole
    /// Where its peers reach it; opaque here.
    public var address: String
    /// Where clients reach it; empty if the cluster wasn't told.
    public var clientAddress: String
    /// The number drawn when its directory was formatted: another one under the same id has lost
    /// the memory of its votes. Nil until a leader has heard it and written it down; no learner
    /// becomes a voter before.
    public var incarnation: UInt64?

    public init(
        id: NodeID, role: MemberRole, address: String = "", clientAddress: String = "",
        incarnation: UInt64? = nil
    ) {
        self.id = id
        self.role = role
        self.address = address
        self.clientAddress = clientAddress
        self.incarnation = incarnation
    }
}

/// A node that was a member. Its id is never given to another one.
public struct FormerMember: Hashable, Sendable {
    public var id: NodeID
    /// Whether every permission it had to answer from its own memory is known to have ended.
    public var isDrained: Bool

    public init(id: NodeID, isDrained: Bool) {
        self.id = id
        self.isDrained = isDrained
    }
}

/// The members of the cluster: those that vote, those that only replicate, and those that were.
public struct Configuration: Hashable, Sendable {
    /// In ascending order of their ids, each once.
    public let members: [Member]
    /// In ascending order of their ids, none of them a member.
    public let former: [FormerMember]
    /// The ids of the members that vote, in ascending order.
    public let voters: [NodeID]
    /// The ids of the others, in ascending order.
    public let learners: [NodeID]

    /// Sorts. Requires that no id is named twice.
    public init(members: [Member], former: [FormerMember] = []) {
        self.members = members.sorted { $0.id < $1.id }
        self.former = former.sorted { $0.id < $1.id }
        voters = self.members.filter { $0.role == .voter }.map(\.id)
        learners = self.members.filter { $0.role == .learner }.map(\.id)
        precondition(isConsistent, "a member is named twice")
    }

    /// Members without addresses; a learner that is also a voter is a voter.
    public init(voters: [NodeID], learners: [NodeID] = []) {
        var members: [Member] = []
        for (group, role) in [(voters, MemberRole.voter), (learners, .learner)] {
            for id in group where !members.contains(where: { $0.id == id }) {
                members.append(Member(id: id, role: role))
            }
        }
        self.init(members: members)
    }

    public func isVoter(_ node: NodeID) -> Bool { voters.contains(node) }
    public func contains(_ node: NodeID) -> Bool { isVoter(node) || learners.contains(node) }
    public func isFormer(_ node: NodeID) -> Bool { former.contains { $0.id == node } }
    public func member(_ node: NodeID) -> Member? { members.first { $0.id == node } }

    /// The smallest number of voters of which any two sets share a member.
    public var majority: Int { Quorum.majority(of: voters.count) }

    /// Members and former members, each in ascending order, and none named twice.
    var isConsistent: Bool {
        let isAscending =
            zip(members, members.dropFirst()).allSatisfy { $0.id < $1.id }
            && zip(former, former.dropFirst()).allSatisfy { $0.id < $1.id }
        return isAscending && !members.contains { isFormer($0.id) }
    }
}
