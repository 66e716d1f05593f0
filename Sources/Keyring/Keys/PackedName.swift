import Basics

/// Up to 23 bytes of a name and their number.
struct PackedName: Sendable {
    static let longest = 23

    private(set) var words: (UInt64, UInt64, UInt64) = (0, 0, 0)

    /// In the highest byte.
    var count: Int { Int(words.2 >> 56) }

    /// Nil for a name that doesn't fit.
    init?(_ name: Name) {
        let bytes = name.string.utf8
        guard bytes.count <= PackedName.longest else { return nil }
        for (place, byte) in bytes.enumerated() { set(byte, at: place) }
        words.2 |= UInt64(bytes.count) << 56
    }

    /// Of what is a name by every rule: bytes that fit and are printable ASCII. Nil for all else,
    /// be it a name or not.
    init?(printable bytes: ArraySlice<UInt8>) {
        let count = bytes.count
        guard (1...PackedName.longest).contains(count) else { return nil }
        bytes.withUnsafeBytes { bytes in
            withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
        }
        let isPrintable =
            PackedName.isPrintable(words.0, count)
            && (count <= 8 || PackedName.isPrintable(words.1, count - 8))
            && (count <= 16 || PackedName.isPrintable(words.2, count - 16))
        guard isPrintable else { return nil }
        words.2 |= UInt64(count) << 56
    }

    /// Of the first `count` bytes of a word, or of all eight.
    @inline(__always)
    private static func isPrintable(_ bits: UInt64, _ count: Int) -> Bool {
        let mask = count >= 8 ? ~0 : (UInt64(1) << (8 * UInt64(count))) - 1
        let printable = ASCIIWord(bits: bits).within(0x20, 0x7e)
        return (printable ^ ASCIIWord.highest) & mask == 0
    }

    @inline(__always)
    private mutating func set(_ byte: UInt8, at place: Int) {
        let bits = UInt64(byte) << (8 * UInt64(place & 7))
        switch place >> 3 {
        case 0: words.0 |= bits
        case 1: words.1 |= bits
        default: words.2 |= bits
        }
    }

    /// Requires a place below `count`.
    @inline(__always)
    func byte(_ place: Int) -> UInt8 {
        let word = place < 8 ? words.0 : place < 16 ? words.1 : words.2
        return UInt8(truncatingIfNeeded: word >> (8 * UInt64(place & 7)))
    }

    /// Of what were a packed name's words.
    init(words: (UInt64, UInt64, UInt64)) { self.words = words }

    var name: Name {
        Name(
            trusted: String(unsafeUninitializedCapacity: PackedName.longest) { bytes in
                for place in 0..<count { bytes[place] = byte(place) }
                return count
            })
    }
}
