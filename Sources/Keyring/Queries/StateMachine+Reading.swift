import Basics

// Single answers, each after a look at who asks. A member sees only what is their own; the rest
// of their account isn't there for them.
extension StateMachine {
    /// Who a token is right now.
    public func whoami(_ token: TokenID) throws(Refusal) -> Identity {
        guard let identity = identity(of: token) else { throw .unauthenticated }
        return identity
    }

    /// The token of a text's digest, usable or not; nil if there is none.
    public func token(of digest: Digest) -> TokenID? {
        tokenSlot(of: digest).map { state.tokens[$0].id }
    }

    public func account(
        _ id: AccountID, as token: TokenID
    ) throws(Refusal) -> AccountDetail {
        let identity = try whoami(token)
        try permit(identity, in: id, from: .member)
        return detail(try openAccount(id))
    }

    public func user(
        _ id: UserID, in account: AccountID, as token: TokenID
    ) throws(Refusal) -> UserDetail {
        detail(try visibleUser(id, in: account, as: token))
    }

    public func key(
        _ id: KeyID, in account: AccountID, as token: TokenID
    ) throws(Refusal) -> KeyDetail {
        let identity = try whoami(token)
        try permit(identity, in: account, from: .member)
        let slot = try anyKey(id, in: try openAccount(account))
        guard sees(identity, state.users[state.keys[slot].user].id) else { throw .keyNotFound }
        return detail(slot)
    }

    public func limit(
        of user: UserID, for api: API, in account: AccountID, as token: TokenID
    ) throws(Refusal) -> LimitDetail {
        let slot = try visibleUser(user, in: account, as: token)
        guard state.knows(api) else { throw .apiNotFound }
        guard let line = state.users[slot].line(for: api), let allowance = line.allowance else {
            throw .limitNotFound
        }
        return detail(line, allowance, of: user, on: state.date)
    }

    public func token(_ id: TokenID, as token: TokenID) throws(Refusal) -> TokenDetail {
        let identity = try whoami(token)
        guard let slot = slot(of: id), sees(identity, state.tokens[slot]) else {
            throw .tokenNotFound
        }
        return detail(slot)
    }

    /// Operators only.
    public func settings(as token: TokenID) throws(Refusal) -> ClusterSettings {
        guard try whoami(token).role == .operator else { throw .forbidden }
        return state.settings
    }

    /// What a presented key can spend. Throws `invalidKey` whatever is wrong with it.
    public func credits(for digest: Digest) throws(Refusal) -> CreditsAnswer {
        guard let slot = keySlot(of: digest), isAccepted(slot) else {
            throw .invalidKey
        }
        let key = state.keys[slot]
        let user = state.users[key.user]
        let line = user.line(for: key.api)
        let account = state.accounts[user.account]
        let pool = account.pool(for: key.api)
        let period = line?.allowance?.period ?? .none
        return CreditsAnswer(
            key: key.id, account: account.id, user: user.id, api: key.api,
            allowance: line?.allowance?.credits, period: period,
            spent: line?.spent(on: state.date) ?? .zero,
            remaining: line?.remaining(on: state.date),
            resetsAt: line?.allowance == nil ? nil : state.date.end(of: period),
            held: line?.held(on: state.date) ?? .zero,
            pool: pool.flatMap { pool in
                pool.allowance.map { detail(pool, $0, of: account.id, on: state.date) }
            })
    }

    /// Why a key gives access or doesn't: for admins of its account and operators.
    public func standing(
        of id: KeyID, in account: AccountID, as token: TokenID
    ) throws(Refusal) -> KeyStanding {
        let identity = try whoami(token)
        try permit(identity, in: account, from: .admin)
        guard let accountSlot = slot(of: account) else { throw .accountNotFound }
        return standing(state.keys[try anyKey(id, in: accountSlot)])
    }

    /// The key of a text's digest and how it stands; nil if there is none. For the node itself:
    /// callers are told only whether the key is accepted.
    public func standing(of digest: Digest) -> (key: KeyID, standing: KeyStanding)? {
        guard let slot = keySlot(of: digest) else { return nil }
        return (state.keys[slot].id, standing(state.keys[slot]))
    }

    func standing(_ key: KeyRecord) -> KeyStanding {
        let user = state.users[key.user]
        if state.accounts[user.account].isDeleted { return .accountDeleted }
        if user.isRemoved, !key.state.isDead { return .userRemoved }
        switch key.state {
        case .active: return .active
        case .inactive: return .inactive
        case .revoked: return .revoked
        case .retiring: return .retiring
        case .expired: return .expired
        }
    }
}

// Who may see what.
extension StateMachine {
    /// Refuses a role below `least`, and another account than the identity's own, before anything
    /// is looked up.
    func permit(
        _ identity: Identity, in account: AccountID, from least: Role
    ) throws(Refusal) {
        guard identity.role == .operator || identity.role >= least && identity.account == account
        else { throw .forbidden }
    }

    /// Whether what belongs to a user of the identity's account is there for it.
    func sees(_ identity: Identity, _ user: UserID) -> Bool {
        identity.role > .member || identity.user == user
    }

    func sees(_ identity: Identity, _ token: TokenRecord) -> Bool {
        if identity.role == .operator { return true }
        guard !token.account.isNone, state.accounts[token.account].id == identity.account else {
            return false
        }
        return identity.role > .member
            || !token.user.isNone && state.users[token.user].id == identity.user
    }

    private func visibleUser(
        _ id: UserID, in account: AccountID, as token: TokenID
    ) throws(Refusal) -> Slot<UserRecord> {
        let identity = try whoami(token)
        try permit(identity, in: account, from: .member)
        let slot = try presentUser(id, in: try openAccount(account))
        guard sees(identity, id) else { throw .userNotFound }
        return slot
    }
}
