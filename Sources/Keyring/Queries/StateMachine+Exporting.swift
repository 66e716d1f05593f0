import Basics

// Before an import and after it: for operators, and for nobody else.
extension StateMachine {
    /// What would be wrong with an import if it came now, all of it. Nothing is changed.
    public func importFaults(
        of batch: KeyImport, as token: TokenID
    ) throws(Refusal) -> ImportFaults {
        guard try whoami(token).role == .operator else { throw .forbidden }
        return examine(batch, in: try openAccount(batch.account)).faults
    }

    /// An account's keys that aren't dead, each with what an import needs. One in its grace is
    /// exported as an active one that expires when the grace ends: another cluster knows nothing
    /// of its successor.
    public func exportedKeys(
        of account: AccountID, _ request: PageRequest, as token: TokenID
    ) throws(Refusal) -> Page<ExportedKey> {
        guard try whoami(token).role == .operator else { throw .forbidden }
        let page = try keys(in: account, request, filter: KeyFilter(), as: token)
        let items = page.items.compactMap { detail -> ExportedKey? in
            guard !detail.state.isDead, let slot = slot(of: detail.id) else { return nil }
            let key = state.keys[slot]
            return ExportedKey(
                detail: detail, email: state.users[key.user].email, digest: key.digest,
                isActive: detail.state.isAccepted, expiresAt: key.deadline)
        }
        return Page(items: items, next: page.next)
    }
}

/// A key with what makes it the same key elsewhere.
public struct ExportedKey: Hashable, Sendable {
    public var detail: KeyDetail
    public var email: EmailAddress
    public var digest: Digest
    public var isActive: Bool
    /// Nil: never.
    public var expiresAt: Timestamp?

    public init(
        detail: KeyDetail, email: EmailAddress, digest: Digest, isActive: Bool,
        expiresAt: Timestamp?
    ) {
        self.detail = detail
        self.email = email
        self.digest = digest
        self.isActive = isActive
        self.expiresAt = expiresAt
    }
}
