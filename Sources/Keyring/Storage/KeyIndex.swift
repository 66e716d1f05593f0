/// Finds keys' slots by a hash of what they hold, about six bytes an entry: the replicated state's
/// look-up, a value, whose memory a key table's readers on other threads look through as well,
/// without locks, while its one writer changes it.
///
/// 1,024 shards, chosen by the hash's top ten bits, each of buckets of one cache line (``Lines``).
/// A bucket has twelve places, and a byte of the hash for each; who looks for a hash compares all
/// twelve at once and misses the cache once, nine times in ten. What finds no place in its home
/// bucket goes on to another, and each bucket on the way (``Way``) counts it: a removal moves
/// nothing and leaves no tombstone (Bronson and Shi, "Open-sourcing F14 for faster, more
/// memory-efficient hash tables", Facebook 2019).
///
/// Laws:
/// - An entry's tag agrees with its hash, its bucket is on the hash's way, and each bucket before
///   that counts it; nothing else is counted.
/// - A shard is at most eleven twelfths full.
/// - What a copy answers never changes by what is done to another: a shard that two of them hold
///   is copied before either writes to it. Who holds a shard's ``SharedMemory`` alone doesn't keep
///   the writer from writing to it.
/// - Memory that was replaced isn't written to again by its writer, and lives as long as somebody
///   holds it. A copy that still has it might write to it, so readers follow a value of which no
///   copy is changed.
/// - Once ``beginFollowing()`` was called, ``takeMoved()`` gives every shard whose memory is
///   another than when it was last called, and none else.
/// - Whoever looks through the memory finds each entry that was there before he began and still is
///   when he ends; the reasons are at ``Lines``. What was written to a shard that moved is there
///   for readers once they are given its new memory.
///
/// It is never iterated in replicated state and isn't part of a snapshot.
struct KeyIndex: Sendable {
    static let shardBits = 10
    static let shardCount = 1 << shardBits

    /// None until the first entry, so that an empty index costs nothing; then one a shard, or nil
    /// if that never had an entry.
    var shards: [Box?] = []
    var count = 0
    /// The shards whose memory was replaced since that was last asked for; nil if nobody follows.
    private(set) var moved: [UInt16]?

    /// A shard as its owners hold it: the index and its copies, but not those who hold the memory.
    ///
    /// `@unchecked Sendable`: `used` is written only by an index that is the box's only owner, and
    /// so are the words, which are atomic because readers look at them.
    final class Box: @unchecked Sendable {
        let memory: SharedMemory
        let lines: Lines
        /// Places taken.
        var used = 0

        /// With nothing in it.
        init(buckets: Int) {
            memory = Lines.allocate(buckets: buckets)
            lines = Lines(memory.words)
        }

        /// Nobody writes to a box that has several owners, so its words can be copied plainly.
        convenience init(copying other: Box) {
            self.init(buckets: other.lines.buckets)
            lines.copy(other.lines)
            used = other.used
        }
    }

    /// The slot of that hash for which `matches` holds. Asks it about some slots of other hashes,
    /// too.
    @inline(__always)
    func find(_ hash: UInt64, where matches: (UInt32) -> Bool) -> UInt32? {
        let hash = KeyHash(hash)
        guard count > 0, let lines = shards[hash.shard]?.lines else { return nil }
        return lines.find(hash, matches: matches)
    }

    /// What ``find(_:where:)`` does, for a reader on another thread: `shards` has a word for each
    /// shard, the address of its memory or zero. Never waits, and `matches` must compare the whole
    /// key, even if it was once asked about: the slot may be another key's by now.
    @inline(__always)
    static func find(
        _ hash: UInt64, in shards: SharedWords, matches: (UInt32) -> Bool
    ) -> UInt32? {
        let hash = KeyHash(hash)
        guard let words = SharedWords(address: shards.acquire(hash.shard)) else { return nil }
        return Lines(words).find(hash, matches: matches)
    }

    /// Bytes held: those of the shards' memory and of their list.
    var byteCount: Int {
        shards.reduce(8 * shards.count) { sum, box in
            sum + (box?.lines.byteCount ?? 0)
        }
    }
}

/// Where a hash leads: a shard, and the 32 bits below those that choose it. The home bucket ascends
/// with these, so that a shard is copied and filled from front to back; their lowest eight, which
/// no shard has buckets enough to depend on, are the tag. An entry's bits and slot together are
/// thus one word of a ``ShardOrder``.
struct KeyHash {
    let shard: Int
    let bits: UInt32

    @inline(__always)
    init(_ hash: UInt64) {
        shard = Int(truncatingIfNeeded: hash >> (64 - UInt64(KeyIndex.shardBits)))
        bits = UInt32(truncatingIfNeeded: hash >> (32 - UInt64(KeyIndex.shardBits)))
    }

    @inline(__always)
    init(shard: Int, bits: UInt32) {
        self.shard = shard
        self.bits = bits
    }

    /// Not zero, which is the tag of an empty place.
    @inline(__always)
    var tag: UInt64 { UInt64(max(bits & 0xff, 1)) }

    @inline(__always)
    func home(among buckets: Int) -> Int {
        Int(truncatingIfNeeded: (UInt64(bits) &* UInt64(truncatingIfNeeded: buckets)) >> 32)
    }
}

// MARK: Following

extension KeyIndex {
    /// From now on keeps the numbers of the shards whose memory is replaced, for ``takeMoved()``.
    /// Who begins to follow looks at the memory of all of them first.
    mutating func beginFollowing() { moved = [] }

    /// The shards whose memory was replaced since the last call, or since ``beginFollowing()``.
    @inline(__always)
    mutating func takeMoved() -> [UInt16] {
        guard moved?.isEmpty == false else { return [] }
        defer { moved = [] }
        return moved ?? []
    }

    /// Nil if the shard has none, which finds nothing.
    func memory(ofShard number: Int) -> SharedMemory? {
        shards.isEmpty ? nil : shards[number]?.memory
    }

    /// The one place where a shard's memory is replaced.
    mutating func replace(_ number: Int, with box: Box?) {
        shards[number] = box
        // A list, not a set: it is short unless nobody takes it, and then no longer than the shards
        // are many.
        guard moved?.contains(UInt16(number)) == false else { return }
        moved?.append(UInt16(number))
    }
}
