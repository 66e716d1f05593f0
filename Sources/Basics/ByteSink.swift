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
        var digits: InlineArray<20, UInt8> = InlineArray(repeating: 0)
        var first = 20
        var rest = value
        repeat {
            first -= 1
            digits[first] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        withUnsafeBytes(of: &digits) { append(raw: UnsafeRawBufferPointer(rebasing: $0[first...])) }
    }
}

extension [UInt8]: ByteSink {
    @inlinable
    @inline(__always)
    public mutating func append(raw bytes: UnsafeRawBufferPointer) { append(contentsOf: bytes) }
}
