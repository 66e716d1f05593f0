import Basics

/// One whole table as a reader sees it: the words behind one root. A snapshot's installation
/// makes another one; whoever reads on in the old one sees it whole, with its own index.
///
/// Valid on the reader's thread until the reader's next `quiescent()` or `park()`; then its memory
/// may be freed. Nothing here waits, allocates or counts references.
public struct TableImage {
    let root: SharedWords

    @inline(__always)
    init(root: SharedWords) { self.root = root }

    /// The entry up to which everything is in the image; more may be.
    @inline(__always)
    public var appliedIndex: LogIndex { LogIndex(root.acquire(Layout.Root.appliedIndex)) }

    @inline(__always)
    var generation: UInt32 { UInt32(truncatingIfNeeded: root.load(Layout.Root.generation)) }

    /// The key with this digest, or nil.
    public func key(_ digest: Digest) -> KeyView? {
        if case .known(let view) = lookUp(digest) { view } else { nil }
    }

    /// What stands behind a key's digest.
    ///
    /// Random keys one after the other: 20 ns among 1,000, 0.3 µs among a million, 0.5 µs among 10
    /// million (five cache misses, overlapping); a digest that isn't there 14, 120 and 200 ns.
    public func lookUp(_ digest: Digest) -> KeyLookUp {
        switch find(digest) {
        case .nothing(let unborn): return unborn
        case .key(let key): return view(of: key, parties(of: key))
        }
    }

    // The three steps of a look-up, in their order. A test lets the writer work between them.

    /// A row that held a key when it was found.
    struct FoundKey {
        let number: UInt32
        let row: SharedWords
    }

    /// The key's user and account, as their words were.
    struct Parties {
        let user: SharedWords
        let userWord: UInt64
        let account: SharedWords
        let accountWord: UInt64
    }

    @inline(__always)
    func find(_ digest: Digest) -> Found {
        let shards = SharedWords(unsafe: root.load(Layout.Root.keyShards))
        let number = RowIndex.find(RowHash(uniform: digest.word0), in: shards) { row in
            keyRow(row).holds(digest, at: Layout.Key.digest)
        }
        guard number != 0 else { return .nothing(.unknown) }
        let row = keyRow(number)
        let word = row.acquire(Layout.Key.state)
        // Before a key is born its row names nobody.
        guard word & Layout.stateMask != 0 else { return .nothing(KeyLookUp(ofUnborn: word)) }
        return .key(FoundKey(number: number, row: row))
    }

    enum Found {
        case key(FoundKey)
        /// No key, or none yet.
        case nothing(KeyLookUp)
    }

    @inline(__always)
    func parties(of key: FoundKey) -> Parties {
        let number = key.row.half(Layout.Key.userAndStamp, 0).pointee.load(ordering: .relaxed)
        let user = userRow(number)
        let userWord = user.acquire(Layout.User.state)
        let account = accountRow(UInt32(truncatingIfNeeded: userWord >> 8))
        return Parties(
            user: user, userWord: userWord, account: account,
            accountWord: account.acquire(Layout.Account.state))
    }

    /// Loads the key's state after its parties' words: when all keys of a user are revoked it is
    /// the user who is blocked, and who finds the user released must find the keys revoked.
    @inline(__always)
    func view(of key: FoundKey, _ parties: Parties) -> KeyLookUp {
        var word = key.row.acquire(Layout.Key.state)
        var flags = parties.userWord | parties.accountWord
        if word & Layout.stateMask == UInt64(KeyState.retiring.rawValue) {
            // A change of the successor ends the grace: what blocks that blocks this key. Its own
            // state is loaded once more behind it, for the same reason as behind its parties'.
            flags |= successorWord(of: key.row) & Layout.blocked
            word = key.row.acquire(Layout.Key.state)
        }
        let bits = UInt8(truncatingIfNeeded: word & Layout.stateMask)
        guard let state = KeyState(rawValue: bits) else { return KeyLookUp(ofUnborn: word) }
        let api = word >> 4
        flags |= word
        return .known(
            KeyView(
                id: KeyID(key.row.load(Layout.Key.id)),
                user: UserID(parties.user.load(Layout.User.id)),
                account: AccountID(parties.account.load(Layout.Account.id)),
                api: API(trusted: api), state: state,
                userState: PartyState(word: parties.userWord),
                accountState: PartyState(word: parties.accountWord),
                isBlocked: flags & Layout.blocked != 0,
                credits: credits(of: parties.user, api: api),
                poolRemaining: pool(of: parties.account, api: api)?.remaining, row: key.number,
                generation: generation))
    }

    /// The row may be another's already, if the grace has ended since: then the state says so.
    private func successorWord(of row: SharedWords) -> UInt64 {
        #if MUTANTS
        if PlantedBug.isOn(.predecessorUnblocked) { return 0 }
        #endif
        let number = row.half(Layout.Key.link, 1).pointee.load(ordering: .relaxed)
        return number == 0 ? 0 : keyRow(number).acquire(Layout.Key.state)
    }

    /// What the key of an id opens, whatever its state; nil for an id that isn't known here.
    public func api(of id: KeyID) -> API? {
        let shards = SharedWords(unsafe: root.load(Layout.Root.keyIDShards))
        let number = RowIndex.find(RowHash(id: id.rawValue), in: shards) { row in
            keyRow(row).load(Layout.Key.id) == id.rawValue
        }
        guard number != 0 else { return nil }
        let word = keyRow(number).acquire(Layout.Key.state)
        return word & Layout.stateMask == 0 ? nil : API(trusted: word >> 4)
    }

    /// Which texts may be keys that were made elsewhere.
    public var foreignKeys: ForeignKeyForm {
        ForeignKeyForm(word: root.acquire(Layout.Root.foreignKeys))
    }

