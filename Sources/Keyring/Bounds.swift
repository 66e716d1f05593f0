import Basics

/// Every limit of the model that no setting changes. `ClusterSettings` has those that are
/// replicated and can be changed; their own limits are here as well.
public enum Bounds {
    /// The largest number of credits: 2^53 − 1, exact in JSON.
    public static let credits: UInt64 = (1 << 53) - 1
    /// The largest single charge. The smallest is 1.
    public static let charge: UInt64 = 1_000_000_000
    /// Charges in one entry.
    public static let chargesPerEntry = 10_000
    /// Keys of one import, which is one entry.
    public static let keysPerImport = 10_000
    /// Of an import that was refused, as many faults are remembered; all of them are counted.
    public static let importFaultsTold = 500
    /// Bytes of the text of a key that was made elsewhere. Shorter ones could be guessed.
    public static let foreignKeyBytes: ClosedRange<UInt32> = 16...256
    /// Last-used stamps in one entry.
    public static let stampsPerEntry = 10_000
    /// Unicode scalars of a name; each takes at most four bytes.
    public static let nameScalars = 200
    public static let nameBytes = nameScalars * 4
    public static let emailBytes = 254
    public static let idempotencyKeyBytes = 64
    /// Items of a page, and its default.
    public static let pageItems = 1_000
    public static let defaultPageItems = 100
    /// Records that one query looks at before it hands back a cursor, whatever it has found.
    public static let recordsPerQuery = 10_000
    /// A UUIDv7 further ahead of log time than this is malformed.
    public static let idempotencyLead = Duration.seconds(300)
    /// Records that one entry clears away when they are due; the rest waits for the next.
    public static let clearedPerEntry = 512
    /// The longest grace of a rotation: 30 days.
    public static let graceSeconds: UInt32 = 30 * 86_400
    /// Keys whose expiry or grace one entry ends; more that are due wait for the next.
    public static let endingsPerEntry = 10_000
    /// APIs of a cluster.
    public static let apis = 64
    /// APIs that a cluster may ever have had. What was spent with one stays counted for its users
    /// and accounts, a line for each.
    public static let apisEver = 4_096
    /// The latest log time that counts: 9999-12-31T23:59:59.999Z.
    public static let latestTime = Timestamp(milliseconds: 253_402_300_799_999)
    /// The last index of a log: nine years of a million entries a second.
    public static let latestIndex = LogIndex(1 << 48 - 1)
    /// Bytes of a snapshot chunk, about.
    public static let snapshotChunkBytes = 256 * 1024
    /// A snapshot chunk beyond this is refused before anything is allocated for it.
    public static let largestSnapshotChunk = 4 * snapshotChunkBytes
    /// A remembered outcome, encoded.
    public static let outcomeBytes = 4 * 1024
    /// Rates of two nodes' clocks differ by at most this, in thousandths.
    public static let clockDriftPerMille: Int64 = 20
    /// The granularity of a node's clock, in milliseconds, with room.
    public static let clockGranularity: Int64 = 10

    /// Seconds after which a hold lapses, as its caller may choose.
    public static let holdSeconds: ClosedRange<UInt64> = 1...(7 * 86_400)
    /// What is chosen where the caller says nothing.
    public static let usualHoldSeconds: UInt64 = 3_600

    static let activeKeysPerUser: ClosedRange<UInt32> = 1...100
    static let keysPerUser: ClosedRange<UInt32> = 1...1_000
    static let tokensPerAccount: ClosedRange<UInt32> = 1...100_000
    static let windowSeconds: ClosedRange<UInt32> = 1...(7 * 86_400)
    static let records: ClosedRange<UInt32> = 1...100_000_000
    static let auditSeconds: ClosedRange<UInt32> = 1...(10 * 366 * 86_400)
    static let leaseMilliseconds: ClosedRange<UInt32> = 0...60_000
    /// A shorter lease, if there are any, could end before the next is granted.
    static let shortestLease: UInt32 = 500
    static let leaseWaitMilliseconds: ClosedRange<UInt32> = 0...120_000

    /// Holds the relations between the limits. Called once when a state machine is made.
    static func proveRelations() {
        precondition(credits == 9_007_199_254_740_991, "2^53 - 1 is exact in JSON")
        precondition(charge < credits, "one charge fits a counter")
        precondition(
            credits <= UInt64.max / 2 && charge <= UInt64.max / 2, "a sum of two can't overflow")
        precondition(defaultPageItems <= pageItems && pageItems <= recordsPerQuery)
        precondition(activeKeysPerUser.upperBound <= keysPerUser.upperBound)
        precondition(
            outcomeBytes >= 2 * nameBytes + emailBytes + 512, "every outcome can be remembered")
        precondition(
            outcomeBytes >= 5 * importFaultsTold + 64, "so can every refusal of an import")
        precondition(largestSnapshotChunk > snapshotChunkBytes + 2 * outcomeBytes)
        precondition(Int(idempotencyLead.milliseconds) < Int(windowSeconds.upperBound) * 1000)
        precondition(holdSeconds.contains(usualHoldSeconds))
        precondition(ClusterSettings.standard.firstViolation == nil, "the defaults hold")
    }
}
