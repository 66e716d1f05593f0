import Basics

/// What each change of the replicated state does to the rows.
///
/// The state machine reports what it has done, so a change that doesn't fit what the table holds
/// is a bug of this program, and stops it.
extension TableContents {
    func apply(_ change: TableChange) {
        switch change {
        case .accountAdded(let id): add(id)
        case .accountDeleted(let id):
            let account = account(id)
            let word =
                account.load(Layout.Account.state) & ~Layout.stateMask
                | UInt64(PartyState.removed.rawValue)
            account.publish(word, at: Layout.Account.state)
        case .accountForgotten(let id): forget(id)

        case .userAdded(let id, let account, let role): add(id, account: account, role: role)
        case .userRole(let id, let role):
            let user = user(id)
            let word = user.load(Layout.User.state) & ~0xf0 | UInt64(role.rawValue) << 4
            user.publish(word, at: Layout.User.state)
        case .userRemoved(let id):
            let user = user(id)
            let word =
                user.load(Layout.User.state) & ~Layout.stateMask
                | UInt64(PartyState.removed.rawValue)
            user.publish(word, at: Layout.User.state)
        case .userForgotten(let id): forget(id)

        case .keyAdded(let key, let digest, let api, let user, let account, let state):
            add(key, digest: digest, api: api, user: user, account: account, state: state)
        case .keyState(let key, let state): set(state, of: key)
        case .keyRetiring(let key, let successor): retire(key, successor: successor)
        case .keyForgotten(let key): forget(key)

        case .tokenAdded(let id, let digest, let role, let account, let user):
            add(id, digest: digest, role: role, account: account, user: user)
        case .tokenRevoked(let id):
            let token = token(id)
            let word = token.load(Layout.Token.state) & ~0xf | Layout.Token.revoked
            token.publish(word, at: Layout.Token.state)
        case .tokenForgotten(let id): forget(id)

        case .credits(let user, let api, let state):
            setCredits(api, CreditWords(state), listedAt: firstCredits(of: self.user(user)))
        case .creditsUnlimited(let user, let api):
            setCredits(api, .unlimited, listedAt: firstCredits(of: self.user(user)))
        case .pool(let account, let api, let state):
            setCredits(api, CreditWords(state), listedAt: firstPool(of: self.account(account)))
        case .poolUnlimited(let account, let api):
            setCredits(api, .unlimited, listedAt: firstPool(of: self.account(account)))
        case .calendar(let day, let month):
            let word = UInt64(UInt32(bitPattern: day)) << 32 | UInt64(UInt32(bitPattern: month))
            root.publish(word, at: Layout.Root.calendar)
        case .foreignKeys(let form): root.publish(form.word, at: Layout.Root.foreignKeys)
        }
    }

    // MARK: Rows that must be there

    private func account(_ id: AccountID) -> SharedWords { accounts[known(accountRow(id), id)] }
    private func user(_ id: UserID) -> SharedWords { users[known(userRow(id), id)] }
    private func token(_ id: TokenID) -> SharedWords { tokens[known(tokenRow(id), id)] }

    func known(_ row: UInt32, _ id: some Identifier) -> UInt32 {
        precondition(row != 0, "the table has no \(id)")
        return row
    }

    // MARK: Accounts and users

    private func add(_ id: AccountID) {
        precondition(accountRow(id) == 0, "the table has \(id) already")
        let number = accounts.allocate(retiring: &retiredMemory)
        let row = accounts[number]
        row.store(id.rawValue, at: Layout.Account.id)
        row.store(
            UInt64(PartyState.active.rawValue) | blockedBit(.account(id)), at: Layout.Account.state)
        accountsByID.insert(number, at: RowHash(id: id.rawValue), retiring: &retiredMemory)
    }

    private func forget(_ id: AccountID) {
        let number = known(accountRow(id), id)
        let references = accounts[number].load(Layout.Account.state) >> 32
        precondition(references == 0, "\(id) has users or tokens left")
        accounts[number].publish(0, at: Layout.Account.state)
        retireCredits(listedAt: firstPool(of: accounts[number]))
        accountsByID.remove(number, at: RowHash(id: id.rawValue), retiring: &retiredMemory)
        retiredRows.append(RetiredRow(kind: .account, number: number))
    }

