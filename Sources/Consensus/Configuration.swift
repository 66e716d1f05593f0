import Basics

/// The members of the cluster: those that vote and those that only replicate.
public struct Configuration: Hashable, Sendable {
    /// In ascending order, without repetition.
    public private(set) var voters: [NodeID]
    /// In ascending order; none of them is a voter.
    public private(set) var learners: [NodeID]

    /// Sorts and drops repetitions; a learner that is also a voter is a voter.
    public init(voters: [NodeID], learners: [NodeID] = []) {
        let sortedVoters = Configuration.ascending(voters)
        self.voters = sortedVoters
        self.learners = Configuration.ascending(learners).filter { !sortedVoters.contains($0) }
    }

    public func isVoter(_ node: NodeID) -> Bool { voters.contains(node) }
    public func contains(_ node: NodeID) -> Bool { isVoter(node) || learners.contains(node) }

    /// The smallest number of voters of which any two sets share a member.
    public var majority: Int { Quorum.majority(of: voters.count) }

    /// Most members that a configuration read from bytes may have.
    static let memberLimit = 64

    public func encode(into writer: inout ByteWriter) {
        for group in [voters, learners] {
            writer.write(UInt8(truncatingIfNeeded: group.count))
            for node in group { writer.write(node.rawValue) }
        }
    }

    /// Throws for what `encode` can't have written: too many members, wrong order, repetitions.
    public init(from reader: inout ByteReader) throws(MalformedBytes) {
        let voters = try Configuration.readGroup(from: &reader)
        let learners = try Configuration.readGroup(from: &reader)
        self.init(voters: voters, learners: learners)
        guard self.voters == voters, self.learners == learners else {
            throw MalformedBytes("members out of order or named twice")
        }
    }

    private static func readGroup(
        from reader: inout ByteReader
    ) throws(MalformedBytes) -> [NodeID] {
        let count = Int(try reader.readUInt8())
        guard count <= memberLimit else { throw MalformedBytes("\(count) members") }
        var group: [NodeID] = []
        for _ in 0..<count { group.append(NodeID(try reader.readUInt32())) }
        return group
    }

    private static func ascending(_ nodes: [NodeID]) -> [NodeID] {
        var unique: [NodeID] = []
        for node in nodes.sorted() where unique.last != node { unique.append(node) }
        return unique
    }
}
