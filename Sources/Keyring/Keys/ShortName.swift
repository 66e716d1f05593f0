/// What a key's row holds of its name: up to 15 bytes and their number, or the number of a longer
/// one that lies beside.
struct ShortName {
    static let longest = 15
    private static let middle: UInt64 = 254
    private static let long: UInt64 = 255

    private var words: (UInt64, UInt64)

    /// Nil for a name that doesn't fit.
    init?(_ name: PackedName) {
        guard name.count <= ShortName.longest else { return nil }
        words = (name.words.0, name.words.1 | UInt64(name.count) << 56)
    }

    /// Of a name that fits a ``PackedName``.
    init(middle number: UInt32) { words = (UInt64(number), ShortName.middle << 56) }

    /// Of any other; zero for none.
    init(long number: UInt32) { words = (UInt64(number), ShortName.long << 56) }

    /// Nil if it lies beside.
    var packed: PackedName? {
        let count = words.1 >> 56
        guard count <= ShortName.longest else { return nil }
        return PackedName(words: (words.0, words.1 & ~(255 << 56), count << 56))
    }

    /// Zero if the name isn't of that kind.
    var middleNumber: UInt32 { words.1 >> 56 == ShortName.middle ? number : 0 }
    var longNumber: UInt32 { words.1 >> 56 == ShortName.long ? number : 0 }
    private var number: UInt32 { UInt32(truncatingIfNeeded: words.0) }
}
