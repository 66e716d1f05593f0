import Basics

extension StateMachine {
    mutating func createToken(
        _ new: NewToken, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        let (account, user) = try owner(of: new)
        guard new.id.rawValue != 0, slot(of: new.id) == nil, tokenSlot(of: new.digest) == nil
        else { throw .identifierTaken }
        let live = account.map { state.accounts[$0].liveTokens } ?? state.liveOperatorTokens
        guard live < state.settings.tokensPerAccount else {
            throw .tokenLimit(limit: state.settings.tokensPerAccount)
        }
        guard !state.tokens.isFull else { throw .capacity }
        let slot = state.tokens.insert(
            TokenRecord(
                id: new.id, digest: new.digest, role: new.role, account: account ?? .none,
                user: user ?? .none, name: new.name, suffix: new.suffix, since: step.time,
                author: author, createdAt: step.index, changedAt: step.index))
        if let account {
            state.tokens.append(slot, to: &state.accounts[account].tokens)
            state.accounts[account].liveTokens += 1
        } else {
            state.tokens.append(slot, to: &state.operatorTokens)
            state.liveOperatorTokens += 1
        }
        if let user { state.users[user].liveTokens += 1 }
        index.add(state.tokens[slot], slot)
        audit(.tokenCreated, .token(new.id), in: account, author, &step)
        step.changes.append(
            .tokenAdded(
                new.id, digest: new.digest, role: new.role, account: new.account,
                user: new.user))
        return Change(.token(detail(slot)), index: step.index)
    }

    /// Where a new token belongs, if its role, account and user go together.
    private func owner(
        of new: NewToken
    ) throws(Refusal) -> (Slot<AccountRecord>?, Slot<UserRecord>?) {
        guard new.role != .operator else {
            guard new.account == nil, new.user == nil else { throw .roleMismatch }
            return (nil, nil)
        }
        guard let accountID = new.account else { throw .roleMismatch }
        let account = try openAccount(accountID)
        guard let userID = new.user else {
            guard new.role == .auditor else { throw .roleMismatch }
            return (account, nil)
        }
        let user = try presentUser(userID, in: account)
        // An auditor's token of a member would read no more than a member's.
        guard new.role <= state.users[user].role.ceiling else { throw .roleMismatch }
        return (account, user)
    }

    mutating func revokeToken(
        _ id: TokenID, _ author: Author, _ step: inout Step
    ) throws(Refusal) -> Change {
        guard let slot = slot(of: id) else { throw .tokenNotFound }
        let token = state.tokens[slot]
        guard isUsable(token) else {
            return Change(.tokenRevoked(id), index: lastChange(of: token))
        }
        if token.account.isNone {
            guard state.liveOperatorTokens > 1 else { throw .lastOperator }
            state.liveOperatorTokens -= 1
        } else {
            state.accounts[token.account].liveTokens -= 1
        }
        if !token.user.isNone { state.users[token.user].liveTokens -= 1 }
        state.tokens[slot].isRevoked = true
        state.tokens[slot].changedAt = step.index
        state.graves.append(Grave(index: step.index, body: .token(slot)))
        audit(
            .tokenRevoked, .token(id), in: token.account.isNone ? nil : token.account, author,
            &step)
        step.changes.append(.tokenRevoked(id))
        return Change(.tokenRevoked(id), index: step.index)
    }

    /// The log index of what last changed a token's power.
    func lastChange(of token: TokenRecord) -> LogIndex {
        if token.isRevoked { return token.changedAt }
        var newest = token.changedAt
        if !token.user.isNone, state.users[token.user].isRemoved {
            newest = max(newest, state.users[token.user].changedAt)
        }
        if !token.account.isNone, state.accounts[token.account].isDeleted {
            newest = max(newest, state.accounts[token.account].changedAt)
        }
        return newest
    }

    func detail(_ slot: Slot<TokenRecord>) -> TokenDetail {
        let token = state.tokens[slot]
        return TokenDetail(
            id: token.id, role: token.role,
            account: token.account.isNone ? nil : state.accounts[token.account].id,
            user: token.user.isNone ? nil : state.users[token.user].id, name: token.name,
            createdAt: token.since, createdBy: token.author, suffix: token.suffix,
            active: isUsable(token), changedAt: lastChange(of: token))
    }
}
