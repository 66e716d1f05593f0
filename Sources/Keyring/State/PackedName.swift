/// Up to 23 bytes of a name and their number, or the number of a long one.
struct PackedName {
    static let longest = 23

    private var words: (UInt64, UInt64, UInt64) = (0, 0, 0)

    /// In the highest byte: 255 for a long name.
    private var count: Int { Int(words.2 >> 56) }

    /// Nil for a name that doesn't fit.
    init?(_ name: Name) {
        let bytes = name.string.utf8
        guard bytes.count <= PackedName.longest else { return nil }
        for (place, byte) in bytes.enumerated() {
            let bits = UInt64(byte) << (8 * (place & 7))
            switch place >> 3 {
            case 0: words.0 |= bits
            case 1: words.1 |= bits
            default: words.2 |= bits
            }
        }
        words.2 |= UInt64(bytes.count) << 56
    }

    /// Zero for none.
    init(long number: UInt32) { words = (UInt64(number), 0, 0xff << 56) }

    /// Zero if the name isn't long.
    var longNumber: UInt32 { count == 255 ? UInt32(truncatingIfNeeded: words.0) : 0 }

    /// Nil if the name is long.
    var inline: Name? {
        let (count, words) = (count, words)
        guard count <= PackedName.longest else { return nil }
        return Name(
            trusted: String(unsafeUninitializedCapacity: PackedName.longest) { bytes in
                for place in 0..<count {
                    let word = place < 8 ? words.0 : place < 16 ? words.1 : words.2
                    bytes[place] = UInt8(truncatingIfNeeded: word >> (8 * UInt64(place & 7)))
                }
                return count
            })
    }
}
