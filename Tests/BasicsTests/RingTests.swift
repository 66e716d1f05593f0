import Basics
import Testing

@Suite struct RingTests {
    @Test func behavesLikeAnArrayThroughRandomChanges() {
        var random = SeededGenerator(seed: 9)
        var ring = Ring<Int>()
        var array: [Int] = []
        for step in 0..<20_000 {
            // Longer and shorter phases, so that it fills, wraps and drains.
            let growing = step / 500 % 2 == 0
            switch random.below(growing ? 8 : 12) {
            case 0..<5:
                ring.append(step)
                array.append(step)
            case 5, 8, 9:
                #expect(ring.popFirst() == (array.isEmpty ? nil : array.removeFirst()))
            case 6, 10:
                #expect(ring.popLast() == array.popLast())
            case 7 where !array.isEmpty:
                let index = Int(random.below(UInt64(array.count)))
                ring[index] += 1_000_000
                array[index] += 1_000_000
            case 11:
                let drop = Int(random.below(UInt64(min(array.count, 4)) + 1))
                if random.chance(1, in: 2) {
                    ring.removeFirst(drop)
                    array.removeFirst(drop)
                } else {
                    ring.removeLast(drop)
                    array.removeLast(drop)
                }
            default: break
            }
            #expect(ring.count == array.count)
            #expect(ring.first == array.first)
            #expect(ring.last == array.last)
            if step % 97 == 0 { #expect(Array(ring) == array) }
        }
        #expect(Array(ring) == array)
        ring.removeAll()
        #expect(ring.isEmpty)
    }

    @Test func equalByElementsWhereverTheyLie() {
        var turned: Ring = [9, 9, 9, 1, 2, 3]
        turned.removeFirst(3)
        #expect(turned == [1, 2, 3])
        #expect(turned != [1, 2])
        #expect(turned != [1, 2, 4])
    }

    @Test func copiesAreIndependent() {
        var original: Ring = [1, 2, 3]
        let copy = original
        original[0] = 7
        original.append(4)
        #expect(copy == [1, 2, 3])
        #expect(original == [7, 2, 3, 4])
    }

    @Test func elementsThatLeaveAreFreed() {
        final class Canary {}
        weak var gone: Canary?
        var ring = Ring<Canary>()
        do {
            let canary = Canary()
            gone = canary
            ring.append(canary)
            ring.append(Canary())
        }
        #expect(gone != nil)
        _ = ring.popFirst()
        #expect(gone == nil)
    }

    @Test func slicesAndBackwardIteration() {
        var ring = Ring(0..<10)
        ring.removeFirst(4)
        ring.append(contentsOf: 10..<14)
        #expect(Array(ring[2..<5]) == [6, 7, 8])
        #expect(Array(ring.suffix(2).reversed()) == [13, 12])
        #expect(ring.removeLast() == 13)
        #expect(ring.removeFirst() == 4)
    }
}
