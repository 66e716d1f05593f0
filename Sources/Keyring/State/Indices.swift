import Basics

/// Where to find what by its id or digest. Look-up only: rebuilt from the state, never part of it.
struct Indices: Sendable {
    var accounts = SlotIndex()
    var users = SlotIndex()
    /// Addresses of users that aren't removed.
    var emails = SlotIndex()
    var keys = KeyIndex()
    var keyDigests = KeyIndex()
    var tokens = SlotIndex()
    var tokenDigests = SlotIndex()
    /// Keys that end by themselves. Sorted, because the first decide what an entry does.
    var deadlines = OrderedTable<KeyDeadline, Slot<KeyRecord>>()
    var holds = SlotIndex()
    /// Holds that haven't ended, by when they lapse.
    var lapsing = OrderedTable<HoldDue, Slot<HoldRecord>>()
    /// Ended holds, by when they are forgotten.
    var endedHolds = OrderedTable<HoldDue, Slot<HoldRecord>>()

    init() {}

    /// Throws if two keys have one id or one digest.
    init(of state: State) throws(MalformedBytes) {
        reserve(state)
        for number in 0..<state.accounts.slotCount {
            guard let account = state.accounts.record(at: number) else { continue }
            add(account, Slot(UInt32(number)))
        }
        for number in 0..<state.users.slotCount {
            guard let user = state.users.record(at: number) else { continue }
            let slot = Slot<UserRecord>(UInt32(number))
            users.insert(SlotIndex.spread(user.id.rawValue), slot.number)
            if !user.isRemoved { addEmail(user.email, state.accounts[user.account].id, slot) }
        }
        // One index after the other, and of each record no more than that needs.
        let shelf = state.keys.shelf
        let areIDsApart = keys.fill(
            0..<shelf.count, expecting: state.keys.count,
            hash: { shelf.isEmpty($0) ? nil : KeyIndex.hash(of: shelf.id($0)) },
            areSame: { shelf.id(Int($0)) == shelf.id(Int($1)) })
        let areDigestsApart = keyDigests.fill(
            0..<shelf.count, expecting: state.keys.count,
            hash: { shelf.isEmpty($0) ? nil : KeyIndex.hash(of: shelf.digest($0)) },
            areSame: { shelf.digest(Int($0)) == shelf.digest(Int($1)) })
        guard areIDsApart, areDigestsApart else {
            throw MalformedBytes("two keys have one id or one digest")
        }
        for number in 0..<shelf.count where !shelf.isEmpty(number) && shelf.deadline(number) != nil
        {
            let slot = Slot<KeyRecord>(UInt32(number))
            addDeadline(of: state.keys[slot], slot)
        }
        for number in 0..<state.tokens.slotCount {
            guard let token = state.tokens.record(at: number) else { continue }
            add(token, Slot(UInt32(number)))
        }
        for number in 0..<state.holds.slotCount {
            guard let hold = state.holds.record(at: number) else { continue }
            add(hold, Slot(UInt32(number)))
        }
    }

    private mutating func reserve(_ state: State) {
        accounts.reserve(state.accounts.count)
        users.reserve(state.users.count)
        emails.reserve(state.users.count)
        tokens.reserve(state.tokens.count)
        tokenDigests.reserve(state.tokens.count)
        holds.reserve(state.holds.count)
    }

    mutating func add(_ account: AccountRecord, _ slot: Slot<AccountRecord>) {
        accounts.insert(SlotIndex.spread(account.id.rawValue), slot.number)
    }

    /// The table is asked for the others when an index grows.
    mutating func add(
        _ key: KeyRecord, _ slot: Slot<KeyRecord>, in table: SlotTable<KeyRecord>
    ) {
        keys.insert(KeyIndex.hash(of: key.id), slot.number) { table.idHash($0) }
        keyDigests.insert(KeyIndex.hash(of: key.digest), slot.number) { table.digestHash($0) }
        addDeadline(of: key, slot)
    }

    mutating func remove(
        _ key: KeyRecord, _ slot: Slot<KeyRecord>, in table: SlotTable<KeyRecord>
    ) {
        keys.remove(KeyIndex.hash(of: key.id), slot.number) { table.idHash($0) }
        keyDigests.remove(KeyIndex.hash(of: key.digest), slot.number) { table.digestHash($0) }
        removeDeadline(of: key)
    }

    mutating func add(_ token: TokenRecord, _ slot: Slot<TokenRecord>) {
        tokens.insert(SlotIndex.spread(token.id.rawValue), slot.number)
        tokenDigests.insert(SlotIndex.spread(token.digest.word0), slot.number)
    }

    mutating func remove(_ token: TokenRecord, _ slot: Slot<TokenRecord>) {
        tokens.remove(SlotIndex.spread(token.id.rawValue), slot.number)
        tokenDigests.remove(SlotIndex.spread(token.digest.word0), slot.number)
    }

    mutating func addEmail(
        _ email: EmailAddress, _ account: AccountID, _ slot: Slot<UserRecord>
    ) {
        emails.insert(Indices.hash(email, account), slot.number)
    }

