import Foundation
import Synchronization
import Testing

@testable import Keyring

@Suite("MemoryPool") struct MemoryPoolTests {
    /// So many that a slab has 1,024.
    private static let words = 128
    private static let inSlab = 1_024

    private func take(_ count: Int, from pool: MemoryPool) -> [MemoryPool.Piece] {
        (0..<count).map { _ in pool.take() }
    }

    @Test func `pieces don't overlap, and begin on a cache line`() {
        let pool = MemoryPool(pieceWords: Self.words)
        let pieces = take(3 * Self.inSlab + 1, from: pool)
        let starts = pieces.map(\.words.address).sorted()
        #expect(starts.allSatisfy { $0 % 64 == 0 })
        #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 >= 8 * UInt64(Self.words) })
        pieces.forEach(pool.giveBack)
    }

    @Test func `a piece is all zero, whatever was in it before`() {
        let pool = MemoryPool(pieceWords: Self.words)
        let first = pool.take()
        for word in 0..<Self.words { first.words.store(.max, at: word) }
        pool.giveBack(first)
        let second = pool.take()
        #expect(second.words.address == first.words.address)
        #expect((0..<Self.words).allSatisfy { second.words.load($0) == 0 })
        pool.giveBack(second)
    }

    @Test func `what was given back is taken before there is a new slab`() {
        let pool = MemoryPool(pieceWords: Self.words)
        var pieces = take(4 * Self.inSlab, from: pool)
        #expect(pool.openCount == 0)
        let before = Set(pieces.map(\.words.address))
        // Some of each slab.
        for place in stride(from: pieces.count - 1, to: 0, by: -3) {
            pool.giveBack(pieces.remove(at: place))
        }
        #expect(pool.openCount == 4)
        let again = take(4 * Self.inSlab - pieces.count, from: pool)
        #expect(pool.openCount == 0)
        #expect(Set((pieces + again).map(\.words.address)) == before)
        (pieces + again).forEach(pool.giveBack)
    }

    @Test func `slabs without a piece in use are given up, but for one`() {
        let pool = MemoryPool(pieceWords: Self.words)
        take(5 * Self.inSlab, from: pool).shuffled().forEach(pool.giveBack)
        #expect(pool.openCount == 1)
    }

    @Test func `what is free is discarded, once, and then nothing that was taken meanwhile`() {
        let pool = MemoryPool(pieceWords: Self.words)
        func discarded() -> Set<UInt> {
            var addresses: [UInt] = []
            pool.discardFree { bytes in
                #expect(bytes.count == 8 * Self.words)
                addresses.append(UInt(bitPattern: bytes.baseAddress))
            }
            #expect(Set(addresses).count == addresses.count)
            return Set(addresses)
        }
        func addresses(_ pieces: some Sequence<MemoryPool.Piece>) -> Set<UInt> {
            Set(pieces.map { UInt($0.words.address) })
        }
        var held = take(2 * Self.inSlab, from: pool)
        let free = (0..<300).map { held.remove(at: $0 * 3) }
        free.forEach(pool.giveBack)
        #expect(discarded() == addresses(free))
        #expect(discarded() == [])
        // Some are taken again, and others given back.
        let again = take(100, from: pool)
        let others = (0..<50).map { held.remove(at: $0 * 7) }
        (others + again.prefix(30)).forEach(pool.giveBack)
        #expect(discarded() == addresses(others + again.prefix(30)))
        (held + again.dropFirst(30)).forEach(pool.giveBack)
    }

    @Test func `a piece that is larger than a slab has one of its own`() {
        let pool = MemoryPool(pieceWords: 1 << 18)
        let pieces = take(2, from: pool)
        #expect(pieces[0].words.address != pieces[1].words.address)
        pieces.forEach(pool.giveBack)
        #expect(pool.openCount == 1)
    }
}

/// Threads that take and give back pieces of one pool, some of them another thread's.
@Suite("MemoryPoolStress") struct MemoryPoolStressTests {
    private static let words = 1_024
    private static let threads = 4

    /// `@unchecked`: under a lock.
    private final class PassedOn: @unchecked Sendable { var memory: SharedMemory? }

    @Test func `nobody has a piece that somebody else has`() {
        let pool = MemoryPool(pieceWords: Self.words)
        // `NSLock`, which the thread sanitizer knows.
        let (lock, passedOn) = (NSLock(), PassedOn())
        let mixed = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: Self.threads) { thread in
            var held: [SharedMemory] = []
            for round in 0..<4_000 {
                let memory = SharedMemory(from: pool)
                let isZero = memory.words.load(round % Self.words) == 0
                let mark = UInt64(thread * 10_000 + round + 1)
                for word in [0, round % Self.words] { memory.words.store(mark, at: word) }
                held.append(memory)
                guard held.count > 300 else { continue }
                let old = held.remove(at: round % held.count)
                if !isZero || old.words.load(0) / 10_000 != UInt64(thread) {
                    mixed.add(1, ordering: .relaxed)
                }
                // The next who comes here drops what another left.
                if round % 3 == 0 { lock.withLock { passedOn.memory = old } }
            }
        }
        passedOn.memory = nil
        #expect(mixed.load(ordering: .relaxed) == 0)
        #expect(pool.openCount == 1)
    }
}
