import Basics

/// A first-in, first-out queue whose elements are reached by position, in chunks: a copy shares
/// them, and a change after it copies one.
struct ChunkedQueue<Element: Sendable>: Sendable {
    static var chunkSize: Int { 256 }

    private var chunks: [[Element]] = []
    /// Elements of the first chunk that have left the queue.
    private var gone = 0
    private(set) var count = 0
    /// How many elements have left since the beginning: the sequence number of the first.
    private(set) var firstSequence: UInt64 = 0

    init(firstSequence: UInt64 = 0) { self.firstSequence = firstSequence }

    var isEmpty: Bool { count == 0 }
    var first: Element? { count == 0 ? nil : self[0] }
    /// The sequence number that the next element gets.
    var nextSequence: UInt64 { firstSequence &+ UInt64(count) }

    /// The element at a position from the front.
    subscript(position: Int) -> Element {
        precondition(position >= 0 && position < count, "no such position in the queue")
        let place = position + gone
        return chunks[place / Self.chunkSize][place % Self.chunkSize]
    }

    /// The position of a sequence number that is still in the queue.
    func position(ofSequence sequence: UInt64) -> Int? {
        guard sequence >= firstSequence, sequence < nextSequence else { return nil }
        return Int(sequence - firstSequence)
    }

    mutating func append(_ element: Element) {
        if gone + count == chunks.count * Self.chunkSize { chunks.append([]) }
        chunks[chunks.count - 1].append(element)
        count += 1
    }

    mutating func popFirst() -> Element? {
        guard let element = first else { return nil }
        gone += 1
        count -= 1
        firstSequence &+= 1
        if gone == Self.chunkSize {
            chunks.removeFirst()
            gone = 0
        }
        return element
    }

    /// The number of leading elements for which `isBefore` holds, if it holds for a prefix only.
    func partition(_ isBefore: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
