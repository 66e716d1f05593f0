import Basics

/// A key found by its digest or id, and why it gives access or doesn't: for those who may see it.
public struct FoundKey: Hashable, Sendable {
    public var key: KeyDetail
    public var standing: KeyStanding

    public init(key: KeyDetail, standing: KeyStanding) {
        self.key = key
        self.standing = standing
    }
}

extension AuditSubject {
    /// Every subject that `text` writes so; none for most texts, and two where an API is named like
    /// a member or the cluster.
    public static func all(writtenAs text: String) -> [AuditSubject] {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, let api = API(slug: parts[1]) {
            if let user = UserID(text: parts[0]) { return [.limit(user, api)] }
            return AccountID(text: parts[0]).map { [.pool($0, api)] } ?? []
        }
        let named: [AuditSubject?] = [
            text == "cluster" ? .cluster : nil, AccountID(text: text).map { .account($0) },
            UserID(text: text).map { .user($0) }, KeyID(text: text).map { .key($0) },
            TokenID(text: text).map { .token($0) }, NodeID(text: text).map { .member($0) },
            API(slug: text).map { .api($0) },
        ]
        return named.compactMap(\.self)
    }
}

extension StateMachine {
    /// The part of the audit trail that is about one of `subjects`, newest first. A page looks at
    /// a bounded number of records, so it may be short, or empty, and yet have a successor.
    public func history(
        of subjects: [AuditSubject], in account: AccountID?, _ request: PageRequest,
        as token: TokenID
    ) throws(Refusal) -> Page<AuditItem> {
        try audit(in: account, request, as: token) { subjects.contains($0) }
    }

    /// A key by its digest or id, whichever account it is in: for operators; for others if it is
    /// one that they may see. To everybody else it isn't there.
    public func find(
        _ key: KeyReference, as token: TokenID
    ) throws(Refusal) -> FoundKey {
        let identity = try whoami(token)
        guard let slot = slot(of: key) else { throw .keyNotFound }
        let record = state.keys[slot]
        let user = state.users[record.user]
        let isTheirs =
            identity.role == .operator
            || identity.account == state.accounts[user.account].id && sees(identity, user.id)
        guard isTheirs else { throw .keyNotFound }
        return FoundKey(key: detail(slot), standing: standing(record))
    }
}
