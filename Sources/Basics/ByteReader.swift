/// What a reader throws when the bytes can't be what the caller expects. The other side's fault
/// or a damaged file: always recoverable, never a trap.
public struct MalformedBytes: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was expected, in words for a log line.
    public var reason: String

    public init(_ reason: String) { self.reason = reason }

    public var description: String { "malformed bytes: \(reason)" }
}

/// Reads what `ByteWriter` wrote. Every length is checked before anything is allocated for it.
public struct ByteReader: Sendable {
    @usableFromInline let bytes: ArraySlice<UInt8>
    @usableFromInline var position: Int

    public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// Bytes not yet read.
    @inlinable
    public var remaining: Int { bytes.endIndex - position }
    public var isAtEnd: Bool { position == bytes.endIndex }

    @inlinable @inline(__always)
    public mutating func readUInt8() throws(MalformedBytes) -> UInt8 { try integer() }
    @inlinable @inline(__always)
    public mutating func readUInt16() throws(MalformedBytes) -> UInt16 { try integer() }
    @inlinable @inline(__always)
    public mutating func readUInt32() throws(MalformedBytes) -> UInt32 { try integer() }
    @inlinable @inline(__always)
    public mutating func readUInt64() throws(MalformedBytes) -> UInt64 { try integer() }
    @inlinable @inline(__always)
    public mutating func readInt64() throws(MalformedBytes) -> Int64 {
        Int64(bitPattern: try integer())
    }

    /// Zero or one; anything else is malformed, so that one value has one encoding.
    @inlinable @inline(__always)
    public mutating func readBool() throws(MalformedBytes) -> Bool {
        let byte = try readUInt8()
        guard byte <= 1 else { throw noFlag() }
        return byte == 1
    }

    /// Passes over the next `count` bytes if there are so many and all are zero.
    @inlinable @inline(__always)
    public mutating func skip(zeros count: Int) -> Bool {
        precondition(count >= 0, "no number of bytes")
        guard remaining >= count else { return false }
        let offset = position - bytes.startIndex
        let areZero = bytes.withUnsafeBytes { raw in
            var (sum, place): (UInt64, Int) = (0, 0)
            while count - place >= 8 {
                sum |= raw.loadUnaligned(fromByteOffset: offset + place, as: UInt64.self)
                place += 8
            }
            while place < count {
                sum |= UInt64(raw[offset + place])
                place += 1
            }
            return sum == 0
        }
        if areZero { position += count }
        return areZero
    }

    /// The next `count` bytes.
    public mutating func readRaw(_ count: Int) throws(MalformedBytes) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else {
            throw MalformedBytes("\(count) bytes wanted, \(remaining) left")
        }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// A byte string behind its 32-bit count, of at most `limit` bytes.
    public mutating func readBytes(limit: Int) throws(MalformedBytes) -> ArraySlice<UInt8> {
        let count = Int(try readUInt32())
        guard count <= limit else { throw MalformedBytes("\(count) bytes, \(limit) allowed") }
        return try readRaw(count)
    }

    /// A UTF-8 string behind its 32-bit count, of at most `limit` bytes.
    public mutating func readString(limit: Int) throws(MalformedBytes) -> String {
        guard let string = String(validating: try readBytes(limit: limit), as: UTF8.self) else {
            throw MalformedBytes("a string is not UTF-8")
        }
        return string
    }

    /// Throws unless everything was read: trailing bytes mean another format.
    public func finish() throws(MalformedBytes) {
        guard isAtEnd else { throw MalformedBytes("\(remaining) bytes left over") }
    }

    @usableFromInline
    func noFlag() -> MalformedBytes { MalformedBytes("a flag is neither 0 nor 1") }

    @usableFromInline
    func tooShort(_ width: Int) -> MalformedBytes {
        MalformedBytes("\(width) bytes wanted, \(remaining) left")
    }

    @inlinable @inline(__always)
    mutating func integer<Integer: FixedWidthInteger>() throws(MalformedBytes) -> Integer {
        let width = MemoryLayout<Integer>.size
        guard remaining >= width else {
            throw tooShort(width)
        }
        let offset = position - bytes.startIndex
        position += width
        return bytes.withUnsafeBytes { raw in
            Integer(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: Integer.self))
        }
    }
}
