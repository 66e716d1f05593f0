/// Where a hash leads: one of an index's shards, and the 32 bits that the entries of a shard keep.
struct RowHash {
    let shard: Int
    let tag: UInt64

    /// What a shard keeps of a row.
    func entry(_ row: UInt32) -> UInt64 { tag << 32 | UInt64(row) }

    /// From 64 bits that are as good as random.
    @inline(__always)
    init(uniform bits: UInt64) {
        shard = Int(truncatingIfNeeded: bits >> (64 - RowIndex.shardBits))
        tag = bits >> (32 - RowIndex.shardBits) & 0xffff_ffff
    }

    /// From an id. Ids are drawn at random; mixed all the same (SplitMix64's finaliser), so that
    /// ids chosen otherwise don't crowd one shard.
    init(id: UInt64) {
        var bits = id
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        self.init(uniform: bits ^ bits >> 31)
    }
}

/// A hash table of row numbers, read without locks while one writer changes it: open addressing
/// with linear probing, in shards that grow one by one.
///
/// A shard's memory is a count of entries and as many entries of one word: 32 bits of the hash
/// above the row's number. An entry therefore appears and goes in one store, and a place is used
/// again at once, by any entry. Memory of a shard that was replaced stays until the readers have
/// passed (``ReaderEpochs``).
///
/// Laws: an entry lies at or after the place its tag points to, with no empty place between; a
/// shard always has an empty place; row 0 is never indexed.
///
/// The position grows with the tag, so that a shard is copied from front to back: 10 thousand
/// entries, a shard's share of 10 million, take 0.2 ms on a busy machine.
struct RowIndex {
    static let shardBits: UInt64 = 10
    static let shardCount = 1 << shardBits
    /// Looks taken, and is nobody's: tag 0 with a row that no store reaches.
    private static let tombstone: UInt64 = 0xffff_ffff
    private static let smallest = 8

    /// One word a shard: where its memory is, or zero.
    let shards: SharedWords
    private var counts: [Counts]

    private struct Counts {
        var live: UInt32 = 0
        /// Live entries and tombstones.
        var taken: UInt32 = 0
    }

    init() {
        shards = .allocate(count: RowIndex.shardCount)
        counts = Array(repeating: Counts(), count: RowIndex.shardCount)
    }

    // MARK: Readers

    /// The first row under this hash that `matches`; 0 if there is none. Never waits: a shard has
    /// an empty place, and the writer's stores neither move an entry nor open a gap before it.
    @inline(__always)
    static func find(_ hash: RowHash, in shards: SharedWords, matches: (UInt32) -> Bool) -> UInt32 {
        let address = shards.acquire(hash.shard)
        guard address != 0 else { return 0 }
        let shard = SharedWords(unsafe: address)
        let capacity = shard.load(0)
        var place = (hash.tag &* capacity) >> 32
        while true {
            let entry = shard.acquire(Int(truncatingIfNeeded: 1 &+ place))
            if entry == 0 { return 0 }
            if entry >> 32 == hash.tag, entry != tombstone {
                let row = UInt32(truncatingIfNeeded: entry)
                if matches(row) { return row }
            }
            place &+= 1
            if place == capacity { place = 0 }
        }
    }

    // MARK: The writer

    /// Makes room for so many rows, if there are none yet, so that filling it copies next to
    /// nothing.
    mutating func reserve(_ rows: Int) {
        guard rows >= 8 * RowIndex.shardCount else { return }
        // The few shards that get more grow.
        let largest = ShardShare.largest(of: rows, among: RowIndex.shardCount)
        let words = (largest * 8 / 7 + 9 + 7) & ~7
        for number in 0..<RowIndex.shardCount where shards.load(number) == 0 {
            let shard = SharedWords.allocate(count: words)
            shard.store(UInt64(words - 1), at: 0)
            shards.publish(shard.address, at: number)
        }
    }

    /// Publishes a row whose words are all written. Requires that it isn't indexed yet.
    mutating func insert(_ row: UInt32, at hash: RowHash, retiring retired: inout RetiredMemory) {
        insert(hash.entry(row), into: hash.shard, retiring: &retired)
    }

    private mutating func insert(
        _ fresh: UInt64, into number: Int, retiring retired: inout RetiredMemory
    ) {
        let row = UInt32(truncatingIfNeeded: fresh)
        precondition(row != 0 && row != UInt32.max, "no such row")
        makeRoom(in: number, retiring: &retired)
        let shard = SharedWords(unsafe: shards.load(number))
        let capacity = Int(shard.load(0))
        var place = RowIndex.place(of: fresh >> 32, capacity: capacity)
        while true {
            let entry = shard.load(1 + place)
            if entry == 0 || entry == RowIndex.tombstone {
                shard.publish(fresh, at: 1 + place)
                counts[number].live += 1
                if entry == 0 { counts[number].taken += 1 }
                return
            }
            place = place + 1 == capacity ? 0 : place + 1
        }
    }

