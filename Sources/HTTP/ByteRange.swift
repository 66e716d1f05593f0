/// A part of a buffer that somebody else owns: trivial, so that a parsed request holds no
/// reference and costs no allocation.
@frozen
public struct ByteRange: Hashable, Sendable {
    @usableFromInline var first: Int32
    @usableFromInline var end: Int32

    @inlinable
    public init(_ range: Range<Int>) {
        first = Int32(range.lowerBound)
        end = Int32(range.upperBound)
    }

    /// What wasn't in the message. No part of a message that can be absent is at offset 0.
    public static let absent = ByteRange(0..<0)

    @inlinable public var isPresent: Bool { end != 0 }
    @inlinable public var isEmpty: Bool { first == end }
    @inlinable public var count: Int { Int(end) - Int(first) }
    @inlinable public var lowerBound: Int { Int(first) }
    @inlinable public var upperBound: Int { Int(end) }
    @inlinable public var indices: Range<Int> { Int(first)..<Int(end) }

    /// The bytes themselves, valid as long as the buffer is.
    @inlinable
    public func slice(of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[indices])
    }

    /// The bytes as text; nil if they aren't UTF-8.
    public func text(in bytes: UnsafeRawBufferPointer) -> String? {
        String(validating: slice(of: bytes), as: UTF8.self)
    }
}

extension UnsafeRawBufferPointer {
    /// True if the bytes are exactly those of `literal`.
    @inlinable
    public func equals(_ literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        let other = literal.utf8Start
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }

    /// True if the bytes, with ASCII letters folded to lower case, are those of `literal`, which
    /// is in lower case.
    @inlinable
    public func equals(foldedTo literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        let other = literal.utf8Start
        for index in 0..<count {
            let byte = self[index]
            let folded = byte &- 0x41 < 26 ? byte | 0x20 : byte
            if folded != other[index] { return false }
        }
        return true
    }
}