    private func add(_ id: UserID, account: AccountID, role: UserRole) {
        precondition(userRow(id) == 0, "the table has \(id) already")
        let accountNumber = known(accountRow(account), account)
        let number = users.allocate(retiring: &retiredMemory)
        let row = users[number]
        row.store(id.rawValue, at: Layout.User.id)
        let state =
            UInt64(role.rawValue) << 4 | UInt64(PartyState.active.rawValue)
            | blockedBit(.user(id))
        row.store(UInt64(accountNumber) << 8 | state, at: Layout.User.state)
        count(1, referencesOfAccount: accountNumber)
        usersByID.insert(number, at: RowHash(id: id.rawValue), retiring: &retiredMemory)
    }

    private func forget(_ id: UserID) {
        let number = known(userRow(id), id)
        let row = users[number]
        precondition(references(of: row) == 0, "\(id) has keys or tokens left")
        let word = row.load(Layout.User.state)
        row.publish(word & ~0xff, at: Layout.User.state)
        count(-1, referencesOfAccount: UInt32(truncatingIfNeeded: word >> 8))
        usersByID.remove(number, at: RowHash(id: id.rawValue), retiring: &retiredMemory)
        retireCredits(listedAt: firstCredits(of: row))
        retiredRows.append(RetiredRow(kind: .user, number: number))
    }

    private func references(of user: SharedWords) -> UInt32 {
        user.half(Layout.User.creditsAndReferences, 1).pointee.load(ordering: .relaxed)
    }

    private func count(_ difference: Int64, referencesOfAccount number: UInt32) {
        let row = accounts[number]
        let word = row.load(Layout.Account.state) &+ UInt64(bitPattern: difference << 32)
        row.publish(word, at: Layout.Account.state)
    }

    func count(_ difference: Int32, referencesOfUser number: UInt32) {
        let word = users[number].half(Layout.User.creditsAndReferences, 1)
        let old = word.pointee.load(ordering: .relaxed)
        word.pointee.store(old &+ UInt32(bitPattern: difference), ordering: .relaxed)
    }

    // MARK: Tokens

    private func add(
        _ id: TokenID, digest: Digest, role: Role, account: AccountID?, user: UserID?
    ) {
        precondition(tokenRow(id) == 0, "the table has \(id) already")
        let userNumber = user.map { known(userRow($0), $0) } ?? 0
        let accountNumber = account.map { known(accountRow($0), $0) } ?? 0
        let number = tokens.allocate(retiring: &retiredMemory)
        let row = tokens[number]
        row.store(digest, at: Layout.Token.digest)
        row.store(id.rawValue, at: Layout.Token.id)
        row.store(UInt64(userNumber) << 32 | UInt64(accountNumber), at: Layout.Token.parties)
        row.store(UInt64(role.rawValue) << 4 | Layout.Token.active, at: Layout.Token.state)
        if userNumber != 0 { count(1, referencesOfUser: userNumber) }
        if accountNumber != 0 { count(1, referencesOfAccount: accountNumber) }
        tokensByID.insert(number, at: RowHash(id: id.rawValue), retiring: &retiredMemory)
        tokenIndex.insert(number, at: RowHash(uniform: digest.word0), retiring: &retiredMemory)
    }

    private func forget(_ id: TokenID) {
        let number = known(tokenRow(id), id)
        let row = tokens[number]
        row.publish(0, at: Layout.Token.state)
        let hash = RowHash(uniform: row.load(Layout.Token.digest))
        tokenIndex.remove(number, at: hash, retiring: &retiredMemory)
        tokensByID.remove(number, at: RowHash(id: id.rawValue), retiring: &retiredMemory)
        let parties = row.load(Layout.Token.parties)
        let user = UInt32(truncatingIfNeeded: parties >> 32)
        let account = UInt32(truncatingIfNeeded: parties)
        if user != 0 { count(-1, referencesOfUser: user) }
        if account != 0 { count(-1, referencesOfAccount: account) }
        retiredRows.append(RetiredRow(kind: .token, number: number))
    }
}
