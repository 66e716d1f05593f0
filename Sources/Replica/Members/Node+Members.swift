import Basics
import Consensus
import Journal
import Keyring

// Who belongs to the cluster, as this node's log has it: links, progress and incarnations follow.
extension Node {
    /// Every node that may hold a permission to answer from its own memory, this one included: the
    /// members of what is applied here and of any configuration in the log, and those removed of
    /// whom it isn't known that they have stopped. In ascending order.
    public var roster: [NodeID] {
        var roster: [NodeID] = []
        for configuration in raft.possibleConfigurations {
            roster += configuration.members.map(\.id)
            roster += configuration.former.filter { !$0.isDrained }.map(\.id)
        }
        roster.sort()
        return zip([nil] + roster, roster).compactMap { $0 == $1 ? nil : $1 }
    }

    /// The members as the log has them, committed or not.
    public var configuration: Configuration { raft.configuration }

    /// The members changed, or one of the changes is committed.
    mutating func followMembers() {
        var linked: [LinkedMember] = []
        for member in raft.possibleConfigurations.flatMap(\.members) where member.id != id {
            linked.removeAll { $0.id == member.id }
            linked.append(
                LinkedMember(
                    id: member.id, address: member.address, incarnation: member.incarnation))
        }
        let former = raft.committedConfiguration.former.map(\.id)
        links.follow(linked, former: former, now: clock.now)
        let others = roster.filter { $0 != id }
        members.removeAll { !others.contains($0.id) }
        for other in others where !members.contains(where: { $0.id == other }) {
            members.append(MemberProgress(id: other, lastHeard: clock.now))
        }
        members.sort { $0.id < $1.id }
        keepIncarnations()
    }

    /// A change of the members is committed.
    mutating func applyMembers(_ entry: Entry, effects: inout [NodeEffect]) {
        guard let record = try? ConfigurationRecord(decoding: entry.payload) else {
            preconditionFailure("Raft lets no other configuration into the log")
        }
        if record.note.isEmpty {
            state.advance(to: entry.index, time: entry.time, changes: &tableChanges)
        } else {
            let result = state.apply(
                record.note, at: entry.index, time: entry.time, changes: &tableChanges)
            if let requestID = result.request, let mutation = takePending(requestID) {
                answer(
                    mutation.ticket, .outcome(result.outcome, at: entry.index), effects: &effects)
            }
        }
        hasNewMembers = true
    }

    /// Follows the changes just applied: those who were removed are told so.
    mutating func followAppliedMembers(_ effects: inout [NodeEffect]) {
        guard hasNewMembers else { return }
        hasNewMembers = false
        followMembers()
        leaveClusterIfRemoved(&effects)
    }

    // MARK: Leaving

    mutating func leaveClusterIfRemoved(_ effects: inout [NodeEffect]) {
        if raft.committedConfiguration.isFormer(id) { leaveCluster(&effects) }
    }

    /// This node isn't a member any more, as its log says or a member does: it validates nothing,
    /// seeks no votes, and refuses its clients. What they wait for stays unknown.
    mutating func leaveCluster(_ effects: inout [NodeEffect]) {
        guard !isRemoved else { return }
        isRemoved = true
        stopValidating()
        links.isRetired = true
        raft.retire(clock: clock, effects: &raftEffects)
        effects.append(.report(.removed))
    }

    private mutating func stopValidating() {
        freshUntil = .zero
        table.setFreshUntil(.zero)
    }

    // MARK: Incarnations

    /// As leader, writes into the log under which incarnation each member was first heard, so that
    /// every node refuses another one, whether or not it ever heard the first. Returns whether an
    /// entry was appended for it.
    mutating func identifyMember() -> Bool {
        for member in raft.configuration.members where member.incarnation == nil {
            guard let incarnation = incarnation(of: member.id) else { continue }
            let result = raft.changeMembers(
                .identify(member.id, incarnation: incarnation), clock: clock,
                effects: &raftEffects)
            if case .appended(let position) = result {
                memberDesk.newest = position.index
                return true
            }
        }
        return false
    }

    /// This node's own, or one that its disk holds.
    private func incarnation(of member: NodeID) -> UInt64? {
        if member == id { return links.local.incarnation }
        return links.remembered.first { $0.node == member }?.incarnation
    }
}

extension Genesis {
    /// What a node holds that waits for its first snapshot. Nobody has such a token.
    static let blank: Genesis = {
        guard let suffix = Suffix("0000") else { preconditionFailure("a legal suffix") }
        return Genesis(
            settings: .standard, operatorToken: TokenID(1), operatorDigest: .zero,
            operatorSuffix: suffix, time: .epoch)
    }()
}
