/// The set of calls placed so far, with a short key for the memory of configurations.
///
/// Calls are placed nearly in the order of their invocations, so that of those that returned the
/// set is a run of ones with a ragged end; the key holds that end only. Calls that never returned
/// may stay out for ever and are counted apart.
struct PlacedCalls {
    /// The bit of each call: of those that returned in `returned`, of the others in `pending`.
    private let bits: [Int]
    private let hasReturned: [Bool]
    private var returned: [UInt64]
    private var pending: [UInt64]
    /// The first word of `returned` that isn't full.
    private var low = 0
    /// Behind the last word of `returned` that isn't empty; never below `low`.
    private var high = 0

    /// For each call whether it returned, in the order of the history.
    init(_ hasReturned: [Bool]) {
        var counts = (returned: 0, pending: 0)
        bits = hasReturned.map { returned in
            if returned {
                counts.returned += 1
                return counts.returned - 1
            }
            counts.pending += 1
            return counts.pending - 1
        }
        self.hasReturned = hasReturned
        // One word more than is ever full, so that `low` stays within.
        returned = Array(repeating: 0, count: counts.returned / 64 + 1)
        pending = Array(repeating: 0, count: (counts.pending + 63) / 64)
    }

    mutating func insert(_ call: Int) {
        let (word, mask) = place(call)
        guard hasReturned[call] else {
            pending[word] |= mask
            return
        }
        returned[word] |= mask
        while returned[low] == .max { low += 1 }
        high = max(high, word + 1, low)
    }

    mutating func remove(_ call: Int) {
        let (word, mask) = place(call)
        guard hasReturned[call] else {
            pending[word] &= ~mask
            return
        }
        returned[word] &= ~mask
        low = min(low, word)
        while high > low, returned[high - 1] == 0 { high -= 1 }
    }

    func contains(_ call: Int) -> Bool {
        let (word, mask) = place(call)
        return (hasReturned[call] ? returned : pending)[word] & mask != 0
    }

    /// Different for every set of the same history's calls.
    var key: [UInt64] {
        var key: [UInt64] = []
        key.reserveCapacity(pending.count + 1 + high - low)
        key.append(contentsOf: pending)
        key.append(UInt64(low))
        key.append(contentsOf: returned[low..<high])
        return key
    }

    private func place(_ call: Int) -> (word: Int, mask: UInt64) {
        (bits[call] >> 6, 1 << UInt64(bits[call] & 63))
    }
}
