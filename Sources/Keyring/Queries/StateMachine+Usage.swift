import Basics

extension StateMachine {
    /// What the users of an account have spent and may spend, a row for each user and API: for
    /// members their own.
    ///
    /// Every key that is looked at counts as a record of the query, so a row of very many keys
    /// goes on at the next page.
    public func usage(
        in account: AccountID, _ request: PageRequest, as token: TokenID
    ) throws(Refusal) -> Page<UsageRow> {
        let identity = try whoami(token)
        try permit(identity, in: account, from: .member)
        let account = try openAccount(account)
        let words = try words(of: request.cursor, count: 5)
        let isOwn = identity.role == .member
        var user = startOfUsers(in: account, after: words)
        var apis = state.apis[...]
        var place: KeyPlace?
        if let words, let slot = slot(of: UserID(words[1])),
            state.users[slot].account == account,
            state.users[slot].createdAt.rawValue == words[0]
        {
            // The cursor's user goes on where the page before ended.
            user = slot
            apis = state.apis.drop { $0.rawValue < words[2] }
            place = KeyPlace(created: words[3], id: KeyID(words[4]))
            if place?.isEndOfRow == true {
                apis = apis.drop { $0.rawValue == words[2] }
                place = nil
            }
        }
        if isOwn {
            guard let own = identity.user.flatMap({ slot(of: $0) }) else { return Page() }
            if user != own {
                guard words == nil else { return Page() }
                user = own
            }
        }
        var scan = Scan<UsageRow>(request)
        while !user.isNone, !scan.isFull {
            while let api = apis.first, !scan.isFull {
                guard addRow(of: user, for: api, from: place, to: &scan) else {
                    return scan.page(isAtEnd: false)
                }
                place = nil
                apis = apis.dropFirst()
            }
            guard apis.isEmpty else { break }
            user = isOwn ? .none : state.users[user].next
            apis = state.apis[...]
        }
        return scan.page(isAtEnd: user.isNone)
    }

    /// A place in a row, as a cursor names it: behind the key made at a log index.
    private struct KeyPlace {
        var created: UInt64
        var id: KeyID

        static let endOfRow = KeyPlace(created: .max, id: KeyID(0))
        var isEndOfRow: Bool { created == KeyPlace.endOfRow.created }
    }

    /// Adds a user's row, or what is left of it behind `place`. False if the scan was full before
    /// the row's last key: then the next page begins behind the last one it looked at.
    private func addRow(
        of slot: Slot<UserRecord>, for api: API, from place: KeyPlace?,
        to scan: inout Scan<UsageRow>
    ) -> Bool {
        let user = state.users[slot]
        func cursor(_ place: KeyPlace) -> Cursor {
            Cursor(
                user.createdAt.rawValue, user.id.rawValue, api.rawValue, place.created,
                place.id.rawValue)
        }
        guard !user.isRemoved else {
            scan.pass(nil, at: cursor(.endOfRow))
            return true
        }
        var row = usage(of: user, for: api)
        row.isContinued = place != nil
        let hint = place.flatMap { self.slot(of: $0.id) }
            .flatMap { state.keys[$0].user == slot ? $0 : nil }
        var next = state.keys.start(
            in: user.keys, after: place?.created, serial: place?.id.rawValue, hint: hint)
        while !next.isNone {
            guard !scan.isFull else {
                scan.add(row)
                return false
            }
            let key = state.keys[next]
            let spent = key.api == api ? key.spent.spent(in: row.period, on: state.date) : 0
            // What a dead key spent is part of the sum; one that spent nothing is no news.
            if key.api == api, !key.state.isDead || spent > 0 {
                row.keys.append(KeyUsage(key: key.id, spent: Credits(clamping: spent)))
            }
            scan.pass(nil, at: cursor(KeyPlace(created: key.createdAt.rawValue, id: key.id)))
            next = key.next
        }
        scan.pass(row, at: cursor(.endOfRow))
        return true
    }

    /// The row without its keys.
    private func usage(of user: UserRecord, for api: API) -> UsageRow {
        let line = user.line(for: api)
        let period = line?.allowance?.period ?? .none
        return UsageRow(
            user: user.id, api: api, allowance: line?.allowance?.credits, period: period,
            spent: line?.spent(on: state.date) ?? .zero,
            held: line?.held(on: state.date) ?? .zero,
            remaining: line?.remaining(on: state.date),
            resetsAt: line?.allowance == nil ? nil : state.date.end(of: period), keys: [])
    }

    /// The audit trail, newest first: an account's, or for operators without one everything.
    /// An operator reads a deleted account's as long as it is remembered.
    public func audit(
        in account: AccountID?, _ request: PageRequest, as token: TokenID
    ) throws(Refusal) -> Page<AuditItem> {
        try audit(in: account, request, as: token) { _ in true }
    }

    /// The same of the records whose subject is wanted.
    func audit(
        in account: AccountID?, _ request: PageRequest, as token: TokenID,
        where isWanted: (AuditSubject) -> Bool
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
            scan.pass(
                isWanted(record.subject) ? AuditItem(record) : nil, at: Cursor(sequence))
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
