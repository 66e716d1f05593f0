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
    /// Reads what `text` writes, but for a limit whose slash isn't before a slug; nil for a text
    /// that names no subject.
    public init?(text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, let user = UserID(text: parts[0]), let api = API(slug: parts[1]) {
            self = .limit(user, api)
            return
        }
        if text == "cluster" {
            self = .cluster
        } else if let id = AccountID(text: text) {
            self = .account(id)
        } else if let id = UserID(text: text) {
            self = .user(id)
        } else if let id = KeyID(text: text) {
            self = .key(id)
        } else if let id = TokenID(text: text) {
            self = .token(id)
        } else if let id = NodeID(text: text) {
            self = .member(id)
        } else {
            return nil
        }
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
