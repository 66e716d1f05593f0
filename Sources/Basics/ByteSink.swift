/// What bytes are appended to.
public protocol ByteSink: ~Copyable {
    mutating func append(_ byte: UInt8)
    mutating func append(raw bytes: UnsafeRawBufferPointer)
}

extension ByteSink where Self: ~Copyable {
    /// The bytes of a literal.
    @inlinable
    @inline(__always)
    public mutating func append(_ text: StaticString) {
        append(
            raw: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// The number's decimal digits.
    @inlinable
    public mutating func appendDecimal(_ value: UInt64) {
        guard value >= 100_000_000 else { return appendDigits(value, atLeast: 1) }
        appendDecimal(value / 100_000_000)
        appendDigits(value % 100_000_000, atLeast: 8)
    }

    /// The digits of a number that has eight at most, with as many zeroes before them as it takes.
    ///
    /// They are put together in a word, the first in its lowest byte.
    @inlinable
    @inline(__always)
    mutating func appendDigits(_ value: UInt64, atLeast width: Int) {
        var rest = UInt32(truncatingIfNeeded: value)
        var word: UInt64 = 0
        var count = 0
        repeat {
            word = word << 8 | UInt64(0x30 + rest % 10)
            rest /= 10
            count &+= 1
        } while rest > 0 || count < width
        withUnsafeBytes(of: word.littleEndian) {
            append(raw: UnsafeRawBufferPointer(start: $0.baseAddress, count: count))
        }
    }
}

extension [UInt8]: ByteSink {
    @inlinable
    @inline(__always)
    public mutating func append(raw bytes: UnsafeRawBufferPointer) { append(contentsOf: bytes) }
}
