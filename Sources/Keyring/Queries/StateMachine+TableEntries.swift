import Basics

// What the read side holds but for the keys, as the changes that would bring it there: for a table
// that starts from a snapshot. The keys it takes from their shelf.
extension StateMachine {
    /// What comes before the keys: accounts, users and what they have left.
    func forEachTableHead(_ body: (TableChange) -> Void) {
        body(.calendar(day: state.date.day, month: state.date.month))
        let form = ForeignKeyForm(settings)
        if form != .none { body(.foreignKeys(form)) }
        for number in 0..<state.accounts.slotCount {
            guard let account = state.accounts.record(at: number) else { continue }
            body(.accountAdded(account.id))
            if account.isDeleted { body(.accountDeleted(account.id)) }
            for line in account.pools {
                if let credits = line.published(on: state.date) {
                    body(.pool(account.id, line.api, credits))
                }
            }
        }
        for number in 0..<state.users.slotCount {
            guard let user = state.users.record(at: number) else { continue }
            let account = state.accounts[user.account].id
            body(.userAdded(user.id, account: account, role: user.role))
            if user.isRemoved { body(.userRemoved(user.id)) }
            for line in user.credits {
                if let change = creditChange(line, of: Slot(UInt32(number)), on: state.date) {
                    body(change)
                }
            }
        }
    }

    /// What comes behind the keys: who replaced them, and tokens.
    func forEachTableTail(_ body: (TableChange) -> Void) {
        // After all keys, so that each successor is there.
        for number in 0..<state.keys.slotCount where !state.keys.shelf.isEmpty(number) {
            guard state.keys.shelf.state(number) == .retiring,
                let key = state.keys.record(at: number)
            else { continue }
            guard let successor = slot(of: key.replacedBy) else {
                preconditionFailure("\(key.id) retires without a successor")
            }
            body(
                .keyRetiring(
                    KeyPlace(key.id, Slot(UInt32(number)), of: key.user),
                    successor: KeyPlace(key.replacedBy, successor, of: key.user)))
        }
        for number in 0..<state.tokens.slotCount {
            guard let token = state.tokens.record(at: number) else { continue }
            body(
                .tokenAdded(
                    token.id, digest: token.digest, role: token.role,
                    account: token.account.isNone ? nil : state.accounts[token.account].id,
                    user: token.user.isNone ? nil : state.users[token.user].id))
            if token.isRevoked { body(.tokenRevoked(token.id)) }
        }
    }
}
