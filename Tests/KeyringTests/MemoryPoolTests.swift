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

    @Test func `nobody has a piece that somebody else has`() {
        let pool = MemoryPool(pieceWords: Self.words)
        let passedOn = Mutex<[SharedMemory]>([])
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
                if round % 3 == 0 { passedOn.withLock { $0 = [old] } }
            }
        }
        passedOn.withLock { $0 = [] }
        #expect(mixed.load(ordering: .relaxed) == 0)
        #expect(pool.openCount == 1)
    }
}
