import Basics

/// Bytes in memory of its own, which is kept when they are sent and others take their place.
///
/// An array asks with every append whether it is shared, and calls two functions that nobody can
/// inline; answers are made of some thirty short pieces.
public struct ByteBuffer: ~Copyable, @unchecked Sendable {
    @usableFromInline var memory: UnsafeMutableRawBufferPointer
    @usableFromInline var filled = 0

    public init(capacity: Int = 0) {
        memory = .allocate(byteCount: Swift.max(capacity, 64), alignment: 16)
    }

    deinit { memory.deallocate() }

    public var count: Int { filled }
    public var isEmpty: Bool { filled == 0 }
    public var capacity: Int { memory.count }

    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: memory.baseAddress, count: filled)
    }

    /// Forgets all bytes and keeps the room, but for what is beyond `kept`.
    public mutating func removeAll(keepingAtMost kept: Int = .max) {
        filled = 0
        guard memory.count > kept else { return }
        memory.deallocate()
        memory = .allocate(byteCount: kept, alignment: 16)
    }

    @inline(never)
    @usableFromInline
    mutating func grow(by more: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Swift.max(memory.count * 2, filled + more), alignment: 16)
        larger.copyMemory(from: bytes)
        memory.deallocate()
        memory = larger
    }
}

extension ByteBuffer: ByteSink {
    @inlinable
    @inline(__always)
    public mutating func append(_ byte: UInt8) {
        if filled == memory.count { grow(by: 1) }
        memory.storeBytes(of: byte, toByteOffset: filled, as: UInt8.self)
        filled += 1
    }

    @inlinable
    @inline(__always)
    public mutating func append(raw bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        if memory.count - filled < bytes.count { grow(by: bytes.count) }
        guard let start = memory.baseAddress else { return }
        (start + filled).copyMemory(from: source, byteCount: bytes.count)
        filled += bytes.count
    }
}
