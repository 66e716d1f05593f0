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
            #if MUTANTS
            if PlantedBug.isOn(.removedMemberForgotten) { continue }
            #endif
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
        // Granted a lease is only whose addition is committed, and of whom no removal is in the
        // log.
        let (settled, newest) = (raft.committedConfiguration, raft.configuration)
        leaseRoster = LeaseRoster(
            eligible: settled.members.map(\.id).filter { newest.contains($0) }, awaited: roster)
        #if MUTANTS
        let others = linked.map(\.id)
        if PlantedBug.isOn(.leaseBeforeMembership) { leaseRoster.eligible = others + [id] }
        #endif
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
                    mutation.waiters, .outcome(result.outcome, at: entry.index), effects: &effects)
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
        holder.dropAll()
        links.isRetired = true
        raft.retire(clock: clock, effects: &raftEffects)
        effects.append(.report(.removed))
        expireRequests(&effects)
    }

    // MARK: Former members

    /// As leader, writes into the log which of the nodes removed can't hold a lease any more.
    /// Returns whether an entry was appended for it.
    mutating func drainFormerMember() -> Bool {
        let removed = raft.committedConfiguration.former.filter { !$0.isDrained }.map(\.id)
        let times = leaseTimes
        let drained = ledger?.drained(among: removed, now: clock.now, times) ?? []
        guard let node = drained.first else { return false }
        return append(.drain(node))
    }

    private mutating func append(_ change: MembershipChange) -> Bool {
        let result = raft.changeMembers(change, clock: clock, effects: &raftEffects)
        guard case .appended(let position) = result else { return false }
        memberDesk.newest = position.index
        return true
    }

    // MARK: Incarnations

    /// As leader, writes into the log under which incarnation each member was first heard, so that
    /// every node refuses another one, whether or not it ever heard the first. Returns whether an
    /// entry was appended for it.
    mutating func identifyMember() -> Bool {
        for member in raft.configuration.members where member.incarnation == nil {
            guard let incarnation = incarnation(of: member.id) else { continue }
            if append(.identify(member.id, incarnation: incarnation)) { return true }
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
