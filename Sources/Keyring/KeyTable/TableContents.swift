import Basics

/// The writer's side of one whole table: the rows, how to find them by id, and what waits to be
/// freed. Only the writer's thread touches it; readers see the words behind `root`.
///
/// A key's digest and id are in the replicated state's own rows, found by its own indices: the
/// table follows where their memory is (``follow(_:)``) and keeps it as long as readers may look
/// there. What it has of a key itself is a cell, by the key's slot.
///
/// Laws: every row that an index or another row names is allocated; a user's row is there as long
/// as a key or token names it; a state is stored before anything that a reader could take for
/// "applied"; where a row's memory moved to is published before a cell of the key that is in it.
///
/// What every change touches isn't checked for exclusive access (`@exclusivity(unchecked)`): one
/// thread owns all of it, no change calls out, and the checks are a tenth of what filling costs.
final class TableContents {
    let root: SharedWords
    @exclusivity(unchecked) var cells: KeyCells
    @exclusivity(unchecked) var userRows: UserRows
    @exclusivity(unchecked) var keyRows: MemoryDirectory
    /// By digest and by id, as the state has them: addresses of shards.
    let keyShards = SharedWords.allocate(count: KeyIndex.shardCount)
    let keyIDShards = SharedWords.allocate(count: KeyIndex.shardCount)
    /// What readers may look at of the state's memory: chunks of rows, and the two indices' shards.
    @exclusivity(unchecked) var followed = FollowedMemory()
    /// What the numbers in cells stand for.
    @exclusivity(unchecked) var apis: [API] = []
    @exclusivity(unchecked) var announcements: RowStore
    @exclusivity(unchecked) var successions: RowStore
    @exclusivity(unchecked) var users: RowStore
    @exclusivity(unchecked) var accounts: RowStore
    @exclusivity(unchecked) var credits: RowStore
    @exclusivity(unchecked) var tokens: RowStore
    /// By digest: what readers look up.
    @exclusivity(unchecked) var announcedIndex = RowIndex()
    @exclusivity(unchecked) var tokenIndex = RowIndex()
    /// By the slot of who was replaced.
    @exclusivity(unchecked) var successionIndex = RowIndex()
    /// By id: for the writer alone.
    @exclusivity(unchecked) var usersByID = RowIndex()
    @exclusivity(unchecked) var accountsByID = RowIndex()
    @exclusivity(unchecked) var tokensByID = RowIndex()

    /// What is in the log and not yet applied here touches these.
    @exclusivity(unchecked) var blocks = BlockCounts()

    /// Unlinked since the epoch last moved on.
    @exclusivity(unchecked) var retiredMemory: RetiredMemory = []
    @exclusivity(unchecked) var retiredRows: [RetiredRow] = []
    @exclusivity(unchecked) var retiredObjects: [SharedMemory] = []
    /// Unlinked before; freed from the front.
    var limbo = Ring<Limbo>()
    /// What is left of a chain of stamped chunks that was taken off the root, and the chunk whose
    /// marks are being taken: one more than their numbers.
    var stampedChunks = 0
    var drainedChunk = 0
    /// Pieces of memory not yet given back, once nobody reads the table any more.
    private var remains: [SharedWords]?

    struct RetiredRow {
        enum Kind { case announcement, succession, user, account, credits, token }
        let kind: Kind
        let number: UInt32
    }

    struct Limbo {
        enum Piece {
            case memory(SharedWords)
            case row(RetiredRow)
            case object(SharedMemory)
        }
        let piece: Piece
        /// Every reader must have announced it.
        let epoch: UInt64
    }

    init(generation: UInt32) {
        let root = SharedWords.allocate(count: Layout.Root.count)
        self.root = root
        typealias Word = Layout.Root
        cells = KeyCells(root: root)
        userRows = UserRows(root: root)
        keyRows = MemoryDirectory(root: root, word: Word.keyRows)
        announcements = RowStore(
            rowWords: Layout.Announcement.count, root: root, word: Word.announcements)
        successions = RowStore(
            rowWords: Layout.Succession.count, root: root, word: Word.successions)
        users = RowStore(rowWords: Layout.User.count, root: root, word: Word.users)
        accounts = RowStore(rowWords: Layout.Account.count, root: root, word: Word.accounts)
        credits = RowStore(rowWords: Layout.Credits.count, root: root, word: Word.credits)
        tokens = RowStore(rowWords: Layout.Token.count, root: root, word: Word.tokens)
        root.store(UInt64(generation), at: Word.generation)
        root.store(keyShards.address, at: Word.keyShards)
        root.store(keyIDShards.address, at: Word.keyIDShards)
        root.store(announcedIndex.shards.address, at: Word.announcedShards)
        root.store(successionIndex.shards.address, at: Word.successionShards)
        root.store(tokenIndex.shards.address, at: Word.tokenShards)
    }

