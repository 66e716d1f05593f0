import Basics

/// A line of the audit trail as it is kept.
struct AuditRecord: Hashable, Sendable {
    var index: LogIndex
    var time: Timestamp
    var author: Author
    var account: AccountID?
    var action: AuditAction
    var subject: AuditSubject
    /// One more than the sequence number of the account's record before; zero if it had none.
    var previousOfAccount: UInt64
}

/// The newest administrative changes, in the order of the log: bounded by count and age. Each
/// account's are linked backwards, so that its pages cost the same among millions of others.
struct AuditTrail: Sendable {
    var records = ChunkedQueue<AuditRecord>()
    /// The horizon: the log index of the newest record that has gone.
    var horizon = LogIndex.zero

    /// Drops the oldest record.
    mutating func dropFirst() {
        guard let dropped = records.popFirst() else { return }
        horizon = dropped.index
    }

    /// Whether the oldest record is due to go.
    func isFirstDue(at time: Timestamp, _ settings: ClusterSettings) -> Bool {
        guard let first = records.first else { return false }
        return records.count > Int(settings.auditRecords)
            || first.time + .seconds(Int64(settings.auditSeconds)) <= time
    }
}
