/// Appends numbers and byte strings to an array, in the one encoding that journal, snapshots and
/// peer frames share: little-endian fixed-width integers, byte strings behind a 32-bit length.
public struct ByteWriter: Sendable {
    @usableFromInline var storage: [UInt8]

    /// What was written so far.
    @inlinable
    public var bytes: [UInt8] { storage }

    @inlinable
    public init(capacity: Int = 0) {
        self.init(appendingTo: [])
        reserve(capacity)
    }

    /// Takes over `bytes` and appends behind them, so that a buffer can be used again.
    @inlinable
    public init(appendingTo bytes: consuming [UInt8]) { storage = bytes }

    public var count: Int { storage.count }

    public mutating func reserve(_ additional: Int) {
        if additional > 0 { storage.reserveCapacity(storage.count + additional) }
    }

    public mutating func removeAll() { storage.removeAll(keepingCapacity: true) }

    @inlinable
    public mutating func write(_ value: UInt8) { storage.append(value) }
    @inlinable
    public mutating func write(_ value: UInt16) { writeInteger(value) }
    @inlinable
    public mutating func write(_ value: UInt32) { writeInteger(value) }
    @inlinable
    public mutating func write(_ value: UInt64) { writeInteger(value) }
    @inlinable
    public mutating func write(_ value: Int64) { writeInteger(UInt64(bitPattern: value)) }
    @inlinable
    public mutating func write(_ value: Bool) { storage.append(value ? 1 : 0) }

    /// The bytes alone, without a length.
    @inlinable
    public mutating func writeRaw(_ raw: some Sequence<UInt8>) { storage.append(contentsOf: raw) }

    @inlinable
    public mutating func writeRaw(_ raw: RawSpan) {
        raw.withUnsafeBytes { storage.append(contentsOf: $0) }
    }

    /// A 32-bit count and the bytes.
    @inlinable
    public mutating func writeBytes(_ counted: some Collection<UInt8>) {
        precondition(counted.count <= Int(UInt32.max), "byte string of 4 GiB or more")
        write(UInt32(counted.count))
        storage.append(contentsOf: counted)
    }

    /// A 32-bit count and the UTF-8 bytes.
    @inlinable
    public mutating func writeString(_ string: String) { writeBytes(string.utf8) }

    /// Writes over four bytes at `offset`, for lengths and checksums known only afterwards.
    public mutating func overwrite(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset + 4 <= storage.count, "overwrite beyond the end")
        for byte in 0..<4 {
            storage[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(byte)))
        }
    }

    @inlinable @inline(__always)
    mutating func writeInteger<Integer: FixedWidthInteger>(_ value: Integer) {
        withUnsafeBytes(of: value.littleEndian) { storage.append(contentsOf: $0) }
    }
}
