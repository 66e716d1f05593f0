import Basics

/// One whole table as a reader sees it: the words behind one root. A snapshot's installation
/// makes another one; whoever reads on in the old one sees it whole, with its own index.
///
/// A key's digest, id and user's slot are in the state's own row, its state is in a cell of the
/// table, by the same slot. The state goes ahead of the table and gives a slot to another key at
/// once. Laws that keep a look-up from mixing two keys:
/// - a cell is emptied, or filled for another key, only behind what was published of that key's row
///   and its user's; so whoever finds the row to be the sought key's behind the cell has that key's
///   cell, or one from before it was born;
/// - from before a key is born until its cell is filled its digest is announced, and whoever finds
///   it announced, or the key retiring and its successor blocked, finds it blocked;
/// - a user's row is another's only once the readers of that time have passed.
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
    public func lookUp(_ digest: Digest) -> KeyLookUp {
        let isAnnounced = announcement(of: digest) != 0
        if let key = find(digest, isAnnounced: isAnnounced), let parties = parties(of: key),
            let view = view(of: key, parties)
        {
            return .known(view)
        }
        return isAnnounced || announcement(of: digest) != 0 ? .announced : .unknown
    }

    // The three steps of a look-up, in their order. A test lets the writer work between them.

    /// A slot that held a key when it was found.
    struct FoundKey {
        let slot: UInt32
        let digest: Digest
        let id: UInt64
        /// Its user's slot.
        let user: UInt32
        let cell: KeyCell
        let isAnnounced: Bool
    }

    /// The key's user and account, as their words were.
    struct Parties {
        let user: SharedWords
        let userWord: UInt64
        let account: SharedWords
        let accountWord: UInt64
    }

    /// Nil if there is no key, or none yet.
    ///
    /// Whether the digest is announced is asked once more behind the index, which is ahead of the
    /// cells: who finds the announcement withdrawn finds the cell of the key that was born.
    @inline(__always)
    func find(_ digest: Digest, isAnnounced: Bool = false) -> FoundKey? {
        guard let slot = keySlot(digest) else { return nil }
        let isAnnounced = isAnnounced || announcement(of: digest) != 0
        guard let cell = cell(slot), cell.load() & Layout.stateMask != 0 else { return nil }
        let line = keyLine(slot)
        return FoundKey(
            slot: slot, digest: digest, id: line.acquire(KeyRows.Line.id), user: keyUser(line),
            cell: cell, isAnnounced: isAnnounced)
    }

    /// Nil if the slot is another key's by now.
    @inline(__always)
    func parties(of key: FoundKey) -> Parties? {
        guard let row = UserRows.row(of: key.user, root: root) else { return nil }
        let user = userRow(row)
        let userWord = user.acquire(Layout.User.state)
        let account = accountRow(UInt32(truncatingIfNeeded: userWord >> 8))
        return Parties(
            user: user, userWord: userWord, account: account,
            accountWord: account.acquire(Layout.Account.state))
    }

    /// Loads the key's cell after its parties' words: when all keys of a user are revoked it is
    /// the user who is blocked, and who finds the user released must find the keys revoked.
    ///
    /// And the key's row once more after its cell, from where that is then: the slot may have
    /// become another key's, whose row was published before its cell. Nil if it has.
    @inline(__always)
    func view(of key: FoundKey, _ parties: Parties) -> KeyView? {
        var word = key.cell.load()
        var flags = parties.userWord | parties.accountWord
        if word & Layout.stateMask == UInt64(KeyState.retiring.rawValue) {
            // A change of the successor ends the grace: what blocks that blocks this key. Its own
            // state is loaded once more behind it, for the same reason as behind its parties'.
            flags |= successorWord(of: key.slot) & Layout.blocked
            word = key.cell.load()
        }
        let line = keyLine(key.slot)
        let id = line.acquire(KeyRows.Line.id)
        guard id == key.id, line.holds(key.digest, at: KeyRows.Line.digest),
            keyUser(line) == key.user,
            let state = KeyState(rawValue: UInt8(truncatingIfNeeded: word & Layout.stateMask))
        else { return nil }
        let api = api(word)
        flags |= word
        return KeyView(
            id: KeyID(id), user: UserID(parties.user.load(Layout.User.id)),
            account: AccountID(parties.account.load(Layout.Account.id)), api: api, state: state,
            userState: PartyState(word: parties.userWord),
            accountState: PartyState(word: parties.accountWord),
            isBlocked: key.isAnnounced || flags & Layout.blocked != 0,
            credits: credits(of: parties.user, api: api.rawValue),
            poolRemaining: pool(of: parties.account, api: api.rawValue)?.remaining,
            slot: key.slot, generation: generation)
    }

    /// The slot may be another's already, if the grace has ended since: then the state says so.
    private func successorWord(of slot: UInt32) -> UInt64 {
        #if MUTANTS
        if PlantedBug.isOn(.predecessorUnblocked) { return 0 }
        #endif
        let number = succession(of: slot)
        guard number != 0 else { return 0 }
        let slots = successionRow(number).load(Layout.Succession.slots)
        return cell(UInt32(truncatingIfNeeded: slots))?.load() ?? 0
    }

    /// What the key of an id opens, whatever its state; nil for an id that isn't known here, or
    /// whose key is about to be born.
    public func api(of id: KeyID) -> API? {
        guard let slot = keySlot(id) else { return nil }
        // For the same reason as in `find`.
        let digest = keyLine(slot).digest(at: KeyRows.Line.digest)
        guard announcement(of: digest) == 0, let word = cell(slot)?.load(),
            word & Layout.stateMask != 0, keyLine(slot).acquire(KeyRows.Line.id) == id.rawValue
        else { return nil }
        return api(word)
    }

    @inline(__always)
    private func api(_ word: UInt64) -> API {
        let numbers = SharedWords(unsafe: root.acquire(Layout.Root.apis))
        return API(trusted: numbers.load(KeyCell.api(word)))
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

    /// The slot that the state's index has for a digest. Its cell may not be filled yet.
    @inline(__always)
    func keySlot(_ digest: Digest) -> UInt32? {
        let shards = SharedWords(unsafe: root.load(Layout.Root.keyShards))
        return KeyIndex.find(KeyIndex.hash(of: digest), in: shards) { slot in
            knownLine(slot)?.holds(digest, at: KeyRows.Line.digest) ?? false
        }
    }

    @inline(__always)
    func keySlot(_ id: KeyID) -> UInt32? {
        let shards = SharedWords(unsafe: root.load(Layout.Root.keyIDShards))
        return KeyIndex.find(KeyIndex.hash(of: id), in: shards) { slot in
            knownLine(slot)?.acquire(KeyRows.Line.id) == id.rawValue
        }
    }

    /// The words of a key's row that never change while it lives. Requires a slot that the table
    /// has known.
    @inline(__always)
    func keyLine(_ slot: UInt32) -> SharedWords {
        MemoryDirectory.piece(
            Int(slot) / KeyRows.count, root: root, word: Layout.Root.keyRows
        ).advanced(by: Int(slot) % KeyRows.count * KeyRows.Line.words)
    }

    /// The same for a slot that an index names: that may be ahead of what is published.
    @inline(__always)
    private func knownLine(_ slot: UInt32) -> SharedWords? {
        MemoryDirectory.pieceIfThere(
            Int(slot) / KeyRows.count, root: root, word: Layout.Root.keyRows
        )?.advanced(by: Int(slot) % KeyRows.count * KeyRows.Line.words)
    }

    @inline(__always)
    private func keyUser(_ line: SharedWords) -> UInt32 {
        UInt32(truncatingIfNeeded: line.load(KeyRows.Line.userBirthAndState) >> 32)
    }

    @inline(__always)
    func cell(_ slot: UInt32) -> KeyCell? { KeyCells.cell(slot, root: root) }

    /// Zero for a digest that no key is about to be born with.
    @inline(__always)
    func announcement(of digest: Digest) -> UInt32 {
        guard root.acquire(Layout.Root.announced) != 0 else { return 0 }
        let shards = SharedWords(unsafe: root.load(Layout.Root.announcedShards))
        return RowIndex.find(RowHash(uniform: digest.word0), in: shards) { row in
            RowStore.row(
                row, words: Layout.Announcement.count, root: root, word: Layout.Root.announcements
            ).holds(digest, at: Layout.Announcement.digest)
        }
    }

    /// Zero for a key that has no successor.
    func succession(of slot: UInt32) -> UInt32 {
        let shards = SharedWords(unsafe: root.load(Layout.Root.successionShards))
        return RowIndex.find(RowHash(slot: slot), in: shards) { row in
            successionRow(row).load(Layout.Succession.slots) >> 32 == UInt64(slot)
        }
    }

    private func successionRow(_ number: UInt32) -> SharedWords {
        RowStore.row(
            number, words: Layout.Succession.count, root: root, word: Layout.Root.successions)
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
