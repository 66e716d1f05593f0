import Basics

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
    @inline(__always)
    public func equals(_ literal: StaticString) -> Bool { equals(literal) { $0 } }

    /// True if the bytes, with ASCII letters folded to lower case, are those of `literal`, which
    /// is in lower case.
    @inlinable
    @inline(__always)
    public func equals(foldedTo literal: StaticString) -> Bool { equals(literal, \.lowercased) }

    /// Inlined wherever it is called, so that the literal is compared as a few numbers; the last
    /// of its words overlaps the one before.
    @inlinable
    @inline(__always)
    func equals(_ literal: StaticString, _ fold: (ASCIIWord) -> ASCIIWord) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard self.count == count else { return false }
        let other = UnsafeRawBufferPointer(start: literal.utf8Start, count: count)
        if count >= 8 {
            for offset in stride(from: 0, to: count - 8, by: 8)
            where fold(ASCIIWord(self, at: offset)).bits != ASCIIWord(other, at: offset).bits {
                return false
            }
            return fold(ASCIIWord(self, at: count - 8)).bits == ASCIIWord(other, at: count - 8).bits
        }
        if count >= 4 { return fold(fourToEight).bits == other.fourToEight.bits }
        for index in 0..<count {
            let folded = fold(ASCIIWord(bits: UInt64(self[index])))
            if folded.bits != UInt64(other[index]) { return false }
        }
        return true
    }

    /// True if no byte is beyond ASCII.
    public var isASCII: Bool {
        var bits: UInt8 = 0
        for index in 0..<count { bits |= self[index] }
        return bits < 0x80
    }

    /// Four to eight bytes as one word, those in the middle twice.
    @inlinable
    @inline(__always)
    var fourToEight: ASCIIWord {
        let low = loadUnaligned(fromByteOffset: 0, as: UInt32.self)
        let high = loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
        return ASCIIWord(bits: UInt64(low) | UInt64(high) << 32)
    }
}
