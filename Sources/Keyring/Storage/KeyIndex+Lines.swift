extension KeyIndex {
    /// The buckets of a shard, a cache line each, as the writer and the readers see them.
    ///
    /// They lie in pages of 64, so that the pages that a shard leaves behind when it grows fit
    /// whichever grows next. The last is as long as it must be and lies behind a header that has
    /// the number of the buckets and the address of each page.
    ///
    /// Of a line's eight words the first has the tags of eight places, one byte each, zero if the
    /// place is empty; the second has those of four more in its low half, and above them the number
    /// of entries that are placed beyond this bucket although it was their home or on their way.
    /// The other six have the places themselves, half a word each: the slot's number and one, or
    /// zero.
    ///
    /// Why a reader misses no entry that is there all the time. All stores are atomic, and the one
    /// writer stores a word of tags and count as a whole, so that it changes nothing of it but
    /// what it means to:
    /// 1. An insertion raises the counts on its way, then stores the tag, then the slot, releasing;
    ///    a removal clears the slot, then the tag, then lowers the counts. As long as the entry is
    ///    there, its tag is thus at its place, and each bucket on its way counts one at least,
    ///    whatever comes and goes beside it: nothing that is stored for another entry changes its
    ///    tag or its place, or takes its share from a count.
    /// 2. So a reader who began after the entry was there goes through every bucket on its way,
    ///    meets its tag, loads the slot behind it and asks about it.
    /// 3. A place may be used again between the loads of tag and slot. Then the reader asks about
    ///    an entry that he didn't look for, or misses one that came or went meanwhile; both are
    ///    answers to a look-up that took place a moment earlier or later. The load of the slot
    ///    acquires, so that he sees what was written of that key before it was inserted.
    /// 4. He ends: after each bucket once, whatever the counts say by then.
    struct Lines {
        static let places = 12
        /// Eleven twelfths, so that an insertion finds a place soon.
        static let mostUsed = 11
        private static let lineWords = 8
        private static let pageBits = 6
        private static let pageBuckets = 1 << pageBits
        static let pages = MemoryPool(pieceWords: pageBuckets * lineWords)
        private static let ones: UInt64 = 0x0101_0101_0101_0101
        private static let tops: UInt64 = 0x8080_8080_8080_8080
        private static let overflowOne: UInt64 = 1 << 32

        let words: SharedWords
        let buckets: Int

        /// With nothing in it.
        static func allocate(buckets: Int) -> SharedMemory {
            let pages = (0..<buckets / pageBuckets).map { _ in SharedMemory(from: self.pages) }
            let last = buckets % pageBuckets
            let header = headerWords(buckets: buckets)
            let memory = SharedMemory(words: header + last * lineWords, parts: pages)
            memory.words.store(UInt64(buckets), at: 0)
            for (number, page) in pages.enumerated() {
                memory.words.store(page.words.address, at: 1 + number)
            }
            if last > 0 {
                memory.words.store(
                    memory.words.advanced(by: header).address, at: 1 + pages.count)
            }
            return memory
        }

        /// Of what ``allocate(buckets:)`` gave.
        @inline(__always)
        init(_ words: SharedWords) {
            self.words = words
            buckets = Int(truncatingIfNeeded: words.load(0))
        }

        /// Whole lines.
        private static func headerWords(buckets: Int) -> Int {
            let pages = (buckets + pageBuckets - 1) / pageBuckets
            return (1 + pages + lineWords - 1) / lineWords * lineWords
        }

        var byteCount: Int {
            8 * (Lines.headerWords(buckets: buckets) + Lines.lineWords * buckets)
        }

        /// Requires as many buckets, and that nobody writes to the other's or looks at these.
        func copy(_ other: Lines) {
            for first in stride(from: 0, to: buckets, by: Lines.pageBuckets) {
                let count = min(Lines.pageBuckets, buckets - first)
                UnsafeMutableRawPointer(line(first).base)
                    .copyMemory(
                        from: other.line(first).base, byteCount: 8 * Lines.lineWords * count)
            }
        }
    }
}

extension KeyIndex {
    /// The buckets in the order in which a hash tries them, each once.
    ///
    /// In strides of one to eight buckets, by the tag: entries of one home, and of neighbours, that
    /// don't fit go different ways. In strides of one they queue up behind each other: with 89 % of
    /// the places taken, who looks for what isn't there would go through 3.5 buckets instead of 2,
    /// with 92 % through 5 to 8 instead of 2.6. Not in longer ones, which would leave the page.
    struct Way {
        private(set) var bucket: Int
        private var start: Int
        private let stride: Int
        private let buckets: Int

        @inline(__always)
        init(_ hash: KeyHash, among buckets: Int) {
            bucket = hash.home(among: buckets)
            start = bucket
            stride = buckets > 8 ? 1 &+ Int(truncatingIfNeeded: hash.tag & 7) : 1
            self.buckets = buckets
        }

        /// A stride that divides the number of buckets, or has a divisor in common with it, comes
        /// back to where it started before it was everywhere, and then starts beside that.
        @inline(__always)
        mutating func goOn() {
            bucket = stepped(by: stride)
            if bucket == start {
                bucket = stepped(by: 1)
                start = bucket
            }
        }

