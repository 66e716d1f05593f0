import Synchronization

/// When memory that readers may still be looking at can be freed: quiescent-state-based
/// reclamation (Hart, McKenney, Demke Brown and Walpole, "Performance of memory reclamation for
/// lockless synchronization", 2007, §3.1).
///
/// The writer unlinks a piece of memory and then moves the epoch on. A reader announces, between
/// two batches of look-ups, the epoch it has seen: it holds nothing from before. What was
/// unlinked when the epoch became `e` is free once every reader announced `e` or later, or is
/// parked. A look-up itself announces nothing and costs nothing.
///
/// Laws: `epoch` only grows; an announced epoch is never above it; a parked or unclaimed place
/// says `parked`.
struct ReaderEpochs {
    /// Word 0: the epoch. Then a place per reader, each on cache lines of its own (two, as
    /// processors fetch lines in pairs): word 0 its announcement, word 1 whether it is claimed.
    let words: SharedWords

    static let parked = UInt64.max
    private static let stride = 16

    init() {
        words = .allocate(count: ReaderEpochs.stride * (KeyTable.readerLimit + 1))
        words.store(1, at: 0)
        for place in 0..<KeyTable.readerLimit {
            self.place(place).store(ReaderEpochs.parked, at: 0)
        }
    }

    @inline(__always)
    private func place(_ number: Int) -> SharedWords {
        words.advanced(by: ReaderEpochs.stride * (number + 1))
    }

    // MARK: Readers

    /// A place for a new reader, parked. Any thread may claim. Nil if all are taken.
    func claim() -> SharedWords? {
        for number in 0..<KeyTable.readerLimit {
            let place = place(number)
            let claimed = place.base[1].compareExchange(
                expected: 0, desired: 1, ordering: .acquiringAndReleasing)
            if claimed.exchanged { return place }
        }
        return nil
    }

    func abandon(_ place: SharedWords) {
        place.publish(ReaderEpochs.parked, at: 0)
        place.publish(0, at: 1)
    }

    /// The reader holds nothing that it read before this call.
    @inline(__always)
    func announce(_ place: SharedWords) { place.publish(words.acquire(0), at: 0) }

    /// The reader holds nothing, and reads nothing until it unparks.
    func park(_ place: SharedWords) { place.publish(ReaderEpochs.parked, at: 0) }

    func unpark(_ place: SharedWords) {
        place.base[0].store(words.acquire(0), ordering: .sequentiallyConsistent)
        // Either `everyReader(hasPassed:)` finds the announcement, or the loads that follow find
        // what was linked instead. A fence, because a store may otherwise wait in the core's
        // buffer while later loads overtake it.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    // MARK: The writer

    /// The epoch that readers must reach before what was unlinked until now may be freed.
    func advance() -> UInt64 {
        let next = words.load(0) + 1
        words.base[0].store(next, ordering: .sequentiallyConsistent)
        return next
    }

    /// The latest epoch that every reader at work has announced.
    func passed() -> UInt64 {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        var passed = words.load(0)
        for number in 0..<KeyTable.readerLimit {
            passed = min(passed, place(number).acquire(0))
        }
        return passed
    }

    func free() { words.free() }
}
