import Linux

/// Bytes that arrived and weren't consumed yet, in memory of its own that is read in place: no
/// array to count references to, nothing to allocate for a request that fits.
struct ReadBuffer: ~Copyable {
    /// What a connection starts with and goes back to: more than any request without a body.
    static let usualCapacity = 20 << 10

    /// With less behind what is there, it is moved to the front first.
    private static let leastRoom = 2 << 10

    private var memory: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    init() { memory = .allocate(byteCount: ReadBuffer.usualCapacity, alignment: 16) }

    deinit { memory.deallocate() }

    var count: Int { end - start }
    var isEmpty: Bool { start == end }

    /// What is there. Valid until the buffer is read into or consumed from.
    @inline(__always)
    var filled: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[start..<end]) }

    /// Room to read into: at least one byte, if the buffer may hold more than it does.
    mutating func room(upTo limit: Int) -> UnsafeMutableRawBufferPointer {
        if start == end {
            start = 0
            end = 0
            shrink()
        }
        if memory.count - end < ReadBuffer.leastRoom {
            if start > 0 {
                moveToFront()
            } else if end == memory.count, end < limit {
                grow(to: min(end * 2, limit))
            }
        }
        return UnsafeMutableRawBufferPointer(rebasing: memory[end...])
    }

    /// `count` bytes were read into the room.
    mutating func fill(_ count: Int) {
        precondition(count <= memory.count - end, "more read than there was room for")
        end += count
    }

    mutating func consume(_ count: Int) {
        precondition(count <= end - start, "more consumed than there was")
        start += count
    }

    mutating func removeAll() {
        start = 0
        end = 0
    }

    private mutating func moveToFront() {
        memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<end]))
        end -= start
        start = 0
    }

    private mutating func grow(to capacity: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<end]))
        memory.deallocate()
        memory = larger
        end -= start
        start = 0
    }

    private mutating func shrink() {
        guard memory.count > ReadBuffer.usualCapacity else { return }
        memory.deallocate()
        memory = .allocate(byteCount: ReadBuffer.usualCapacity, alignment: 16)
    }
}
