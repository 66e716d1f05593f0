import Basics

// What the node that drives Raft may look at.
extension Raft {
    public var role: RoleName { state.name }
    public var term: Term { hardState.term }

    /// The leader of this term as far as this node knows; itself if it leads.
    public var leader: NodeID? {
        switch state {
        case .follower(let follower): follower.leader
        case .preCandidate, .candidate: nil
        case .leader: id
        }
    }

    public var isLeader: Bool {
        if case .leader = state { true } else { false }
    }

    /// Whether an entry of this leader's own term is committed: from then on its state is known
    /// to be complete, and it may answer reads and decide limits (Ongaro 2014, §6.4).
    public var isEstablishedLeader: Bool {
        guard case .leader(let leadership) = state else { return false }
        #if MUTANTS
        if PlantedBug.isOn(.readBeforeOpening) { return true }
        #endif
        return commitIndex >= leadership.opening || isSureOfAll(leadership)
    }

    /// Whether, as the only voter, it has committed all that was in its log when it was elected:
    /// nobody else can have committed more.
    private func isSureOfAll(_ leadership: Leadership) -> Bool {
        isOnlyVoter && commitIndex >= leadership.opening.previous
    }

    /// The first entry in memory. What precedes it isn't needed on disk either once `snapshot`
    /// covers it.
    public var firstIndex: LogIndex { log.firstIndex }
    public var lastIndex: LogIndex { log.lastIndex }

    /// Everything up to here is on this node's disk.
    @inline(__always)
    public var durableIndex: LogIndex { writes.lowest?.previous ?? log.lastIndex }

    /// The last entry that is on this node's disk with all before it.
    public var durablePosition: LogPosition {
        let index = durableIndex
        return LogPosition(term: log.term(at: index) ?? .zero, index: index)
    }

    /// The term of the entry at `index`; nil if it was compacted or doesn't exist.
    public func term(at index: LogIndex) -> Term? { log.term(at: index) }

    /// The entries from `first` to `last`, both included, as far as they are in memory: for
    /// applying, at most about `maxBytes` at a time, but at least one.
    public func entries(
        from first: LogIndex, through last: LogIndex, maxBytes: Int = .max
    ) -> [Entry] {
        log.entries(from: max(first, firstIndex), through: last, maxBytes: maxBytes)
    }

    /// The entry at `index`; nil if it was compacted or doesn't exist.
    public func entry(at index: LogIndex) -> Entry? {
        index >= firstIndex && index <= lastIndex ? log[index] : nil
    }

    /// Log time of the last entry, committed or not.
    public var lastLogTime: Timestamp { log.lastTime }

    /// Bytes of entries that the newest snapshot doesn't cover: when to take another.
    public var logBytesSinceSnapshot: Int { log.costSinceSnapshot }

    /// When this node last knew of a working leader: for a follower the latest append from it,
    /// for a leader the start of the latest round that a majority has answered.
    public var lastLeaderContact: Instant? {
        guard case .leader(let leadership) = state,
            let confirmed = leadership.confirmedRoundStart(confirmedRound)
        else { return lastAppendReceived }
        return max(confirmed, lastAppendReceived ?? confirmed)
    }

    /// How far a follower's log is known to be that of the present leader: what its messages
    /// covered, durable or not. Zero for others.
    public var verifiedIndex: LogIndex {
        if case .follower(let follower) = state { follower.verified } else { .zero }
    }

    /// The newest confirmation round that this leader has begun; zero for others.
    public var round: UInt64 {
        if case .leader(let leadership) = state { leadership.round } else { 0 }
    }

    /// Whether, leading, it lacks a majority's agreement on the time.
    public var clocksDisagree: Bool {
        guard case .leader(let leadership) = state else { return false }
        return leadership.clocksDisagree
    }

    /// Whether a transfer of leadership is under way; proposals are refused meanwhile.
    public var isTransferring: Bool {
        guard case .leader(let leadership) = state else { return false }
        return leadership.transfer != nil
    }

    /// What a leader knows of the other members, in order of id; empty for others.
    public var peers: [PeerStatus] {
        guard case .leader(let leadership) = state else { return [] }
        return leadership.progress.map { progress in
            let pace: PeerStatus.Pace =
                switch progress.pace {
                case .probe: .probe
                case .replicate: .replicate
                case .snapshot: .snapshot
                }
            return PeerStatus(
                id: progress.id, isVoter: progress.isVoter, match: progress.match,
                applied: progress.applied, isActive: isActive(progress), pace: pace,
                standing: progress.standing)
        }
    }

    /// When `advance` is due at the latest, if nothing else happens before.
    public var nextDeadline: Instant {
        switch state {
        case .follower(let follower):
            guard let retryAt = follower.reads.underWay?.retryAt else { return electionDeadline }
            return min(electionDeadline, retryAt)
        case .preCandidate, .candidate: return electionDeadline
        case .leader(let leadership):
            return min(leadership.heartbeatDue, leadership.transfer?.deadline ?? .never)
        }
    }

    func isActive(_ progress: Progress) -> Bool {
        clock.now - progress.lastContact < settings.electionTimeoutMaximum
    }
}

// The state of the present role, changed in place: it is taken out of the enum meanwhile, so
// that its arrays have one owner and aren't copied.
extension Raft {
    /// Requires a follower.
    var follower: Follower {
        _read {
            guard case .follower(let follower) = state else { preconditionFailure("not following") }
            yield follower
        }
        _modify {
            var role = Role.follower(Follower())
            swap(&role, &state)
            guard case .follower(var follower) = consume role else {
                preconditionFailure("not following")
            }
            defer { state = .follower(follower) }
            yield &follower
        }
    }

    /// Requires a leader.
    var leadership: Leadership {
        _read {
            guard case .leader(let leadership) = state else { preconditionFailure("not leading") }
            yield leadership
        }
        _modify {
            var role = Role.follower(Follower())
            swap(&role, &state)
            guard case .leader(var leadership) = consume role else {
                preconditionFailure("not leading")
            }
            defer { state = .leader(leadership) }
            yield &leadership
        }
    }
}