    mutating func removeEmail(
        _ email: EmailAddress, _ account: AccountID, _ slot: Slot<UserRecord>
    ) {
        emails.remove(Indices.hash(email, account), slot.number)
    }

    /// FNV-1a over the folded bytes, begun with the account.
    static func hash(_ email: EmailAddress, _ account: AccountID) -> UInt64 {
        var hash = 0xcbf2_9ce4_8422_2325 ^ SlotIndex.spread(account.rawValue)
        for byte in email.string.utf8 {
            hash = (hash ^ UInt64(EmailAddress.fold(byte))) &* 0x100_0000_01b3
        }
        return SlotIndex.spread(hash)
    }
}

// Finding records.
extension StateMachine {
    func slot(of id: AccountID) -> Slot<AccountRecord>? {
        index.accounts.find(SlotIndex.spread(id.rawValue)) {
            state.accounts[Slot($0)].id == id
        }.map(Slot.init)
    }

    func slot(of id: UserID) -> Slot<UserRecord>? {
        index.users.find(SlotIndex.spread(id.rawValue)) { state.users[Slot($0)].id == id }
            .map(Slot.init)
    }

    func slot(of id: KeyID) -> Slot<KeyRecord>? {
        // By itself: what looks into `self` would be given a copy of the whole machine.
        let keys = state.keys
        return index.keys.find(KeyIndex.hash(of: id)) { keys.id(of: Slot($0)) == id }
            .map(Slot.init)
    }

    func slot(of id: TokenID) -> Slot<TokenRecord>? {
        index.tokens.find(SlotIndex.spread(id.rawValue)) { state.tokens[Slot($0)].id == id }
            .map(Slot.init)
    }

    func keySlot(of digest: Digest) -> Slot<KeyRecord>? {
        let keys = state.keys
        return index.keyDigests.find(KeyIndex.hash(of: digest)) {
            keys.digest(of: Slot($0)) == digest
        }.map(Slot.init)
    }

    func tokenSlot(of digest: Digest) -> Slot<TokenRecord>? {
        index.tokenDigests.find(SlotIndex.spread(digest.word0)) {
            state.tokens[Slot($0)].digest == digest
        }.map(Slot.init)
    }

    func slot(of key: KeyReference) -> Slot<KeyRecord>? {
        switch key {
        case .digest(let digest): keySlot(of: digest)
        case .id(let id): slot(of: id)
        }
    }

    /// The user of an account who has that address, ASCII letters folded.
    func user(with email: EmailAddress, in account: Slot<AccountRecord>) -> Slot<UserRecord>? {
        index.emails.find(Indices.hash(email, state.accounts[account].id)) {
            let user = state.users[Slot($0)]
            return user.account == account && user.email.matches(email)
        }.map(Slot.init)
    }

    /// An account that isn't deleted.
    func openAccount(_ id: AccountID) throws(Refusal) -> Slot<AccountRecord> {
        guard let slot = slot(of: id), !state.accounts[slot].isDeleted else {
            throw .accountNotFound
        }
        return slot
    }

    /// A user of an account, removed or not.
    func anyUser(
        _ id: UserID, in account: Slot<AccountRecord>
    ) throws(Refusal) -> Slot<UserRecord> {
        guard let slot = slot(of: id), state.users[slot].account == account else {
            throw .userNotFound
        }
        return slot
    }

    /// A user of an account who isn't removed.
    func presentUser(
        _ id: UserID, in account: Slot<AccountRecord>
    ) throws(Refusal) -> Slot<UserRecord> {
        let slot = try anyUser(id, in: account)
        guard !state.users[slot].isRemoved else { throw .userNotFound }
        return slot
    }

    /// A key of an account, in whatever state.
    func anyKey(_ id: KeyID, in account: Slot<AccountRecord>) throws(Refusal) -> Slot<KeyRecord> {
        guard let slot = slot(of: id), state.users[state.keys.user(of: slot)].account == account
        else { throw .keyNotFound }
        return slot
    }

    /// A key's state and the log index of its last change, its user's removal counted in.
    func effectiveState(_ key: KeyRecord) -> (state: KeyState, changedAt: LogIndex) {
        let user = state.users[key.user]
        guard user.isRemoved, !key.state.isDead else { return (key.state, key.changedAt) }
        return (.revoked, user.changedAt)
    }
}

extension KeyIndex {
    /// Ids are random already, but not in tests and not if a client could choose them.
    @inline(__always)
    static func hash(of id: KeyID) -> UInt64 { SlotIndex.spread(id.rawValue) }

    /// As good as random where it is of a text drawn here; of one that an operator chose, what
    /// they chose.
    @inline(__always)
    static func hash(of digest: Digest) -> UInt64 { digest.word0 }
}

extension SlotTable where R == KeyRecord {
    fileprivate func idHash(_ slot: UInt32) -> UInt64 { KeyIndex.hash(of: shelf.id(Int(slot))) }
    fileprivate func digestHash(_ slot: UInt32) -> UInt64 {
        KeyIndex.hash(of: shelf.digest(Int(slot)))
    }
}
