import Basics

// Lists, in the order of creation. A cursor names the last item by its log index and id: it is
// found again at once if it is still there, and its place by a walk if not.
extension StateMachine {
    /// All accounts: operators only.
    public func accounts(
        _ request: PageRequest, as token: TokenID
    ) throws(Refusal) -> Page<AccountDetail> {
        guard try whoami(token).role == .operator else { throw .forbidden }
        let words = try words(of: request.cursor, count: 2)
        var slot = state.accounts.start(
            in: state.accountChain, after: words?[0],
            hint: words.flatMap { self.slot(of: AccountID($0[1])) })
        var scan = Scan<AccountDetail>(request)
        while !slot.isNone, !scan.isFull {
            let account = state.accounts[slot]
            let place = Cursor(account.createdAt.rawValue, account.id.rawValue)
            scan.pass(account.isDeleted ? nil : detail(slot), at: place)
            slot = account.next
        }
        return scan.page(isAtEnd: slot.isNone)
    }

    /// The users of an account who aren't removed: not for members.
    public func users(
        in account: AccountID, _ request: PageRequest, as token: TokenID
    ) throws(Refusal) -> Page<UserDetail> {
        try permit(try whoami(token), in: account, from: .auditor)
        let account = try openAccount(account)
        let words = try words(of: request.cursor, count: 2)
        var slot = startOfUsers(in: account, after: words)
        var scan = Scan<UserDetail>(request)
        while !slot.isNone, !scan.isFull {
            let user = state.users[slot]
            let place = Cursor(user.createdAt.rawValue, user.id.rawValue)
            scan.pass(user.isRemoved ? nil : detail(slot), at: place)
            slot = user.next
        }
        return scan.page(isAtEnd: slot.isNone)
    }

    /// The keys of an account, revoked ones as long as they are remembered, user by user: for
    /// members their own.
    public func keys(
        in account: AccountID, _ request: PageRequest, filter: KeyFilter = KeyFilter(),
        as token: TokenID
    ) throws(Refusal) -> Page<KeyDetail> {
        let identity = try whoami(token)
        try permit(identity, in: account, from: .member)
        let account = try openAccount(account)
        let words = try words(of: request.cursor, count: 4)
        var owner = words.flatMap { self.slot(of: UserID($0[1])) }
        var user = startOfUsers(in: account, after: words)
        var key = Slot<KeyRecord>.none
        if let words, let found = owner, state.users[found].account == account,
            state.users[found].createdAt.rawValue == words[0]
        {
            // The cursor's user goes on where the page before ended.
            user = found
            key = state.keys.start(
                in: state.users[user].keys, after: words[2], serial: words[3],
                hint: self.slot(of: KeyID(words[3])).flatMap {
                    state.keys[$0].user == user ? $0 : nil
                })
        } else if !user.isNone {
            key = state.users[user].keys.first
        }
        owner = nil
        if identity.role == .member { owner = identity.user.flatMap { self.slot(of: $0) } }
        if let wanted = filter.user {
            let slot = try anyUser(wanted, in: account)
            guard sees(identity, wanted) else { throw .userNotFound }
            owner = slot
        }
        if let owner, user != owner {
            // A list of one user's keys begins with that user, or has ended.
            guard words == nil else { return Page() }
            user = owner
            key = state.users[owner].keys.first
        }
        return pageOfKeys(from: user, key, only: owner, filter, request)
    }

    private func pageOfKeys(
        from user: Slot<UserRecord>, _ key: Slot<KeyRecord>, only owner: Slot<UserRecord>?,
        _ filter: KeyFilter, _ request: PageRequest
    ) -> Page<KeyDetail> {
        var (user, key) = (user, key)
        var scan = Scan<KeyDetail>(request)
        while !user.isNone, !scan.isFull {
            while !key.isNone, !scan.isFull {
                let record = state.keys[key]
                let isWanted =
                    (filter.api.map { $0 == record.api } ?? true)
                    && (filter.state.map { $0 == effectiveState(record).state } ?? true)
                scan.pass(
                    isWanted ? detail(key) : nil,
                    at: Cursor(
                        state.users[user].createdAt.rawValue, state.users[user].id.rawValue,
                        record.createdAt.rawValue, record.id.rawValue))
                key = record.next
            }
            guard key.isNone else { break }
            scan.pass(
                nil,
                at: Cursor(
                    state.users[user].createdAt.rawValue, state.users[user].id.rawValue, .max,
                    0))
            user = owner == nil ? state.users[user].next : .none
            key = user.isNone ? .none : state.users[user].keys.first
        }
        return scan.page(isAtEnd: user.isNone)
    }

