import Basics

/// What `apply` and the leases read and an operator may change: replicated, so that every node
/// decides alike. A node's own configuration can't name any of it.
public struct ClusterSettings: Hashable, Sendable {
    /// Active keys of a user, over all APIs together.
    public var activeKeysPerUser: UInt32
    /// Keys of a user that aren't revoked.
    public var keysPerUser: UInt32
    /// Tokens of an account that aren't revoked; the same for the operators' own.
    public var tokensPerAccount: UInt32
    /// How long the id of a charge or another mutation is remembered.
    public var idempotencySeconds: UInt32
    /// UUIDv7 records of the cluster; beyond it the oldest ids go early.
    public var uuidRecords: UInt32
    /// Free-form records of one account; beyond it new ones are refused.
    public var freeFormRecordsPerAccount: UInt32
    /// How long a request without a client's id is remembered for its node's own retry.
    public var requestSeconds: UInt32
    /// Requests so remembered; beyond it the oldest go early.
    public var requestRecords: UInt32
    /// Audit records of the cluster, and how long they stay.
    public var auditRecords: UInt32
    public var auditSeconds: UInt32
    /// L: how long a lease lasts. Zero: every validation is confirmed with the leader.
    public var leaseMilliseconds: UInt32
    /// W: how long a change waits for a node that doesn't answer. Set when the cluster is formed
    /// and never changed; L may change within what it covers.
    public var leaseWaitMilliseconds: UInt32
    /// Holds of an account that aren't settled, voided or lapsed.
    public var holdsPerAccount: UInt32
    /// How long it is remembered what became of a hold that has ended.
    public var endedHoldSeconds: UInt32
    /// Ended holds of the cluster so remembered; beyond it the oldest go early.
    public var endedHolds: UInt32
    /// How long the texts of keys may be that were made elsewhere and imported. With zero as the
    /// longest no text counts that isn't of this program's form: what isn't costs no digest.
    public var foreignKeyShortest: UInt32
    public var foreignKeyLongest: UInt32

    public static let standard = ClusterSettings(
        activeKeysPerUser: 3, keysPerUser: 100, tokensPerAccount: 1_000,
        idempotencySeconds: 86_400, uuidRecords: 16_000_000,
        freeFormRecordsPerAccount: 1_000_000, requestSeconds: 600, requestRecords: 1_000_000,
        auditRecords: 1_000_000, auditSeconds: 400 * 86_400, leaseMilliseconds: 2_000,
        leaseWaitMilliseconds: 2_100, holdsPerAccount: 10_000, endedHoldSeconds: 86_400,
        endedHolds: 1_000_000, foreignKeyShortest: 32, foreignKeyLongest: 0)

    /// The least L that isn't zero, in milliseconds.
    public static let shortestLease = Bounds.shortestLease

    /// The first setting that is out of its bounds or breaks a relation; nil if all hold.
    public var firstViolation: Setting? {
        for setting in Setting.allCases
        where !setting.bounds.contains(self[keyPath: setting.path]) {
            return setting
        }
        if activeKeysPerUser > keysPerUser { return .activeKeysPerUser }
        if requestSeconds > idempotencySeconds { return .requestSeconds }
        if leaseMilliseconds > 0, leaseMilliseconds < Bounds.shortestLease {
            return .leaseMilliseconds
        }
        if foreignKeyLongest != 0, foreignKeyLongest < foreignKeyShortest {
            return .foreignKeyLongest
        }
        if leaseWaitMilliseconds < ClusterSettings.leastWait(covering: leaseMilliseconds) {
            return .leaseWaitMilliseconds
        }
        return nil
    }

    /// The least W for a lease of L: L (1 + ρ) / (1 − ρ) and the clock's granularity.
    static func leastWait(covering lease: UInt32) -> UInt32 {
        let rate = Bounds.clockDriftPerMille
        let stretched = Int64(lease) * (1_000 + rate)
        let slowest = 1_000 - rate
        return UInt32((stretched + slowest - 1) / slowest + Bounds.clockGranularity)
    }
}

