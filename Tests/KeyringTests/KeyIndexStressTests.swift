import Basics
import Foundation
import Synchronization
import Testing

@testable import Keyring

/// One writer and three readers on threads of their own, for a fixed number of changes: what stays
/// is never missed, whatever comes and goes beside it.
@Suite("KeyIndexStress", .serialized)
struct KeyIndexStressTests {
    private static let readers = 3
    private static let rounds = 1_500

    enum Shape: CaseIterable {
        /// In two shards, so that entries lie beyond each other's home.
        case fewHomes
        /// One shard, of one to some hundred buckets.
        case severalPages

        /// Slots below stay.
        var staying: UInt32 { self == .fewHomes ? 120 : 600 }
        /// Rounds in which it grows, and as many in which it shrinks.
        var swing: Int { self == .fewHomes ? 20 : 50 }

        @Sendable func hash(_ slot: UInt32) -> UInt64 {
            var random = SeededGenerator(seed: UInt64(slot))
            switch self {
            case .fewHomes:
                return random.below(2) << 54 | random.below(12) * 0x1555_5555 << 22
            case .severalPages: return random.next() >> 10
            }
        }
    }

    /// The writer's index, as it changes, and what readers share with it.
    private final class Story: Sendable {
        let shape: Shape
        let shards = SharedMemory(words: KeyIndex.shardCount)
        /// Memory that readers may still be in.
        let retired = Mutex<[SharedMemory]>([])
        let isOver = Atomic<Bool>(false)
        let looked = Atomic<Int>(0)
        let missed = Atomic<Int>(0)
        let mostBuckets = Atomic<UInt64>(0)

        init(_ shape: Shape) { self.shape = shape }
    }

    private struct Writer {
        let story: Story
        var index = KeyIndex()
        var others: [UInt32] = []
        var next: UInt32
        var random = SeededGenerator(seed: 21)

        /// What stays comes between others, so that it lies beyond them and they beyond it.
        init(_ story: Story) {
            self.story = story
            next = story.shape.staying
            index.beginFollowing()
            for slot in 0..<next {
                index.insert(story.shape.hash(slot), slot, hashOf: story.shape.hash)
                publish()
                for _ in 0..<3 { comeOrGo(isGrowing: true) }
            }
        }

        mutating func comeOrGo(isGrowing: Bool) {
            if others.isEmpty || random.chance(isGrowing ? 7 : 3, in: 10) {
                index.insert(story.shape.hash(next), next, hashOf: story.shape.hash)
                others.append(next)
                next += 1
            } else {
                let slot = others.remove(at: Int(random.below(UInt64(others.count))))
                index.remove(story.shape.hash(slot), slot, hashOf: story.shape.hash)
            }
            publish()
        }

        private mutating func publish() {
            for number in index.takeMoved().map(Int.init) {
                guard let memory = index.memory(ofShard: number) else { continue }
                story.retired.withLock { $0.append(memory) }
                story.mostBuckets.max(memory.words.load(0), ordering: .relaxed)
                story.shards.words.publish(memory.words.address, at: number)
            }
        }

        mutating func run() {
            for round in 0..<rounds {
                // A copy that goes again, so that shards are copied, too.
                let copy = round % 10 == 0 ? index : KeyIndex()
                for _ in 0..<40 { comeOrGo(isGrowing: round / story.shape.swing % 2 == 0) }
                withExtendedLifetime(copy) {}
            }
            story.isOver.store(true, ordering: .releasing)
        }
    }

    private static func read(_ story: Story, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let staying = story.shape.staying
        let hashes = (0..<staying).map(story.shape.hash)
        var (looked, missed) = (0, 0)
        // At least so often, even if the writer is done before the reader begins.
        while looked < 2_000 || !story.isOver.load(ordering: .acquiring) {
            let slot = UInt32(random.below(UInt64(staying)))
            let found = KeyIndex.find(hashes[Int(slot)], in: story.shards.words) { $0 == slot }
            if found != slot { missed += 1 }
            looked += 1
        }
        story.looked.add(looked, ordering: .relaxed)
        story.missed.add(missed, ordering: .relaxed)
    }

    @Test(arguments: Shape.allCases) func `readers never miss what stays`(_ shape: Shape) {
        let story = Story(shape)
        let writer = Writer(story)
        let group = DispatchGroup()
        // Threads, not tasks: readers that never suspend would keep the pool from the writer.
        for number in 1...Self.readers {
            group.enter()
            Thread.detachNewThread {
                Self.read(story, seed: UInt64(number))
                group.leave()
            }
        }
        group.enter()
        Thread.detachNewThread {
            var writer = writer
            writer.run()
            group.leave()
        }
        group.wait()
        #expect(story.missed.load(ordering: .relaxed) == 0)
        #expect(story.looked.load(ordering: .relaxed) >= 6_000)
        // The writer's shards were copied, grown and shrunk meanwhile.
        #expect(story.retired.withLock { $0.count } > (shape == .fewHomes ? 300 : 60))
        let mostBuckets = story.mostBuckets.load(ordering: .relaxed)
        #expect(shape == .fewHomes || mostBuckets > 128)
    }
}
