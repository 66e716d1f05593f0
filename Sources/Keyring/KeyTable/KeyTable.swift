import Basics
import Synchronization

/// The read side of the keyring: what a front thread needs to answer a validation by itself,
/// without the replica thread, a lock, an allocation or a count of references.
///
/// One writer, many readers. The writer is the replica thread: it says where the replicated state
/// has its keys (``follow(_:)``) and hands over what an entry changed (``apply(_:)``), then up to
/// which entry the table reads (``publish(_:)``). A reader is one thread with a ``Reader`` of its
/// own.
///
/// Digests and ids of keys are kept once: readers look at the state's own rows, by the state's own
/// indices, and what may change of a key is in a cell of the table.
///
/// Laws:
/// - A state is one word and stored before the index that includes it: who reads the index first
///   and the states after it sees at least what that index includes (the order of a lease
///   holder's loads and of the writer's stores).
/// - When `apply` has returned, no look-up that begins later finds the earlier state; when `block`
///   has, every one finds its subjects blocked, whether or not they are in the table.
/// - A reader never waits: it begins a load again only if the writer finished two whole changes
///   of the same allowance while it read three words.
/// - No step of the writer is longer than a millisecond: an index grows by one of 1,024 shards at
///   a time, and what is freed is freed in portions.
/// - Memory that was unlinked stays until every reader at work has been quiescent.
///
/// A key takes 4 bytes beside what the state has of it, and a share of its user's 32 and their
/// index entry. A limit takes 64.
///
/// `@unchecked Sendable`: the fields that only the writer touches are no more than that by the
/// contract above, which the types can't express (a writer that can't be copied would have to
/// live in the replica's node); everything that two threads touch is an atomic word
/// (``SharedWords``). The stress test runs under the thread sanitizer.
public final class KeyTable: @unchecked Sendable {
    /// Readers at a time: front threads, metrics and tests.
    public static let readerLimit = 64
    /// Leases in force at a time.
    public static let leaseLimit = 4
    /// Pieces of a replaced table given back in one publication.
    private static let piecesFreedAtOnce = 256

    /// What readers begin with.
    enum Word {
        /// The root of the image in force.
        static let root = 0
        /// Whether every answer is to be confirmed by the leader: 1 or 0.
        static let isConfirming = 1
        /// On lines of their own: they move with every renewal.
        static let leases = 16
        static let count = 48
    }

    let words = SharedWords.allocate(count: Word.count)
    let epochs = ReaderEpochs()
    private var contents = TableContents(generation: 0)
    private var generations: UInt32 = 0
    /// Tables that were replaced, oldest first, and the epoch that readers must reach.
    private var replaced: [(contents: TableContents, epoch: UInt64)] = []

    public init() {
        leases.clear()
        words.publish(contents.root.address, at: Word.root)
    }

    deinit {
        // Readers keep the table alive, so there are none.
        _ = contents.free(.max)
        for old in replaced { _ = old.contents.free(.max) }
        epochs.free()
        words.free()
    }

    var leases: LeaseCells { LeaseCells(words: words.advanced(by: Word.leases)) }

    // MARK: The writer

    /// Goes along with where the state keeps its keys. To be called when entries were applied to
    /// it, before their changes are; the state must be the one that the table was filled from.
    public func follow(_ machine: inout StateMachine) { contents.follow(&machine) }

    /// Begins to, with a state that has no keys yet, or whose keys are told one by one.
    func beginFollowing(_ machine: inout StateMachine) { contents.beginFollowing(&machine) }

    /// Makes a change visible, at once. Readers may see it before the index that includes it.
    public func apply(_ change: TableChange) { contents.apply(change) }

    /// Everything up to `index` was applied. Also gives back memory that readers are done with,
    /// so it is to be called now and then even if nothing changes.
    public func publish(_ index: LogIndex) {
        contents.root.publish(index.rawValue, at: Layout.Root.appliedIndex)
        reclaim()
    }

    /// Puts these leases in force, in ascending order of their expiry, and no others.
    public func setLeases(_ leases: [Lease]) { self.leases.store(leases) }