        @inline(__always)
        private func stepped(by step: Int) -> Int {
            bucket &+ step < buckets ? bucket &+ step : bucket &+ step &- buckets
        }
    }
}

extension KeyIndex.Lines {
    @inline(__always)
    private func line(_ bucket: Int) -> SharedWords {
        let page = SharedWords(unsafe: words.load(1 &+ bucket >> KeyIndex.Lines.pageBits))
        return page.advanced(
            by: KeyIndex.Lines.lineWords &* (bucket & (KeyIndex.Lines.pageBuckets &- 1)))
    }

    /// A bit for each place whose tag is the one in every byte of `pattern`: bit 7 of the place's
    /// byte for the first eight, bit 6 for the other four. The lowest bit is always right; one
    /// above it may be of a tag that differs from the pattern by one (Mycroft's test for a zero
    /// byte, whose borrow goes upwards).
    @inline(__always)
    private static func hits(_ low: UInt64, _ high: UInt64, _ pattern: UInt64) -> UInt64 {
        let (first, second) = (low ^ pattern, high ^ pattern)
        let firstHits = (first &- ones) & ~first & tops
        let secondHits = (second &- ones) & ~second & (tops & 0xffff_ffff)
        return firstHits | secondHits >> 1
    }

    /// The place that the lowest of the hits stands for.
    @inline(__always)
    private static func place(ofLowest hits: UInt64) -> Int {
        let bit = hits.trailingZeroBitCount
        return bit >> 3 | (~bit & 1) << 3
    }

    @inline(__always)
    func find(_ hash: KeyHash, matches: (UInt32) -> Bool) -> UInt32? {
        locate(hash, matches: matches)?.slot
    }

    @inline(__always)
    private func locate(
        _ hash: KeyHash, matches: (UInt32) -> Bool
    ) -> (bucket: Int, place: Int, slot: UInt32)? {
        let pattern = hash.tag &* KeyIndex.Lines.ones
        var way = KeyIndex.Way(hash, among: buckets)
        var left = buckets
        while left > 0 {
            let line = line(way.bucket)
            let (low, high) = (line.load(0), line.load(1))
            var hits = KeyIndex.Lines.hits(low, high, pattern)
            while hits != 0 {
                let number = KeyIndex.Lines.place(ofLowest: hits)
                let held = line.half(2 &+ number >> 1, number & 1)
                    .pointee.load(ordering: .acquiring)
                if held != 0, matches(held &- 1) {
                    return (way.bucket, number, held &- 1)
                }
                hits &= hits &- 1
            }
            if high < KeyIndex.Lines.overflowOne { return nil }
            way.goOn()
            left &-= 1
        }
        return nil
    }

    /// Requires that there is room.
    @inline(__always)
    func insert(_ hash: KeyHash, _ slot: UInt32) {
        var way = KeyIndex.Way(hash, among: buckets)
        var line = line(way.bucket)
        var free = KeyIndex.Lines.hits(line.load(0), line.load(1), 0)
        while free == 0 {
            line.store(line.load(1) &+ KeyIndex.Lines.overflowOne, at: 1)
            way.goOn()
            line = self.line(way.bucket)
            free = KeyIndex.Lines.hits(line.load(0), line.load(1), 0)
        }
        let number = KeyIndex.Lines.place(ofLowest: free)
        // The place's tag is zero, so that this sets it.
        let word = number >> 3
        line.store(line.load(word) | hash.tag << UInt64(8 * (number & 7)), at: word)
        line.half(2 &+ number >> 1, number & 1).pointee.store(slot &+ 1, ordering: .releasing)
    }

    /// Requires that the slot was inserted with that hash.
    func remove(_ hash: KeyHash, _ slot: UInt32) {
        guard let found = locate(hash, matches: { $0 == slot }) else {
            preconditionFailure("the index doesn't know the slot")
        }
        let last = line(found.bucket)
        last.half(2 &+ found.place >> 1, found.place & 1).pointee.store(0, ordering: .releasing)
        let word = found.place >> 3
        last.publish(last.load(word) & ~(0xff << UInt64(8 * (found.place & 7))), at: word)
        var way = KeyIndex.Way(hash, among: buckets)
        while way.bucket != found.bucket {
            let line = line(way.bucket)
            line.publish(line.load(1) &- KeyIndex.Lines.overflowOne, at: 1)
            way.goOn()
        }
    }

    /// Every place that is taken, with what it holds: the slot's number and one. An empty place's
    /// tag is zero, so that is all of the shard.
    @inline(__always)
    func forEach(_ body: (_ bucket: Int, _ tag: UInt64, _ held: UInt32) -> Void) {
        for bucket in 0..<buckets {
            let line = line(bucket)
            for number in 0..<KeyIndex.Lines.places {
                let held = line.half(2 &+ number >> 1, number & 1).pointee.load(ordering: .relaxed)
                let tag = line.load(number >> 3) >> UInt64(8 * (number & 7)) & 0xff
                if tag | UInt64(held) != 0 { body(bucket, tag, held) }
            }
        }
    }

    /// How many entries lie beyond the bucket that passed it.
    func overflow(of bucket: Int) -> Int { Int(line(bucket).load(1) >> 32) }
}
