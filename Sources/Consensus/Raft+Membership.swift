import Basics

/// The answer to a wish that the members change.
public enum MembershipResult: Hashable, Sendable {
    /// The entry that brings the change stands there, in force and not committed.
    case appended(LogPosition)
    /// The members are so already.
    case unchanged
    case refused(MembershipRefusal)
    /// Not now: another change, or the first entry of this leader's term, isn't committed yet.
    case busy
    /// `hint` is the node to ask, if one is known.
    case notLeader(hint: NodeID?)
}

// Changes of membership, one server at a time: Ongaro 2014, §4.
extension Raft {
    /// The members, as the log has them, committed or not.
    public var configuration: Configuration { configurations.newest }

    /// The members as of what is committed.
    public var committedConfiguration: Configuration { configurations.at(commitIndex) }

    /// The members once the entry at `index` is applied. Requires an index that isn't compacted.
    public func configuration(at index: LogIndex) -> Configuration { configurations.at(index) }

    /// Every configuration that may still be in force somewhere as far as this log tells: that of
    /// what is applied here and all that the log holds behind it.
    public var possibleConfigurations: [Configuration] {
        let applied = max(applied, configurations.changes[0].index)
        let later = configurations.changes.filter { $0.index > applied }
        return [configurations.at(applied)] + later.map(\.configuration)
    }

    /// Whether a change of the members isn't known to be committed.
    public var isChangingMembers: Bool { configurations.newestIndex > commitIndex }

    /// Asks for a change of the members. What a majority needs to begin with (the last change and
    /// an entry of this term committed) is checked here, as is whether a majority of the new
    /// voters is heard. `note` goes into the entry for the state machine.
    public mutating func changeMembers(
        _ change: MembershipChange, note: [UInt8] = [], clock reading: ClockReading,
        effects: inout [RaftEffect]
    ) -> MembershipResult {
        observe(reading)
        guard case .leader(let leading) = state else { return .notLeader(hint: leader) }
        if let transfer = leading.transfer { return .notLeader(hint: transfer.target) }
        guard mayChangeMembers else { return .busy }
        let changed: Configuration
        do throws(MembershipRefusal) {
            changed = try configuration.applying(change)
            guard changed != configuration else { return .unchanged }
            try check(change, leading)
            try checkMajority(of: changed)
        } catch {
            return .refused(error)
        }
        let record = ConfigurationRecord(configuration: changed, note: note)
        let payload = record.encode()
        guard
            leading.uncommittedBytes + payload.count + Entry.overhead
                <= settings.maxUncommittedBytes
        else { return .busy }
        precondition(payload.count <= settings.maxEntryBytes, "a configuration is too long")
        appendAsLeader([payload], kind: .configuration, &effects)
        flush(&effects)
        return .appended(log.last)
    }

    /// Whether a change can begin now. Two changes under way, or one begun before this leader knows
    /// what its predecessors left, could be decided by majorities that don't meet.
    public var mayChangeMembers: Bool {
        guard case .leader(let leading) = state, leading.transfer == nil else { return false }
        #if MUTANTS
        if PlantedBug.isOn(.manyMembershipChanges) { return true }
        #endif
        return commitIndex >= leading.opening && !isChangingMembers
    }

    /// Whether the learner to be promoted holds all but what one message brings.
    private func check(
        _ change: MembershipChange, _ leading: Leadership
    ) throws(MembershipRefusal) {
        guard case .promote(let learner) = change else { return }
        guard let progress = leading.progress(of: learner), progress.standing == .whole,
            progress.hasSpoken, isActive(progress), case .replicate = progress.pace,
            log.cost(after: progress.match) <= settings.maxBytesPerAppend
        else { throw .notCaughtUp }
    }

    /// A change that the voters there would be can't commit would stop the cluster for good.
    private func checkMajority(of changed: Configuration) throws(MembershipRefusal) {
        guard changed.voters != configuration.voters else { return }
        let heard = changed.voters.count { $0 == id || isHeard($0) }
        guard heard >= changed.majority else { throw .noMajority }
    }

    /// Whether the member has told this leader that it is whole, of late. One that isn't may need
    /// the others' help before it can vote.
    private func isHeard(_ member: NodeID) -> Bool {
        guard case .leader(let leading) = state, let progress = leading.progress(of: member)
        else { return false }
        return progress.hasSpoken && progress.standing == .whole && isActive(progress)
    }

    /// This node is known to be no member any more, by a word that its log may never bring.
    public mutating func retire(clock reading: ClockReading, effects: inout [RaftEffect]) {
        observe(reading)
        isRetired = true
        if role != .follower { becomeFollower(of: nil, &effects) }
        flush(&effects)
    }

    // MARK: What follows from an entry

    /// Appends to the log alone; a configuration is in force from here on (§4.1).
    mutating func appendToLog(_ entry: Entry) {
        log.append(entry)
        guard entry.kind == .configuration else { return }
        guard let configuration = entry.configuration else {
            preconditionFailure("entry \(entry.index) holds no configuration")
        }
        configurations.append(configuration, at: entry.index)
    }

    /// Makes a leader know of exactly the other members of the newest configuration.
    mutating func alignProgress() {
        guard isLeader else { return }
        let configuration = self.configuration
        leadership.progress.removeAll { !configuration.contains($0.id) }
        for member in configuration.members where member.id != id {
            let isVoter = member.role == .voter
            if let number = leadership.position(of: member.id) {
                leadership.progress[number].isVoter = isVoter
                continue
            }
            let place =
                leadership.progress.firstIndex { $0.id > member.id } ?? leadership.progress.count
            leadership.progress.insert(
                Progress(id: member.id, isVoter: isVoter, next: lastIndex.next, now: clock.now),
                at: place)
        }
    }

    /// A leader that isn't a voter any more leads until that is committed, without counting
    /// itself (§4.2.2). What a leader commits includes an entry of its own term, so the committed
    /// configuration is no older than the one that elected it.
    mutating func stepDownIfRemoved(_ effects: inout [RaftEffect]) {
        guard isEstablishedLeader, !committedConfiguration.isVoter(id) else { return }
        handOver(&effects)
    }

    /// Whether a change of the members is committed and not applied: who campaigned now might
    /// count by members of long ago (Ongaro's correction, and etcd's raft).
    var hasUnappliedConfiguration: Bool {
        configurations.changes.contains { $0.index > applied && $0.index <= commitIndex }
    }

    /// Whether entries can't be taken yet: a snapshot must come first.
    public var isBlank: Bool { beginsBlank && snapshot == nil }
}

extension Entry {
    /// The configuration that the entry brings; nil if it is of another kind or malformed.
    public var configuration: Configuration? {
        guard kind == .configuration else { return nil }
        return (try? ConfigurationRecord(decoding: payload))?.configuration
    }
}
