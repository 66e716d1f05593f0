/// Finds slots by the hash of what they hold: open addressing with linear probing, eight bytes an
/// entry. It only answers look-ups, is never iterated in replicated state and isn't part of a
/// snapshot.
///
/// It grows shard by shard, so that no insertion pays for more than 1/256 of the whole.
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
        let mask = entries.count - 1
        var position = Int(UInt32(truncatingIfNeeded: hash)) & mask
        while entries[position] != 0 {
            let entry = entries[position]
            let slot = UInt32(truncatingIfNeeded: entry) - 1
            if entry >> 32 == hash & 0xffff_ffff, matches(slot) { return slot }
            position = (position + 1) & mask
        }
        return nil
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
        if (used + 1) * 4 > entries.count * 3 { grow() }
        place(entry)
        used += 1
    }

    mutating func remove(_ entry: UInt64) {
        let mask = entries.count - 1
        var hole = home(of: entry)
        while entries[hole] != entry {
            precondition(entries[hole] != 0, "the index doesn't know the slot")
            hole = (hole + 1) & mask
        }
        // Moves back what probed past the hole, so that no tombstones are needed.
        var position = hole
        while true {
            position = (position + 1) & mask
            let moved = entries[position]
            if moved == 0 { break }
            let distanceFromHome = (position - home(of: moved)) & mask
            if distanceFromHome >= (position - hole) & mask {
                entries[hole] = moved
                hole = position
            }
        }
        entries[hole] = 0
        used -= 1
    }

    private func home(of entry: UInt64) -> Int { Int(entry >> 32) & (entries.count - 1) }

    private mutating func place(_ entry: UInt64) {
        var position = home(of: entry)
        while entries[position] != 0 { position = (position + 1) & (entries.count - 1) }
        entries[position] = entry
    }

    private mutating func grow() {
        let old = entries
        entries = [UInt64](repeating: 0, count: max(8, old.count * 2))
        for entry in old where entry != 0 { place(entry) }
    }
}
