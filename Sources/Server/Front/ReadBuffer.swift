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
    var capacity: Int { memory.count }

    /// What is there. Valid until the buffer is read into or consumed from.
    @inline(__always)
    var filled: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[start..<end]) }

    /// Room to read into: at least one byte, if the buffer may hold more than it does.
    mutating func room(upTo limit: Int) -> UnsafeMutableRawBufferPointer {
        // After a large request, and also if the beginning of another follows on at once: a client
        // that never lets the buffer get empty isn't read by the mebibyte for ever.
        if count < ReadBuffer.leastRoom, start > 0 || isEmpty { shrink() }
        if memory.count - end < ReadBuffer.leastRoom {
            if start > 0 {
                moveToFront()
            } else if end == memory.count, end < limit {
                move(to: min(end * 2, limit))
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

    private mutating func move(to capacity: Int) {
        let other = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        other.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<end]))
        memory.deallocate()
        memory = other
        end -= start
        start = 0
    }

    private mutating func shrink() {
        if isEmpty { removeAll() }
        guard memory.count > ReadBuffer.usualCapacity else { return }
        move(to: ReadBuffer.usualCapacity)
    }
}