    /// Requires that the row is indexed under this hash.
    mutating func remove(_ row: UInt32, at hash: RowHash, retiring retired: inout RetiredMemory) {
        let shard = SharedWords(unsafe: shards.load(hash.shard))
        let capacity = Int(shard.load(0))
        var place = RowIndex.place(of: hash.tag, capacity: capacity)
        while shard.load(1 + place) != hash.tag << 32 | UInt64(row) {
            precondition(shard.load(1 + place) != 0, "the row isn't indexed")
            place = place + 1 == capacity ? 0 : place + 1
        }
        shard.publish(RowIndex.tombstone, at: 1 + place)
        counts[hash.shard].live -= 1
        clearTombstones(endingAt: place, in: hash.shard)
        shrink(hash.shard, retiring: &retired)
    }

    /// No entry lies beyond a tombstone that an empty place follows, so it can be empty as well.
    private mutating func clearTombstones(endingAt last: Int, in number: Int) {
        let shard = SharedWords(unsafe: shards.load(number))
        let capacity = Int(shard.load(0))
        var place = last
        guard shard.load(1 + (place + 1 == capacity ? 0 : place + 1)) == 0 else { return }
        while shard.load(1 + place) == RowIndex.tombstone {
            shard.publish(0, at: 1 + place)
            counts[number].taken -= 1
            place = place == 0 ? capacity - 1 : place - 1
        }
    }

    private static func place(of tag: UInt64, capacity: Int) -> Int {
        Int(truncatingIfNeeded: (tag &* UInt64(capacity)) >> 32)
    }

    /// Leaves at least an eighth of the shard empty after one more entry.
    private mutating func makeRoom(in number: Int, retiring retired: inout RetiredMemory) {
        guard let shard = SharedWords(address: shards.load(number)) else {
            let fresh = SharedWords.allocate(count: RowIndex.smallest)
            fresh.store(UInt64(RowIndex.smallest - 1), at: 0)
            return shards.publish(fresh.address, at: number)
        }
        let capacity = Int(shard.load(0))
        guard (Int(counts[number].taken) + 1) * 8 > capacity * 7 else { return }
        // Grow by a quarter, so that a shard is 70 to 87 % full: 9 to 11 bytes an entry. If a
        // fifth of what is taken are tombstones, copying without them is enough.
        let isCrowded = Int(counts[number].live) * 10 >= capacity * 7
        let words = capacity + 1
        rebuild(
            number, words: isCrowded ? RowIndex.grown(words) : words, retiring: &retired)
    }

    private static func grown(_ words: Int) -> Int { (words + max(words / 4, 8) + 7) & ~7 }

    private mutating func shrink(_ number: Int, retiring retired: inout RetiredMemory) {
        let words = Int(SharedWords(unsafe: shards.load(number)).load(0)) + 1
        guard words > 64, Int(counts[number].live) * 6 < words else { return }
        rebuild(number, words: (words / 2 + 7) & ~7, retiring: &retired)
    }

    private mutating func rebuild(_ number: Int, words: Int, retiring retired: inout RetiredMemory)
    {
        let old = SharedWords(unsafe: shards.load(number))
        let fresh = SharedWords.allocate(count: words)
        let capacity = words - 1
        fresh.store(UInt64(capacity), at: 0)
        for offset in 1...Int(old.load(0)) {
            let entry = old.load(offset)
            if entry == 0 || entry == RowIndex.tombstone { continue }
            var place = RowIndex.place(of: entry >> 32, capacity: capacity)
            while fresh.load(1 + place) != 0 { place = place + 1 == capacity ? 0 : place + 1 }
            fresh.store(entry, at: 1 + place)
        }
        shards.publish(fresh.address, at: number)
        counts[number].taken = counts[number].live
        retired.append(old)
    }

    /// All the memory of the index.
    func collect(into pieces: inout [SharedWords]) {
        pieces.append(shards)
        for number in 0..<RowIndex.shardCount {
            if let shard = SharedWords(address: shards.load(number)) { pieces.append(shard) }
        }
    }

    /// Bytes held, those of retired memory aside.
    var byteCount: Int {
        (0..<RowIndex.shardCount).reduce(8 * RowIndex.shardCount) { sum, number in
            sum + 8 * (SharedWords(address: shards.load(number)).map { Int($0.load(0)) + 1 } ?? 0)
        }
    }
}
