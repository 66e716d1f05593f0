import Basics

/// Bytes in memory of its own, which is kept when they are sent and others take their place.
///
/// An array asks with every append whether it is shared, and calls two functions that nobody can
/// inline; answers are made of some twenty short pieces.
///
/// `@unchecked`: nobody else knows the memory.
public struct ByteBuffer: ~Copyable, @unchecked Sendable {
    @usableFromInline var memory: UnsafeMutableRawPointer
    @usableFromInline var room: Int
    @usableFromInline var filled = 0

    public init(capacity: Int = 0) {
        room = max(capacity, 64)
        memory = .allocate(byteCount: room, alignment: 16)
    }

    deinit { memory.deallocate() }

    public var count: Int { filled }
    public var isEmpty: Bool { filled == 0 }
    public var capacity: Int { room }

    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: memory, count: filled)
    }

    /// Forgets all bytes and keeps the room, but for what is beyond `kept`.
    public mutating func removeAll(keepingAtMost kept: Int = .max) {
        filled = 0
        guard room > kept else { return }
        memory.deallocate()
        room = max(kept, 64)
        memory = .allocate(byteCount: room, alignment: 16)
    }

    /// Forgets the first `count` bytes; the others take their place.
    public mutating func removeFirst(_ count: Int) {
        precondition(count <= filled, "more forgotten than there is")
        filled -= count
        // The two may overlap, which `copyMemory` knows to handle.
        memory.copyMemory(from: memory + count, byteCount: filled)
    }

    @inline(never)
    @usableFromInline
    mutating func grow(by more: Int) {
        let larger = max(room * 2, filled + more)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: memory, byteCount: filled)
        memory.deallocate()
        memory = moved
        room = larger
    }
}

extension ByteBuffer: ByteSink {
    // What is filled is never more than the room, and no sum of the two overflows.

    @inlinable
    @inline(__always)
    public mutating func append(_ byte: UInt8) {
        if filled == room { grow(by: 1) }
        memory.storeBytes(of: byte, toByteOffset: filled, as: UInt8.self)
        filled &+= 1
    }

    @inlinable
    @inline(__always)
    public mutating func append(raw bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        if room &- filled < bytes.count { grow(by: bytes.count) }
        (memory + filled).copyMemory(from: source, byteCount: bytes.count)
        filled &+= bytes.count
    }
}