    /// The same as readers see it.
    var image: TableImage { TableImage(root: root) }

    // MARK: Rows by id, but for keys

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
        if retiredMemory.isEmpty && retiredRows.isEmpty && retiredObjects.isEmpty { return }
        let epoch = epochs.advance()
        for memory in retiredMemory { limbo.append(Limbo(piece: .memory(memory), epoch: epoch)) }
        for row in retiredRows { limbo.append(Limbo(piece: .row(row), epoch: epoch)) }
        for object in retiredObjects { limbo.append(Limbo(piece: .object(object), epoch: epoch)) }
        retiredMemory.removeAll(keepingCapacity: true)
        retiredRows.removeAll(keepingCapacity: true)
        retiredObjects.removeAll(keepingCapacity: true)
    }

    /// Frees what all readers have passed, up to 4,096 rows or some 256 pieces of memory: more than
    /// one batch of entries retires.
    func reclaim(passed epoch: UInt64) {
        var budget = 4_096
        while budget > 0 {
            guard let first = limbo.first, first.epoch <= epoch, let limbo = limbo.popFirst()
            else { return }
            switch limbo.piece {
            case .memory(let memory):
                memory.free()
                budget -= 16
            case .object(let object):
                budget -= 16 * object.pieceCount
            case .row(let row):
                recycle(row)
                budget -= 1
            }
        }
    }

    private func recycle(_ row: RetiredRow) {
        switch row.kind {
        case .announcement: announcements.recycle(row.number)
        case .succession: successions.recycle(row.number)
        case .user: users.recycle(row.number)
        case .account: accounts.recycle(row.number)
        case .credits: credits.recycle(row.number)
        case .token: tokens.recycle(row.number)
        }
    }

    // MARK: The end

    /// Gives back up to `limit` pieces of memory; true when nothing is left. Requires that no
    /// reader can reach the table. For 10 million keys it has 10 thousand chunks of cells, and
    /// keeps 41 thousand pieces of the state's, the indices' pages aside.
    func free(_ limit: Int) -> Bool {
        var pieces = remains ?? everything()
        var left = limit
        while left > 0, let piece = pieces.popLast() {
            piece.free()
            left -= 1
        }
        while left > 0, followed.dropLast() { left -= 1 }
        remains = pieces
        return pieces.isEmpty && followed.isEmpty
    }

    private func everything() -> [SharedWords] {
        var pieces = retiredMemory + [root, keyShards, keyIDShards]
        while let limbo = limbo.popFirst() {
            switch limbo.piece {
            case .memory(let memory): pieces.append(memory)
            case .object(let object): followed.rows.append(object)
            case .row: break
            }
        }
        if let words = SharedWords(address: root.load(Layout.Root.apis)) { pieces.append(words) }
        if let directory = keyRows.words { pieces.append(directory) }
        cells.collect(into: &pieces)
        userRows.collect(into: &pieces)
        for index in indices { index.collect(into: &pieces) }
        for store in stores { store.collect(into: &pieces) }
        return pieces
    }

    private var indices: [RowIndex] {
        [announcedIndex, successionIndex, tokenIndex, usersByID, accountsByID, tokensByID]
    }
    private var stores: [RowStore] {
        [announcements, successions, users, accounts, credits, tokens]
    }

    /// Bytes of all cells, rows and indices; what waits to be freed aside, and what is the state's.
    var byteCount: Int {
        indices.reduce(0) { $0 + $1.byteCount } + stores.reduce(0) { $0 + $1.byteCount }
            + cells.byteCount + userRows.byteCount
            + 8 * (keyRows.capacity + 2 * KeyIndex.shardCount)
    }
}
