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
    public init?(_ text: some StringProtocol) {
        let utf8 = Array(text.utf8)
        guard (1...Bounds.idempotencyKeyBytes).contains(utf8.count) else { return nil }
        self = IdempotencyKey.uuid(utf8) ?? .freeForm(utf8)
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

    private static func uuid(_ text: [UInt8]) -> IdempotencyKey? {
        guard text.count == 36 else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for (position, byte) in text.enumerated() {
            if [8, 13, 18, 23].contains(position) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = nibble(byte) else { return nil }
            words.high = words.high << 4 | words.low >> 60
            words.low = words.low << 4 | digit
        }
        guard isVersion7(high: words.high, low: words.low) else { return nil }
        return .uuidV7(high: words.high, low: words.low)
    }

    static func isVersion7(high: UInt64, low: UInt64) -> Bool {
        high >> 12 & 0xf == 7 && low >> 62 == 0b10
    }

    private static func nibble(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): return UInt64(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): return UInt64(byte - UInt8(ascii: "A")) + 10
        default: return nil
        }
    }
}
