/// Finds slots by the hash of what they hold: open addressing with linear probing, eight bytes an
/// entry. It only answers look-ups, is never iterated in replicated state and isn't part of a
/// snapshot.
///
/// It grows shard by shard, so that no insertion pays for more than 1/256 of the whole; and by a
/// quarter, so that a shard is 70 to 87 % full: 9 to 11 bytes an entry.
struct SlotIndex: Sendable {
    struct Shard: Sendable {
        /// The hash's low half above the slot's number and one; zero is empty.
        var entries: [UInt64] = []
        var used = 0
    }

    private var shards = [Shard](repeating: Shard(), count: 256)
    private(set) var count = 0

    /// The slot of that hash for which `matches` holds.
    func find(_ hash: UInt64, where matches: (UInt32) -> Bool) -> UInt32? {
        let entries = shards[Int(hash >> 56)].entries
        guard !entries.isEmpty else { return nil }
        var position = Shard.home(of: hash << 32, among: entries.count)
        while entries[position] != 0 {
            let entry = entries[position]
            let slot = SlotIndex.slot(of: entry)
            if entry >> 32 == hash & 0xffff_ffff, matches(slot) { return slot }
            position = position + 1 == entries.count ? 0 : position + 1
        }
        return nil
    }

    private static func slot(of entry: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: entry) - 1
    }

    /// Makes room for so many entries, if there is none yet, so that filling it copies next to
    /// nothing.
    mutating func reserve(_ entries: Int) {
        guard count == 0, entries >= 64 * shards.count else { return }
        // The few shards that get more grow.
        let capacity = ShardShare.largest(of: entries, among: shards.count) * 8 / 7 + 8
        for number in shards.indices {
            shards[number].entries = [UInt64](repeating: 0, count: capacity)
        }
    }

    mutating func insert(_ hash: UInt64, _ slot: UInt32) {
        shards[Int(hash >> 56)].insert(SlotIndex.entry(hash, slot))
        count += 1
    }

    /// Requires that the slot was inserted with that hash.
    mutating func remove(_ hash: UInt64, _ slot: UInt32) {
        shards[Int(hash >> 56)].remove(SlotIndex.entry(hash, slot))
        count -= 1
    }

    private static func entry(_ hash: UInt64, _ slot: UInt32) -> UInt64 {
        let tag: UInt64 = hash << 32
        return tag | UInt64(slot + 1)
    }

    /// Spreads a number over all bits (the finaliser of SplitMix64). Ids are random already,
    /// but not in tests and not if a client could choose them.
    static func spread(_ number: UInt64) -> UInt64 {
        var mixed = number &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

extension SlotIndex.Shard {
    mutating func insert(_ entry: UInt64) {
        if (used + 1) * 8 > entries.count * 7 { grow() }
        place(entry)
        used += 1
    }

    mutating func remove(_ entry: UInt64) {
        var hole = home(of: entry)
        while entries[hole] != entry {
            precondition(entries[hole] != 0, "the index doesn't know the slot")
            hole = after(hole)
        }
        // Moves back what probed past the hole, so that no tombstones are needed.
        var position = hole
        while true {
            position = after(position)
            let moved = entries[position]
            if moved == 0 { break }
            if distance(from: home(of: moved), to: position) >= distance(from: hole, to: position) {
                entries[hole] = moved
                hole = position
            }
        }
        entries[hole] = 0
        used -= 1
    }

    /// Ascends with the hash, so that a shard is copied from front to back.
    @inline(__always)
    static func home(of entry: UInt64, among count: Int) -> Int {
        Int(truncatingIfNeeded: ((entry >> 32) &* UInt64(truncatingIfNeeded: count)) >> 32)
    }

    private func home(of entry: UInt64) -> Int {
        SlotIndex.Shard.home(of: entry, among: entries.count)
    }

    private func after(_ position: Int) -> Int {
        position + 1 == entries.count ? 0 : position + 1
    }

    private func distance(from start: Int, to end: Int) -> Int {
        end >= start ? end - start : end - start + entries.count
    }

    private mutating func place(_ entry: UInt64) {
        var position = home(of: entry)
        while entries[position] != 0 { position = after(position) }
        entries[position] = entry
    }

    private mutating func grow() {
        let old = entries
        entries = [UInt64](repeating: 0, count: old.count + max(8, old.count / 4))
        for entry in old where entry != 0 { place(entry) }
    }
}
