extension KeyIndex {
    /// What is wrong with the index, for tests; nil if its laws hold. `hashOf` gives the hash of
    /// any slot that is there. Takes time in proportion to its size.
    func brokenLaw(hashOf: (UInt32) -> UInt64) -> String? {
        var total = 0
        for (number, box) in shards.enumerated() {
            guard let box else { continue }
            if let broken = box.brokenLaw(number, hashOf: hashOf) { return broken }
            total += box.used
        }
        return total == count ? nil : "\(total) entries, counted as \(count)"
    }
}

extension KeyIndex.Box {
    fileprivate func brokenLaw(_ number: Int, hashOf: (UInt32) -> UInt64) -> String? {
        var (total, broken) = (0, nil as String?)
        var passed = [Int](repeating: 0, count: lines.buckets)
        lines.forEach { bucket, tag, held in
            guard held != 0 else { return broken = "an empty place has a tag" }
            total += 1
            let slot = held - 1
            let hash = KeyHash(hashOf(slot))
            if hash.shard != number { broken = "slot \(slot) is in another's shard" }
            if hash.tag != tag { broken = "slot \(slot) has another's tag" }
            var way = KeyIndex.Way(hash, among: lines.buckets)
            while way.bucket != bucket {
                passed[way.bucket] += 1
                way.goOn()
            }
        }
        if total != used { return "\(total) places taken, counted as \(used)" }
        if used > KeyIndex.Lines.mostUsed * lines.buckets { return "shard \(number) is too full" }
        for bucket in passed.indices where passed[bucket] != lines.overflow(of: bucket) {
            return "bucket \(bucket) counts \(lines.overflow(of: bucket)), not \(passed[bucket])"
        }
        return broken
    }
}