    /// Whether every answer is to be confirmed by the leader.
    public func setConfirming(_ isConfirming: Bool) {
        words.publish(isConfirming ? 1 : 0, at: Word.isConfirming)
    }

    /// An entry that touches these is in the log: nobody is answered about them until it is
    /// applied. In force for every look-up that begins after this has returned.
    public func block(_ subjects: [KeyStateSubject]) {
        for subject in subjects { contents.block(subject) }
        // Not only stored: seen by whoever looks from now on, because somebody is about to be told.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// The entry was applied, with all its changes, or is in the log no more.
    public func unblock(_ subjects: [KeyStateSubject]) {
        for subject in subjects { contents.unblock(subject) }
    }

    /// Whether an entry touches it that isn't applied. For the writer's thread.
    public func isBlocked(_ subject: KeyStateSubject) -> Bool { contents.blocks.contains(subject) }

    /// Whether an entry that touches the key with this digest, its user or its account isn't
    /// applied. For the writer's thread.
    public func isBlocked(_ digest: Digest) -> Bool {
        switch image.lookUp(digest) {
        case .unknown: false
        case .announced: true
        case .known(let key): key.isBlocked
        }
    }

    /// The table in force, for the writer's thread.
    public var image: TableImage { contents.image }

    /// A table beside the one in force, to be filled from a snapshot and then installed. Fill it
    /// on the writer's thread, in as many steps as it takes; readers go on in the old one.
    public struct Replacement: ~Copyable {
        fileprivate let contents: TableContents
        fileprivate var isInstalled = false

        fileprivate init(generation: UInt32) { contents = TableContents(generation: generation) }

        public func apply(_ change: TableChange) { contents.apply(change) }

        /// Where the state has its keys, as ``KeyTable/follow(_:)``.
        func follow(_ machine: inout StateMachine) { contents.beginFollowing(&machine) }

        /// Brings in everything that the read side holds of a state. Requires that nothing was
        /// applied before.
        ///
        /// From here on the table follows this machine: ``KeyTable/follow(_:)``.
        public func fill(from machine: inout StateMachine) { contents.fill(from: &machine) }

        /// As for the table in force, whose blocks end with it.
        public func block(_ subjects: [KeyStateSubject]) {
            for subject in subjects { contents.block(subject) }
        }

        deinit { if !isInstalled { _ = contents.free(.max) } }
    }

    public func makeReplacement() -> Replacement {
        generations &+= 1
        return Replacement(generation: generations)
    }

    /// Puts the replacement in force as it stands at `index`. A reader sees either table whole,
    /// with its own index. Stamps of last uses not yet drained are lost.
    public func install(_ replacement: consuming Replacement, at index: LogIndex) {
        let fresh = replacement.contents
        replacement.isInstalled = true
        fresh.root.publish(index.rawValue, at: Layout.Root.appliedIndex)
        words.publish(fresh.root.address, at: Word.root)
        // As for `block`: what is blocked in it is about to be told.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        replaced.append((contents, epochs.advance()))
        contents = fresh
    }

    private func reclaim() {
        contents.retire(epochs)
        guard !contents.limbo.isEmpty || !replaced.isEmpty else { return }
        let passed = epochs.passed()
        contents.reclaim(passed: passed)
        if let oldest = replaced.first, oldest.epoch <= passed,
            oldest.contents.free(KeyTable.piecesFreedAtOnce)
        {
            replaced.removeFirst()
        }
    }

    /// Takes up to `limit` keys whose last use was stamped since they were last taken, with the
    /// minute (since 1970). The rest is taken by the next call.
    public func drainLastUses(_ limit: Int, _ body: (KeyID, UInt32) -> Void) {
        contents.drainLastUses(limit, body)
    }

    /// Bytes that the table in force occupies, what waits to be freed aside.
    public var byteCount: Int { contents.byteCount }

    /// Pieces of memory that readers may still be looking at.
    var retiredCount: Int {
        contents.limbo.count + contents.retiredMemory.count + contents.retiredRows.count
            + contents.retiredObjects.count + replaced.count
    }
}