    /// Tokens, revoked ones as long as they are remembered: an account's, or for operators
    /// without one their own and then every account's. For members their own.
    public func tokens(
        of account: AccountID? = nil, _ request: PageRequest, as token: TokenID
    ) throws(Refusal) -> Page<TokenDetail> {
        let identity = try whoami(token)
        let words = try words(of: request.cursor, count: 4)
        if let account = account ?? identity.account {
            try permit(identity, in: account, from: .member)
            let owner = try openAccount(account)
            let hint = words.flatMap { listed($0[3], in: owner) }
            let first = state.tokens.start(
                in: state.accounts[owner].tokens, after: words?[2], hint: hint)
            return pageOfTokens(from: owner, first, isOnly: true, identity, request)
        }
        var owner: Slot<AccountRecord>? = nil
        var first = state.operatorTokens.first
        if let words {
            if words[1] == 0 {
                first = state.tokens.start(
                    in: state.operatorTokens, after: words[2], hint: listed(words[3], in: .none))
            } else if let slot = self.slot(of: AccountID(words[1])) {
                owner = slot
                first = state.tokens.start(
                    in: state.accounts[slot].tokens, after: words[2],
                    hint: listed(words[3], in: slot))
            } else {
                let slot = state.accounts.start(
                    in: state.accountChain, after: words[0], hint: nil)
                guard !slot.isNone else { return Page() }
                owner = slot
                first = state.accounts[slot].tokens.first
            }
        }
        return pageOfTokens(from: owner, first, isOnly: false, identity, request)
    }

    private func pageOfTokens(
        from owner: Slot<AccountRecord>?, _ first: Slot<TokenRecord>, isOnly: Bool,
        _ identity: Identity, _ request: PageRequest
    ) -> Page<TokenDetail> {
        var (owner, slot) = (owner, first)
        var scan = Scan<TokenDetail>(request)
        while !scan.isFull {
            let place = owner.map {
                (state.accounts[$0].createdAt.rawValue, state.accounts[$0].id.rawValue)
            }
            if !slot.isNone {
                let record = state.tokens[slot]
                scan.pass(
                    sees(identity, record) ? detail(slot) : nil,
                    at: Cursor(
                        place?.0 ?? 0, place?.1 ?? 0, record.createdAt.rawValue,
                        record.id.rawValue))
                slot = record.next
                continue
            }
            scan.pass(nil, at: Cursor(place?.0 ?? 0, place?.1 ?? 0, .max, 0))
            let next = owner.map { state.accounts[$0].next } ?? state.accountChain.first
            guard !isOnly, !next.isNone else { break }
            owner = next
            slot = state.accounts[next].tokens.first
        }
        let hasSuccessor =
            !isOnly && !(owner.map { state.accounts[$0].next } ?? state.accountChain.first).isNone
        return scan.page(isAtEnd: slot.isNone && !hasSuccessor)
    }

    /// The token of a cursor, if it is in the list that the cursor claims.
    private func listed(_ id: UInt64, in account: Slot<AccountRecord>) -> Slot<TokenRecord>? {
        slot(of: TokenID(id)).flatMap { state.tokens[$0].account == account ? $0 : nil }
    }

    func startOfUsers(
        in account: Slot<AccountRecord>, after words: [UInt64]?
    ) -> Slot<UserRecord> {
        let hint = words.flatMap { slot(of: UserID($0[1])) }
            .flatMap { state.users[$0].account == account ? $0 : nil }
        return state.users.start(in: state.accounts[account].users, after: words?[0], hint: hint)
    }

    /// A cursor's numbers, if it is one of this kind of list.
    func words(of cursor: Cursor?, count: Int) throws(Refusal) -> [UInt64]? {
        guard let cursor else { return nil }
        guard cursor.words.count == count else { throw .cursorMalformed }
        return cursor.words
    }
}

/// One page while it is being filled: a bounded number of items out of a bounded number of
/// records.
struct Scan<Item: Hashable & Sendable> {
    private let limit: Int
    private var passed = 0
    private var items: [Item] = []
    private var last: Cursor?

    init(_ request: PageRequest) { limit = request.limit }

    var isFull: Bool { items.count >= limit || passed >= Bounds.recordsPerQuery }

    /// Passes a record: shown if it has an item.
    mutating func pass(_ item: Item?, at place: Cursor) {
        if let item { items.append(item) }
        passed += 1
        last = place
    }

    /// Shows an item whose records were passed one by one.
    mutating func add(_ item: Item) { items.append(item) }

    func page(isAtEnd: Bool) -> Page<Item> { Page(items: items, next: isAtEnd ? nil : last) }
}

extension SlotTable {
    /// The first record of a chain made after log index `created`, or by that very entry and with
    /// a higher number than `serial`; from the beginning if nil. `hint` is a record of the chain,
    /// the one of that place if it is still there.
    func start(
        in chain: Chain<R>, after created: UInt64?, serial: UInt64? = nil, hint: Slot<R>?
    ) -> Slot<R> {
        guard let created else { return chain.first }
        if created == .max { return .none }
        if let hint, self[hint].createdAt.rawValue == created { return self[hint].next }
        let place = (created, serial ?? .max)
        var slot = chain.first
        while !slot.isNone, (self[slot].createdAt.rawValue, self[slot].serial) <= place {
            slot = self[slot].next
        }
        return slot
    }
}
