import Basics

extension StateMachine {
    /// What the users of an account have spent and may spend, a row for each user and API: for
    /// members their own.
    public func usage(
        in account: AccountID, _ request: PageRequest, as token: TokenID
    ) throws(Refusal) -> Page<UsageRow> {
        let identity = try whoami(token)
        try permit(identity, in: account, from: .member)
        let account = try openAccount(account)
        let words = try words(of: request.cursor, count: 3)
        var user = startOfUsers(in: account, after: words)
        var apis = state.apis[...]
        if let words, let slot = slot(of: UserID(words[1])),
            state.users[slot].account == account,
            state.users[slot].createdAt.rawValue == words[0]
        {
            // The cursor's user goes on with the API after the last one.
            user = slot
            apis = state.apis.drop { $0.rawValue <= words[2] }
        }
        if identity.role == .member {
            guard let own = identity.user.flatMap({ slot(of: $0) }) else { return Page() }
            if user != own {
                guard words == nil else { return Page() }
                user = own
            }
        }
        var scan = Scan<UsageRow>(request)
        while !user.isNone, !scan.isFull {
            let record = state.users[user]
            while let api = apis.first, !scan.isFull {
                scan.pass(
                    record.isRemoved ? nil : usage(of: record, for: api),
                    at: Cursor(record.createdAt.rawValue, record.id.rawValue, api.rawValue))
                apis = apis.dropFirst()
            }
            guard apis.isEmpty else { break }
            user = identity.role == .member ? .none : record.next
            apis = state.apis[...]
        }
        return scan.page(isAtEnd: user.isNone)
    }

    private func usage(of user: UserRecord, for api: API) -> UsageRow {
        let line = user.line(for: api)
        let period = line?.allowance?.period ?? .none
        var keys: [KeyUsage] = []
        var slot = user.keys.first
        while !slot.isNone {
            let key = state.keys[slot]
            if key.api == api {
                let spent = key.spent.spent(in: period, on: state.date)
                keys.append(KeyUsage(key: key.id, spent: Credits(clamping: spent)))
            }
            slot = key.next
        }
        return UsageRow(
            user: user.id, api: api, allowance: line?.allowance?.credits, period: period,
            spent: line?.spent(on: state.date) ?? .zero, held: .zero,
            remaining: line?.remaining(on: state.date),
            resetsAt: line?.allowance == nil ? nil : state.date.end(of: period), keys: keys)
    }

    /// The audit trail, newest first: an account's, or for operators without one everything.
    /// An operator reads a deleted account's as long as it is remembered.
    public func audit(
        in account: AccountID?, _ request: PageRequest, as token: TokenID
    ) throws(Refusal) -> Page<AuditItem> {
        let identity = try whoami(token)
        let records = state.audit.records
        var sequence = records.nextSequence
        if let account {
            try permit(identity, in: account, from: .auditor)
            guard let slot = slot(of: account) else { throw .accountNotFound }
            sequence = state.accounts[slot].newestAudit
        } else {
            guard identity.role == .operator else { throw .forbidden }
        }
        if let words = try words(of: request.cursor, count: 1) {
            guard words[0] <= records.nextSequence else { throw .cursorMalformed }
            sequence = words[0]
        }
        var scan = Scan<AuditItem>(request)
        while sequence > 0, let position = records.position(ofSequence: sequence - 1),
            !scan.isFull
        {
            let record = records[position]
            guard account == nil || record.account == account else { throw .cursorMalformed }
            sequence = account == nil ? sequence - 1 : record.previousOfAccount
            scan.pass(AuditItem(record), at: Cursor(sequence))
        }
        let isAtEnd = sequence == 0 || records.position(ofSequence: sequence - 1) == nil
        return scan.page(isAtEnd: isAtEnd)
    }
}

extension AuditItem {
    init(_ record: AuditRecord) {
        self.init(
            index: record.index, at: record.time, actor: record.author, account: record.account,
            action: record.action, subject: record.subject)
    }
}

extension StateMachine {
    /// Everything that the read side holds, as the changes that would bring it there: for a table
    /// that starts from a snapshot.
    public func forEachTableEntry(_ body: (TableChange) -> Void) {
        body(.calendar(day: state.date.day, month: state.date.month))
        for number in 0..<state.accounts.slotCount {
            guard let account = state.accounts.record(at: number) else { continue }
            body(.accountAdded(account.id))
            if account.isDeleted { body(.accountDeleted(account.id)) }
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
        for number in 0..<state.keys.slotCount {
            guard let key = state.keys.record(at: number) else { continue }
            let user = state.users[key.user]
            body(
                .keyAdded(
                    key.id, digest: key.digest, api: key.api, user: user.id,
                    account: state.accounts[user.account].id, state: key.state))
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
