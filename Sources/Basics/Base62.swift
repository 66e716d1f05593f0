/// Numbers in the digits `0-9A-Za-z`, most significant first, padded with `0` to a given width:
/// eleven digits hold 64 bits, six hold 32.
public enum Base62 {
    /// The width that every 64-bit number fits.
    @inlinable public static var fullWidth: Int { 11 }

    public static func encode(_ number: UInt64, width: Int) -> String {
        var digits: [UInt8] = []
        append(number, width: width, to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    /// Appends `width` digits. Requires a number that fits them.
    @inlinable
    public static func append<Sink: ByteSink & ~Copyable>(
        _ number: UInt64, width: Int, to sink: inout Sink
    ) {
        precondition(width <= fullWidth, "no number has so many digits")
        // On the stack, and added at once: an array that is indexed is checked at every digit.
        var digits: InlineArray<11, UInt8> = InlineArray(repeating: UInt8(ascii: "0"))
        var rest = number
        for position in stride(from: width - 1, through: 0, by: -1) {
            digits[position] = alphabet.utf8Start[Int(truncatingIfNeeded: rest % 62)]
            rest /= 62
        }
        precondition(rest == 0, "the number has more digits than the width")
        withUnsafeBytes(of: &digits) { raw in
            sink.append(raw: UnsafeRawBufferPointer(rebasing: raw[..<width]))
        }
    }

    /// Appends all eleven digits: an id's, of which every answer has three.
    ///
    /// In three parts, whose divisions are of 32 bits and don't wait for each other.
    @inlinable
    @inline(__always)
    public static func append<Sink: ByteSink & ~Copyable>(_ number: UInt64, to sink: inout Sink) {
        let (rest, last) = number.quotientAndRemainder(dividingBy: 62 * 62 * 62)
        let (first, middle) = rest.quotientAndRemainder(dividingBy: 62 * 62 * 62 * 62)
        let low = UInt64(letters(UInt32(truncatingIfNeeded: first), 4))
        let high = UInt64(letters(UInt32(truncatingIfNeeded: middle), 4))
        var digits: (UInt64, UInt64) = (
            (low | high << 32).littleEndian,
            UInt64(letters(UInt32(truncatingIfNeeded: last), 3)).littleEndian
        )
        withUnsafeBytes(of: &digits) { raw in
            sink.append(raw: UnsafeRawBufferPointer(rebasing: raw[..<fullWidth]))
        }
    }

    /// The last digits of a number, the first of them in the lowest byte.
    @inlinable
    @inline(__always)
    static func letters(_ number: UInt32, _ count: Int) -> UInt32 {
        var rest = number
        var word: UInt32 = 0
        for _ in 0..<count {
            word = word << 8 | UInt32(alphabet.utf8Start[Int(truncatingIfNeeded: rest % 62)])
            rest /= 62
        }
        return word
    }

    /// The number that the digits stand for; nil if there is none, a byte is no digit, or the
    /// number is 2^64 or more. Leading zeroes are allowed: the caller knows its width.
    public static func decode(_ digits: some Sequence<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        var isEmpty = true
        for byte in digits {
            guard let value = value(of: byte) else { return nil }
            let (product, tooLarge) = number.multipliedReportingOverflow(by: 62)
            let (sum, overflow) = product.addingReportingOverflow(value)
            if tooLarge || overflow { return nil }
            number = sum
            isEmpty = false
        }
        return isEmpty ? nil : number
    }

    public static func decode(_ digits: Substring) -> UInt64? { decode(digits.utf8) }

    public static func decode(_ digits: String) -> UInt64? { decode(digits.utf8) }

    /// The digits in the order of their values.
    @inlinable
    static var alphabet: StaticString {
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    }

    /// The digit of a value below 62.
    @inlinable
    public static func digit(_ value: UInt64) -> UInt8 {
        precondition(value < 62, "a base-62 digit stands for less than 62")
        return alphabet.utf8Start[Int(truncatingIfNeeded: value)]
    }

    /// The number that the last digits of eight stand for. Requires that they are digits.
    ///
    /// All at once: first each byte's value in its place, then the pairs', then the fours'.
    @inlinable
    public static func value(ofDigits digits: ASCIIWord, last count: Int) -> UInt64 {
        precondition((1...8).contains(count), "a word has eight digits")
        // From 0x30 on; the letters' gaps are 7 and 6 more.
        let upper = digits.within(UInt8(ascii: "A"), UInt8(ascii: "z")) >> 7
        let lower = digits.within(UInt8(ascii: "a"), UInt8(ascii: "z")) >> 7
        var values = digits.bits &- 0x3030_3030_3030_3030 &- upper &* 7 &- lower &* 6
        values &= ~UInt64(0) << UInt64(8 * (8 - count))
        let pairs = values & 0x00FF_00FF_00FF_00FF &* 62 &+ values >> 8 & 0x00FF_00FF_00FF_00FF
        let fours = pairs & 0x0000_FFFF_0000_FFFF &* 3_844 &+ pairs >> 16 & 0x0000_FFFF_0000_FFFF
        return fours & 0xFFFF_FFFF &* 14_776_336 &+ fours >> 32
    }

    /// The value of a digit; nil for any other byte.
    @inlinable
    public static func value(of digit: UInt8) -> UInt64? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return UInt64(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): return UInt64(digit - UInt8(ascii: "A")) + 10
        case UInt8(ascii: "a")...UInt8(ascii: "z"): return UInt64(digit - UInt8(ascii: "a")) + 36
        default: return nil
        }
    }
}
