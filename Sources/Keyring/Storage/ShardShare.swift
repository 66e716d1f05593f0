/// How many of all entries of an index one of its shards gets.
enum ShardShare {
    /// The most that nearly every shard gets, since hashes spread evenly: three deviations above
    /// the mean, whose square root is taken to the next power of two.
    static func largest(of entries: Int, among shards: Int) -> Int {
        let mean = entries / shards + 1
        let bits = Int.bitWidth - mean.leadingZeroBitCount
        return mean + (3 << ((bits + 1) / 2))
    }
}
