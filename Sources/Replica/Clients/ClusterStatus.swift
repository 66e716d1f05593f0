import Basics
import Consensus
import Keyring

/// The cluster as one node sees it.
public struct ClusterStatus: Hashable, Sendable {
    public struct Member: Hashable, Sendable {
        public var id: NodeID
        public var isVoter: Bool
        /// Where its peers reach it.
        public var address: String
        /// Where clients reach it; empty if the cluster wasn't told.
        public var clientAddress: String
        /// Its log is durably the leader's up to here; nil where this node can't know.
        public var match: LogIndex?
        public var applied: LogIndex?
        /// Whether it was heard within an election time-out; nil where this node can't know.
        public var isHealthy: Bool?
        /// How much longer it may answer by its memory: what this node knows of itself, and as
        /// leader of the others, by its own clock. Nil where it can't know.
        public var leaseRemaining: Duration?
        /// By what right it answers. Nil where this node can't know; of others a leader knows what
        /// it granted, and not whether they have applied what their leases are for.
        public var lease: LeaseState?
        public var secrets = MemberSecrets()
    }

    /// What this node knows of a member's cluster secrets.
    public struct MemberSecrets: Hashable, Sendable {
        /// Those that it said it accepts; empty while it has said nothing, and so has one alone.
        public var accepted: [SecretFingerprint] = []
        /// Under which this node's link to it stands; nil if none does.
        public var to: SecretFingerprint?
        /// Under which its link to this node stands: the one that it presents.
        public var from: SecretFingerprint?

        public init(
            accepted: [SecretFingerprint] = [], to: SecretFingerprint? = nil,
            from: SecretFingerprint? = nil
        ) {
            self.accepted = accepted
            self.to = to
            self.from = from
        }
    }

    /// 16 bytes.
    public var clusterID: [UInt8]
    public var node: NodeID
    public var role: RoleName
    public var standing: Standing
    public var term: Term
    public var leader: NodeID?
    public var commitIndex: LogIndex
    public var appliedIndex: LogIndex
    public var lastIndex: LogIndex
    public var durableIndex: LogIndex
    public var snapshotIndex: LogIndex?
    public var logTime: Timestamp
    public var isDiskFull: Bool
    public var clocksDisagree: Bool
    /// In ascending order of their ids.
    public var members: [Member]
    /// The cluster secrets that this node goes by, the one it dials with first.
    public var secrets: [SecretFingerprint] = []
}

/// By what right a node answers about keys, if by any.
public enum LeaseState: UInt8, Hashable, Sendable, CaseIterable {
    /// It holds a lease and answers by its memory.
    case held
    /// It holds a lease for a state that it hasn't applied yet.
    case pending
    /// It holds none: it answers nothing.
    case absent
    /// It needs none: the leader confirms each answer.
    case confirming

    /// - Parameter standing: nil where the leader confirms each answer. Read before `now`.
    public init(_ standing: LeaseStanding?, at now: SteadyInstant) {
        guard let standing else {
            self = .confirming
            return
        }
        self =
            if now.precedes(standing.usable) {
                .held
            } else if now.precedes(standing.latest) {
                .pending
            } else {
                .absent
            }
    }

    /// As it is shown.
    public var code: String {
        switch self {
        case .held: "held"
        case .pending: "pending"
        case .absent: "none"
        case .confirming: "confirming"
        }
    }
}

extension Node {
    /// What this node knows of the cluster now. Only a leader knows how far the others are.
    public var status: ClusterStatus {
        let peers = raft.role == .leader ? raft.peers : []
        let members = raft.configuration.members.map { member in
            let peer = peers.first { $0.id == member.id }
            let isSelf = member.id == id
            let own = links.credentials.fingerprints
            return ClusterStatus.Member(
                id: member.id, isVoter: member.role == .voter, address: member.address,
                clientAddress: member.clientAddress,
                match: isSelf ? raft.durableIndex : peer?.match,
                applied: isSelf ? state.appliedIndex : peer?.applied,
                isHealthy: isSelf ? raft.standing.isWhole : peer?.isActive,
                leaseRemaining: leaseRemaining(of: member.id), lease: lease(of: member.id),
                secrets: isSelf
                    ? ClusterStatus.MemberSecrets(accepted: own, from: own.first)
                    : links.secrets(of: member.id))
        }
        return ClusterStatus(
            clusterID: clusterID, node: id, role: raft.role, standing: raft.standing,
            term: raft.term, leader: raft.leader, commitIndex: raft.commitIndex,
            appliedIndex: state.appliedIndex, lastIndex: raft.lastIndex,
            durableIndex: raft.durableIndex, snapshotIndex: raft.snapshot?.lastIndex,
            logTime: state.time, isDiskFull: isDiskFull, clocksDisagree: raft.clocksDisagree,
            members: members, secrets: links.credentials.fingerprints)
    }

    /// Until when this node answers by its present state; past if it doesn't.
    var leaseExpiry: SteadyInstant { holder.expiry(at: state.appliedIndex) }

    private func leaseRemaining(of node: NodeID) -> Duration? {
        if node == id { return max(.zero, clock.steady.remaining(until: leaseExpiry)) }
        return ledger?.remaining(of: node, now: clock.now, leaseTimes)
    }

    private func lease(of node: NodeID) -> LeaseState? {
        if node == id {
            let standing = LeaseStanding(
                usable: leaseExpiry, latest: holder.leases.last?.expiry ?? .past)
            return LeaseState(isConfirming ? nil : standing, at: clock.steady)
        }
        guard let remaining = leaseRemaining(of: node) else { return nil }
        if leaseTimes.duration == .zero { return .confirming }
        return remaining > .zero ? .held : .absent
    }

    /// Whether this node would pass for ready: it may validate.
    public var isReady: Bool {
        isOpen && !isStopping && !isRemoved && raft.standing.isWhole
            && (isConfirming ? raft.leader != nil : clock.steady.precedes(leaseExpiry))
    }
}
