import Basics

extension Author {
    init(_ identity: Identity) { self.init(token: identity.token, user: identity.user) }
}

// Who may do what. The only place where a role is weighed for a change.
extension StateMachine {
    /// Who a token is now; nil if it is unknown, revoked, or its user or account is gone.
    func identity(of id: TokenID) -> Identity? {
        guard let slot = slot(of: id) else { return nil }
        let token = state.tokens[slot]
        guard isUsable(token) else { return nil }
        var role = token.role
        if !token.user.isNone { role = min(role, state.users[token.user].role.ceiling) }
        return Identity(
            token: token.id, role: role,
            account: token.account.isNone ? nil : state.accounts[token.account].id,
            user: token.user.isNone ? nil : state.users[token.user].id, name: token.name)
    }

    func isUsable(_ token: TokenRecord) -> Bool {
        !token.isRevoked
            && (token.account.isNone || !state.accounts[token.account].isDeleted)
            && (token.user.isNone || !state.users[token.user].isRemoved)
    }

    /// Refuses what the identity's role or account doesn't reach, before anything is looked up:
    /// the answer doesn't tell whether the subject exists.
    func authorize(_ command: Command, _ identity: Identity) throws(Refusal) {
        let isAllowed: Bool
        switch command {
        case .createAccount, .renameAccount, .deleteAccount, .updateSettings, .changeMember,
            .createAPI, .removeAPI, .setPool, .removePool, .importKeys:
            isAllowed = identity.role == .operator
        case .createUser(_, let account, _, _, _), .updateUser(_, let account, _, _, _),
            .removeUser(_, let account), .setLimit(_, let account, _, _, _),
            .removeLimit(_, let account, _), .renameKey(_, let account, _),
            .setKeyActive(_, let account, _), .revokeKey(_, let account),
            .revokeAllKeys(_, let account):
            isAllowed = administers(account, identity)
        case .createKey(let key): isAllowed = administers(key.account, identity)
        case .rotateKey(let rotation): isAllowed = administers(rotation.account, identity)
        case .createToken(let token):
            isAllowed =
                identity.role == .operator
                || token.role != .operator
                    && token.account.map { administers($0, identity) }
                        ?? false
        case .revokeToken(let id):
            guard identity.role >= .admin else { throw .forbidden }
            guard identity.role == .operator || account(ofToken: id) == identity.account else {
                throw .tokenNotFound
            }
            isAllowed = true
        case .charge, .hold, .tick, .reportLastUsed: isAllowed = false
        }
        guard isAllowed else { throw .forbidden }
    }

    private func administers(_ account: AccountID, _ identity: Identity) -> Bool {
        identity.role == .operator || identity.role == .admin && identity.account == account
    }

    private func account(ofToken id: TokenID) -> AccountID? {
        guard let slot = slot(of: id) else { return nil }
        let account = state.tokens[slot].account
        return account.isNone ? nil : state.accounts[account].id
    }

    /// The account within which a command's idempotency key is unique; zero for the cluster.
    func scope(of command: Command, _ actor: AccountID?) -> AccountID {
        switch command {
        case .createUser(_, let account, _, _, _), .updateUser(_, let account, _, _, _),
            .removeUser(_, let account), .setLimit(_, let account, _, _, _),
            .removeLimit(_, let account, _), .renameKey(_, let account, _),
            .setKeyActive(_, let account, _), .revokeKey(_, let account),
            .revokeAllKeys(_, let account), .renameAccount(let account, _),
            .deleteAccount(let account), .setPool(let account, _, _, _),
            .removePool(let account, _):
            account
        case .createKey(let key): key.account
        case .rotateKey(let rotation): rotation.account
        case .createToken(let token): token.account ?? AccountID(0)
        case .importKeys(let batch): batch.account
        case .createAccount, .revokeToken, .updateSettings, .changeMember, .charge, .hold, .tick,
            .reportLastUsed, .createAPI, .removeAPI:
            actor ?? AccountID(0)
        }
    }

    /// The account of a token, usable or not.
    func account(of actor: Actor) -> AccountID? {
        guard case .token(let id) = actor else { return nil }
        return account(ofToken: id)
    }
}
