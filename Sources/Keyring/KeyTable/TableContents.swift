import Basics

/// The writer's side of one whole table: the rows, how to find them by id, and what waits to be
/// freed. Only the writer's thread touches it; readers see the words behind `root`.
///
/// Laws: every row that an index or another row names is allocated; a user's row is there as long
/// as a key or token names it; a state is stored before anything that a reader could take for
/// "applied".
///
/// What every change touches isn't checked for exclusive access (`@exclusivity(unchecked)`): one
/// thread owns all of it, no change calls out, and the checks are a tenth of what filling costs.
final class TableContents {
    let root: SharedWords
    @exclusivity(unchecked) var keys: RowStore
    @exclusivity(unchecked) var users: RowStore
    @exclusivity(unchecked) var accounts: RowStore
    @exclusivity(unchecked) var credits: RowStore
    @exclusivity(unchecked) var tokens: RowStore
    /// By digest: what readers look up.
    @exclusivity(unchecked) var keyIndex = RowIndex()
    @exclusivity(unchecked) var tokenIndex = RowIndex()
    /// By id: but for keys' APIs, for the writer alone.
    @exclusivity(unchecked) var keysByID = RowIndex()
    @exclusivity(unchecked) var usersByID = RowIndex()
    @exclusivity(unchecked) var accountsByID = RowIndex()
    @exclusivity(unchecked) var tokensByID = RowIndex()

    /// What is in the log and not yet applied here touches these.
    @exclusivity(unchecked) var blocks = BlockCounts()

    /// Unlinked since the epoch last moved on.
    @exclusivity(unchecked) var retiredMemory: RetiredMemory = []
    @exclusivity(unchecked) var retiredRows: [RetiredRow] = []
    /// Unlinked before; freed from the front.
    var limbo = Ring<Limbo>()
    /// What is left of a chain of stamped keys that was taken off the root.
    var stampedKeys: UInt32 = 0
    /// Pieces of memory not yet given back, once nobody reads the table any more.
    private var remains: [SharedWords]?

    struct RetiredRow {
        enum Kind { case key, user, account, credits, token }
        let kind: Kind
        let number: UInt32
    }

    struct Limbo {
        enum Piece {
            case memory(SharedWords)
            case row(RetiredRow)
        }
        let piece: Piece
        /// Every reader must have announced it.
        let epoch: UInt64
    }

    init(generation: UInt32) {
        let root = SharedWords.allocate(count: Layout.Root.count)
        self.root = root
        typealias Word = Layout.Root
        keys = RowStore(rowWords: Layout.Key.count, root: root, word: Word.keys)
        users = RowStore(rowWords: Layout.User.count, root: root, word: Word.users)
        accounts = RowStore(rowWords: Layout.Account.count, root: root, word: Word.accounts)
        credits = RowStore(rowWords: Layout.Credits.count, root: root, word: Word.credits)
        tokens = RowStore(rowWords: Layout.Token.count, root: root, word: Word.tokens)
        root.store(UInt64(generation), at: Word.generation)
        root.store(keyIndex.shards.address, at: Word.keyShards)
        root.store(tokenIndex.shards.address, at: Word.tokenShards)
        root.store(keysByID.shards.address, at: Word.keyIDShards)
    }

    // MARK: Rows by id

    func keyRow(_ id: KeyID) -> UInt32 {
        RowIndex.find(RowHash(id: id.rawValue), in: keysByID.shards) {
            keys[$0].load(Layout.Key.id) == id.rawValue
        }
    }
    func keyRow(_ digest: Digest) -> UInt32 {
        RowIndex.find(RowHash(uniform: digest.word0), in: keyIndex.shards) {
            keys[$0].holds(digest, at: Layout.Key.digest)
        }
    }
    func userRow(_ id: UserID) -> UInt32 {
        RowIndex.find(RowHash(id: id.rawValue), in: usersByID.shards) {
            users[$0].load(Layout.User.id) == id.rawValue
        }
    }
    func accountRow(_ id: AccountID) -> UInt32 {
        RowIndex.find(RowHash(id: id.rawValue), in: accountsByID.shards) {
            accounts[$0].load(Layout.Account.id) == id.rawValue
        }
    }
    func tokenRow(_ id: TokenID) -> UInt32 {
        RowIndex.find(RowHash(id: id.rawValue), in: tokensByID.shards) {
            tokens[$0].load(Layout.Token.id) == id.rawValue
        }
    }

    // MARK: Retirement

    /// What was unlinked until now may be freed once all readers announced the returned epoch's
    /// like. Called when the writer publishes, so that an epoch covers a whole batch.
    func retire(_ epochs: ReaderEpochs) {
        if retiredMemory.isEmpty && retiredRows.isEmpty { return }
        let epoch = epochs.advance()
        for memory in retiredMemory { limbo.append(Limbo(piece: .memory(memory), epoch: epoch)) }
        for row in retiredRows { limbo.append(Limbo(piece: .row(row), epoch: epoch)) }
        retiredMemory.removeAll(keepingCapacity: true)
        retiredRows.removeAll(keepingCapacity: true)
    }

    /// Frees what all readers have passed, up to 4,096 rows or 256 pieces of memory: more than one
    /// batch of entries retires, and less than a millisecond's work.
    func reclaim(passed epoch: UInt64) {
        var budget = 4_096
        while budget > 0 {
            guard let first = limbo.first, first.epoch <= epoch, let limbo = limbo.popFirst()
            else { return }
            switch limbo.piece {
            case .memory(let memory):
                memory.free()
                budget -= 16
            case .row(let row):
                recycle(row)
                budget -= 1
            }
        }
    }

    private func recycle(_ row: RetiredRow) {
        switch row.kind {
        case .key:
            // Still in the chain of stamped keys: its link is needed until the chain is read.
            if keys[row.number].half(Layout.Key.link, 0).pointee.load(ordering: .acquiring) != 0 {
                retiredRows.append(row)
            } else {
                keys.recycle(row.number)
            }
        case .user: users.recycle(row.number)
        case .account: accounts.recycle(row.number)
        case .credits: credits.recycle(row.number)
        case .token: tokens.recycle(row.number)
        }
    }

    // MARK: The end

    /// Gives back up to `limit` pieces of memory; true when nothing is left. Requires that no
    /// reader can reach the table. A table of 10 million keys has 20 thousand pieces.
    func free(_ limit: Int) -> Bool {
        var pieces = remains ?? everything()
        for _ in 0..<limit {
            guard let piece = pieces.popLast() else { break }
            piece.free()
        }
        remains = pieces
        return pieces.isEmpty
    }

    private func everything() -> [SharedWords] {
        var pieces = retiredMemory + [root]
        while let limbo = limbo.popFirst() {
            if case .memory(let memory) = limbo.piece { pieces.append(memory) }
        }
        for index in [keyIndex, tokenIndex, keysByID, usersByID, accountsByID, tokensByID] {
            index.collect(into: &pieces)
        }
        for store in [keys, users, accounts, credits, tokens] { store.collect(into: &pieces) }
        return pieces
    }

    /// Bytes of all rows and indices, what waits to be freed aside.
    var byteCount: Int {
        let indices = [keyIndex, tokenIndex, keysByID, usersByID, accountsByID, tokensByID]
        let stores = [keys, users, accounts, credits, tokens]
        return indices.reduce(0) { $0 + $1.byteCount } + stores.reduce(0) { $0 + $1.byteCount }
    }
}
