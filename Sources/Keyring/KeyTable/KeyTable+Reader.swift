import Basics
import Synchronization

extension KeyTable {
    /// One thread's access to the table. Made on that thread, which alone uses it.
    ///
    /// Between two batches of look-ups the thread calls ``quiescent()``, and before it waits for
    /// work ``park()``, so that memory can be freed meanwhile; ``unpark()`` when it has woken.
    /// An image or a view's place that was read before is not to be used afterwards.
    public struct Reader: ~Copyable, @unchecked Sendable {
        // Unchecked for the pointers: what they lead to is atomic words, kept by `table`.
        private let table: KeyTable
        private let words: SharedWords
        private let epochs: ReaderEpochs
        private let place: SharedWords

        fileprivate init(_ table: KeyTable) {
            guard let place = table.epochs.claim() else {
                preconditionFailure("more than \(KeyTable.readerLimit) readers")
            }
            self.table = table
            words = table.words
            epochs = table.epochs
            self.place = place
            epochs.unpark(place)
        }

        deinit { epochs.abandon(place) }

        /// The table in force. Take it anew for every validation: it is one load.
        @inline(__always)
        public var image: TableImage {
            TableImage(root: SharedWords(unsafe: words.acquire(Word.root)))
        }

        /// Until when answers may be given by the state at `applied`. To be read after the states,
        /// and before the clock.
        @inline(__always)
        public func leases(at applied: LogIndex) -> LeaseStanding {
            LeaseCells(words: words.advanced(by: Word.leases)).standing(at: applied)
        }

        /// Whether every answer is to be confirmed by the leader.
        @inline(__always)
        public var isConfirming: Bool { words.acquire(Word.isConfirming) != 0 }

        /// Nothing that was read before is in use any more.
        @inline(__always)
        public func quiescent() { epochs.announce(place) }

        /// As `quiescent()`, and nothing is read until `unpark()`.
        public func park() { epochs.park(place) }

        public func unpark() { epochs.unpark(place) }
    }

    /// A reader for the calling thread; any thread may ask. Requires fewer than ``readerLimit``
    /// readers at the time: the configuration bounds the threads.
    public func makeReader() -> Reader { Reader(self) }
}