/// The fields of the settings, each with its code, name and bounds.
public enum Setting: UInt8, CaseIterable, Hashable, Sendable {
    case activeKeysPerUser = 1
    case keysPerUser
    case tokensPerAccount
    case idempotencySeconds
    case uuidRecords
    case freeFormRecordsPerAccount
    case requestSeconds
    case requestRecords
    case auditRecords
    case auditSeconds
    case leaseMilliseconds
    case leaseWaitMilliseconds
    case holdsPerAccount = 70
    case endedHoldSeconds
    case endedHolds
    case foreignKeyShortest = 80
    case foreignKeyLongest = 81

    /// As in the body of `PATCH /v1/cluster/settings`.
    public var name: String {
        switch self {
        case .activeKeysPerUser: "active_keys_per_user"
        case .keysPerUser: "keys_per_user"
        case .tokensPerAccount: "tokens_per_account"
        case .idempotencySeconds: "idempotency_seconds"
        case .uuidRecords: "uuid_records"
        case .freeFormRecordsPerAccount: "free_form_records_per_account"
        case .requestSeconds: "request_seconds"
        case .requestRecords: "request_records"
        case .auditRecords: "audit_records"
        case .auditSeconds: "audit_seconds"
        case .leaseMilliseconds: "lease_milliseconds"
        case .leaseWaitMilliseconds: "lease_wait_milliseconds"
        case .holdsPerAccount: "holds_per_account"
        case .endedHoldSeconds: "ended_hold_seconds"
        case .endedHolds: "ended_holds"
        case .foreignKeyShortest: "foreign_key_shortest"
        case .foreignKeyLongest: "foreign_key_longest"
        }
    }

    public var bounds: ClosedRange<UInt32> {
        switch self {
        case .activeKeysPerUser: Bounds.activeKeysPerUser
        case .keysPerUser: Bounds.keysPerUser
        case .tokensPerAccount: Bounds.tokensPerAccount
        case .idempotencySeconds, .requestSeconds, .endedHoldSeconds: Bounds.windowSeconds
        case .uuidRecords, .freeFormRecordsPerAccount, .requestRecords, .auditRecords,
            .holdsPerAccount, .endedHolds:
            Bounds.records
        case .auditSeconds: Bounds.auditSeconds
        case .leaseMilliseconds: Bounds.leaseMilliseconds
        case .leaseWaitMilliseconds: Bounds.leaseWaitMilliseconds
        case .foreignKeyShortest: Bounds.foreignKeyBytes
        case .foreignKeyLongest: 0...Bounds.foreignKeyBytes.upperBound
        }
    }

    public var path: WritableKeyPath<ClusterSettings, UInt32> & Sendable {
        switch self {
        case .activeKeysPerUser: \.activeKeysPerUser
        case .keysPerUser: \.keysPerUser
        case .tokensPerAccount: \.tokensPerAccount
        case .idempotencySeconds: \.idempotencySeconds
        case .uuidRecords: \.uuidRecords
        case .freeFormRecordsPerAccount: \.freeFormRecordsPerAccount
        case .requestSeconds: \.requestSeconds
        case .requestRecords: \.requestRecords
        case .auditRecords: \.auditRecords
        case .auditSeconds: \.auditSeconds
        case .leaseMilliseconds: \.leaseMilliseconds
        case .leaseWaitMilliseconds: \.leaseWaitMilliseconds
        case .holdsPerAccount: \.holdsPerAccount
        case .endedHoldSeconds: \.endedHoldSeconds
        case .endedHolds: \.endedHolds
        case .foreignKeyShortest: \.foreignKeyShortest
        case .foreignKeyLongest: \.foreignKeyLongest
        }
    }
}

/// What every node's formatted directory holds alike and the state machine starts from.
public struct Genesis: Hashable, Sendable {
    public var settings: ClusterSettings
    public var operatorToken: TokenID
    /// SHA-256 of the first operator token's text.
    public var operatorDigest: Digest
    /// The last four characters of that text, for display.
    public var operatorSuffix: Suffix
    public var time: Timestamp

    public init(
        settings: ClusterSettings, operatorToken: TokenID, operatorDigest: Digest,
        operatorSuffix: Suffix, time: Timestamp
    ) {
        self.settings = settings
        self.operatorToken = operatorToken
        self.operatorDigest = operatorDigest
        self.operatorSuffix = operatorSuffix
        self.time = time
    }
}