    /// The management token with this digest, or nil.
    public func token(_ digest: Digest) -> TokenView? {
        let shards = SharedWords(unsafe: root.load(Layout.Root.tokenShards))
        let number = RowIndex.find(RowHash(uniform: digest.word0), in: shards) { row in
            tokenRow(row).holds(digest, at: Layout.Token.digest)
        }
        guard number != 0 else { return nil }
        let row = tokenRow(number)
        let word = row.acquire(Layout.Token.state)
        guard let role = Role(rawValue: UInt8(truncatingIfNeeded: word >> 4)) else { return nil }
        let parties = row.load(Layout.Token.parties)
        let account = accountParty(UInt32(truncatingIfNeeded: parties))
        let user = userParty(UInt32(truncatingIfNeeded: parties >> 32))
        return TokenView(
            id: TokenID(row.load(Layout.Token.id)), role: role, account: account.id,
            user: user.id, isRevoked: word & 15 != Layout.Token.active, userState: user.state,
            userRole: user.role, accountState: account.state)
    }

    private func accountParty(_ number: UInt32) -> (id: AccountID?, state: PartyState) {
        guard number != 0 else { return (nil, .active) }
        let row = accountRow(number)
        let state = PartyState(word: row.acquire(Layout.Account.state))
        return (AccountID(row.load(Layout.Account.id)), state)
    }

    private func userParty(_ number: UInt32)
        -> (id: UserID?, state: PartyState, role: UserRole?)
    {
        guard number != 0 else { return (nil, .active, nil) }
        let row = userRow(number)
        let word = row.acquire(Layout.User.state)
        let role = UserRole(rawValue: UInt8(truncatingIfNeeded: word >> 4 & 15))
        return (UserID(row.load(Layout.User.id)), PartyState(word: word), role)
    }

    // MARK: Credits

    /// A user has a credit row per API with a limit: two at the most, until operators define
    /// their own.
    @inline(__always)
    private func credits(of user: SharedWords, api: UInt64) -> CreditView? {
        let first = user.half(Layout.User.creditsAndReferences, 0)
        return credits(listedFrom: first.pointee.load(ordering: .acquiring), api: api)
    }

    @inline(__always)
    private func pool(of account: SharedWords, api: UInt64) -> CreditView? {
        let first = account.half(Layout.Account.pools, 0)
        return credits(listedFrom: first.pointee.load(ordering: .acquiring), api: api)
    }

    @inline(__always)
    private func credits(listedFrom first: UInt32, api: UInt64) -> CreditView? {
        var number = first
        while number != 0 {
            let row = creditRow(number)
            if row.load(Layout.Credits.api) == api { return credits(in: row) }
            number = UInt32(truncatingIfNeeded: row.load(Layout.Credits.nextAndVersion) >> 32)
        }
        return nil
    }

    /// The three words of one change, never of two. The writer fills the copy that isn't in
    /// force and then moves the version on: a reader begins anew only if two whole changes of
    /// this row happened while it read three words.
    private func credits(in row: SharedWords) -> CreditView? {
        while true {
            let version = row.acquire(Layout.Credits.nextAndVersion)
            let copy = Layout.Credits.copies + Layout.Credits.copyWords * Int(version & 1)
            let allowance = row.acquire(copy)
            let remaining = row.acquire(copy + 1)
            let period = row.acquire(copy + 2)
            if row.load(Layout.Credits.nextAndVersion) == version {
                return creditView(allowance: allowance, remaining: remaining, period: period)
            }
        }
    }

    private func creditView(allowance: UInt64, remaining: UInt64, period: UInt64) -> CreditView? {
        guard allowance != TableImage.unlimited,
            let length = Period(rawValue: UInt8(truncatingIfNeeded: period >> 32))
        else { return nil }
        let recorded = Int32(truncatingIfNeeded: period)
        let current = calendar(length)
        // An earlier period's credits are unspent in this one. A later one's are right: its
        // calendar is about to follow.
        let isCurrent = recorded >= current
        return CreditView(
            allowance: Credits(clamping: allowance),
            remaining: Credits(clamping: isCurrent ? remaining : allowance),
            period: length, periodNumber: isCurrent ? recorded : current)
    }

    private func calendar(_ period: Period) -> Int32 {
        let word = root.acquire(Layout.Root.calendar)
        switch period {
        case .none: return 0
        case .day: return Int32(truncatingIfNeeded: word >> 32)
        case .month: return Int32(truncatingIfNeeded: word)
        }
    }

    /// In the place of an allowance.
    static let unlimited = UInt64.max

    // MARK: Rows

    @inline(__always)
    func keyRow(_ number: UInt32) -> SharedWords {
        RowStore.row(number, words: Layout.Key.count, root: root, word: Layout.Root.keys)
    }
    @inline(__always)
    private func userRow(_ number: UInt32) -> SharedWords {
        RowStore.row(number, words: Layout.User.count, root: root, word: Layout.Root.users)
    }
    @inline(__always)
    private func accountRow(_ number: UInt32) -> SharedWords {
        RowStore.row(number, words: Layout.Account.count, root: root, word: Layout.Root.accounts)
    }
    @inline(__always)
    private func creditRow(_ number: UInt32) -> SharedWords {
        RowStore.row(number, words: Layout.Credits.count, root: root, word: Layout.Root.credits)
    }
    @inline(__always)
    private func tokenRow(_ number: UInt32) -> SharedWords {
        RowStore.row(number, words: Layout.Token.count, root: root, word: Layout.Root.tokens)
    }
}

extension PartyState {
    /// The lowest bits of a user's or an account's word.
    @inline(__always)
    init(word: UInt64) {
        self = PartyState(rawValue: UInt8(truncatingIfNeeded: word & Layout.stateMask)) ?? .absent
    }
}
