import Basics

/// The id that a client gives a charge or another mutation, unique within the account.
///
/// A UUIDv7 carries its own time: records of it go by that time, and what lies below the floor is
/// refused for ever. Any other text of 1 to 64 bytes is kept for the idempotency window only.
public enum IdempotencyKey: Hashable, Sendable, CustomStringConvertible {
    case uuidV7(high: UInt64, low: UInt64)
    case freeForm([UInt8])

    /// Nil for an empty text and for one of more than 64 bytes. The 36 characters of a UUID of
    /// version 7 and variant 10 (RFC 9562) are one, in either case of their letters; everything
    /// else is free-form.
    public init?(_ text: String) {
        var text = text
        guard let key = text.withUTF8({ IdempotencyKey(utf8: UnsafeRawBufferPointer($0)) })
        else { return nil }
        self = key
    }

    /// The same of bytes that are known to be UTF-8.
    public init?(utf8: UnsafeRawBufferPointer) {
        guard (1...Bounds.idempotencyKeyBytes).contains(utf8.count) else { return nil }
        self = IdempotencyKey.uuid(utf8) ?? .freeForm(Array(utf8))
    }

    /// The 48 bits of Unix milliseconds at the head of a UUIDv7; nil for a free-form id.
    public var time: Timestamp? {
        guard case .uuidV7(let high, _) = self else { return nil }
        return Timestamp(milliseconds: Int64(high >> 16))
    }

    public var description: String {
        switch self {
        case .freeForm(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .uuidV7(let high, let low):
            let digits = Array((hexadecimal(high) + hexadecimal(low)).utf8)
            let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
            return groups.map { String(decoding: digits[$0], as: UTF8.self) }
                .joined(separator: "-")
        }
    }

    private func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func uuid(_ text: UnsafeRawBufferPointer) -> IdempotencyKey? {
        let hyphen = UInt8(ascii: "-")
        guard text.count == 36, text[8] == hyphen, text[13] == hyphen, text[18] == hyphen,
            text[23] == hyphen
        else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        guard append(text, 0..<8, to: &words.high), append(text, 9..<13, to: &words.high),
            append(text, 14..<18, to: &words.high), append(text, 19..<23, to: &words.low),
            append(text, 24..<36, to: &words.low)
        else { return nil }
        guard isVersion7(high: words.high, low: words.low) else { return nil }
        return .uuidV7(high: words.high, low: words.low)
    }

    static func isVersion7(high: UInt64, low: UInt64) -> Bool {
        high >> 12 & 0xf == 7 && low >> 62 == 0b10
    }

    /// False if not all of these bytes are hexadecimal digits.
    @inline(__always)
    private static func append(
        _ text: UnsafeRawBufferPointer, _ range: Range<Int>, to word: inout UInt64
    ) -> Bool {
        for position in range {
            let digit = text[position] &- 0x30
            // Letters of either case.
            let letter = (text[position] | 0x20) &- 0x61
            guard digit < 10 || letter < 6 else { return false }
            word = word << 4 | UInt64(digit < 10 ? digit : letter &+ 10)
        }
        return true
    }
}
