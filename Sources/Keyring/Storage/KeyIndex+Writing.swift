extension KeyIndex {
    /// Requires that the slot isn't there under this hash. `hashOf` gives the hash of a slot that
    /// is there, for a shard that grows.
    @inline(__always)
    mutating func insert(_ hash: UInt64, _ slot: UInt32, hashOf: (UInt32) -> UInt64) {
        precondition(slot < UInt32.max - 1, "no such slot")
        let hash = KeyHash(hash)
        if !isReady(hash.shard) { makeRoom(in: hash.shard, hashOf: hashOf) }
        let box = shards[hash.shard].unsafelyUnwrapped
        box.lines.insert(hash, slot)
        box.used += 1
        count += 1
    }

    /// Requires that the slot was inserted with that hash. `hashOf` gives the hash of any other
    /// slot that is there, for a shard that shrinks.
    mutating func remove(_ hash: UInt64, _ slot: UInt32, hashOf: (UInt32) -> UInt64) {
        let hash = KeyHash(hash)
        precondition(memory(ofShard: hash.shard) != nil, "the index doesn't know the slot")
        if !isKnownUniquelyReferenced(&shards[hash.shard]) { copy(hash.shard) }
        let box = shards[hash.shard].unsafelyUnwrapped
        box.lines.remove(hash, slot)
        box.used -= 1
        count -= 1
        shrink(hash.shard, hashOf: hashOf)
    }

    /// Whether one more entry can be stored in the memory that the shard has.
    @inline(__always)
    private mutating func isReady(_ number: Int) -> Bool {
        // A box that is read here is held for no longer, or it would look shared.
        guard !shards.isEmpty, isKnownUniquelyReferenced(&shards[number]) else { return false }
        let box = shards[number].unsafelyUnwrapped
        return box.used < Lines.mostUsed &* box.lines.buckets
    }

    /// A shard grows by an eighth, so that it is 81 to 92 % full: about six bytes an entry.
    @inline(never)
    private mutating func makeRoom(in number: Int, hashOf: (UInt32) -> UInt64) {
        if shards.isEmpty { shards = [Box?](repeating: nil, count: KeyIndex.shardCount) }
        guard let box = shards[number] else { return replace(number, with: Box(buckets: 1)) }
        let buckets = box.lines.buckets
        guard box.used == Lines.mostUsed * buckets else { return copy(number) }
        rebuild(number, buckets: buckets + max(1, buckets / 8), hashOf: hashOf)
    }

    private mutating func copy(_ number: Int) {
        replace(number, with: shards[number].map(Box.init(copying:)))
    }

    /// A third full afterwards, so that it doesn't grow again soon.
    private mutating func shrink(_ number: Int, hashOf: (UInt32) -> UInt64) {
        let box = shards[number].unsafelyUnwrapped
        let buckets = box.lines.buckets
        guard buckets > 8, box.used * 6 < Lines.places * buckets else { return }
        rebuild(number, buckets: buckets / 2, hashOf: hashOf)
    }

    /// Asks for all hashes before it places anything: each misses the cache, and so many of them
    /// miss it at the same time.
    private mutating func rebuild(_ number: Int, buckets: Int, hashOf: (UInt32) -> UInt64) {
        let old = shards[number].unsafelyUnwrapped
        var entries: [(bits: UInt32, slot: UInt32)] = []
        entries.reserveCapacity(old.used)
        old.lines.forEach { _, _, held in
            entries.append((KeyHash(hashOf(held - 1)).bits, held - 1))
        }
        precondition(entries.count == old.used, "the count of a shard is wrong")
        let box = Box(buckets: buckets)
        for entry in entries {
            box.lines.insert(KeyHash(shard: number, bits: entry.bits), entry.slot)
        }
        box.used = entries.count
        replace(number, with: box)
    }
}

// MARK: Filling

extension KeyIndex {
    /// Inserts what belongs to each of `slots`, whose hash is nil if that is nothing; false if two
    /// of them are the same. Requires an empty index. `areSame` is asked about any two of which
    /// few bits of the hash agree, so it compares all that the hash was made from.
    ///
    /// Each shard gets as much memory as its entries need, 89 % full, and is filled while it is in
    /// the processor's cache.
    mutating func fill(
        _ slots: Range<Int>, expecting entries: Int, hash: (Int) -> UInt64?,
        areSame: (UInt32, UInt32) -> Bool
    ) -> Bool {
        precondition(count == 0, "filled twice")
        precondition(slots.upperBound < Int(UInt32.max), "no such slot")
        guard !slots.isEmpty else { return true }
        var order = ShardOrder(shards: KeyIndex.shardCount, expecting: entries)
        var shares = [Int](repeating: 0, count: KeyIndex.shardCount)
        for slot in slots {
            guard let hash = hash(slot).map(KeyHash.init) else { continue }
            order.append(UInt64(hash.bits) << 32 | UInt64(slot), to: hash.shard)
            shares[hash.shard] += 1
            count += 1
        }
        return count == 0 || place(order, shares, areSame: areSame)
    }

    private mutating func place(
        _ order: ShardOrder, _ shares: [Int], areSame: (UInt32, UInt32) -> Bool
    ) -> Bool {
        clear()
        var areApart = true
        order.forEach { shard, entry in
            let hash = KeyHash(shard: shard, bits: UInt32(truncatingIfNeeded: entry >> 32))
            let slot = UInt32(truncatingIfNeeded: entry)
            // Made when it is filled: the kernel's zeroes are in the cache then.
            let box = shards[shard] ?? made(shard, toHold: shares[shard])
            areApart = areApart && box.lines.find(hash) { areSame($0, slot) } == nil
            box.lines.insert(hash, slot)
        }
        return areApart
    }

    private mutating func made(_ number: Int, toHold entries: Int) -> Box {
        // Eight ninths of twelve places a bucket.
        let box = Box(buckets: (entries * 3 + 31) / 32)
        box.used = entries
        replace(number, with: box)
        return box
    }

    /// Gives up the memory of an empty index.
    private mutating func clear() {
        if shards.isEmpty { shards = [Box?](repeating: nil, count: KeyIndex.shardCount) }
        for number in shards.indices where shards[number] != nil { replace(number, with: nil) }
    }
}
