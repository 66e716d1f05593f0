import Basics

/// The last four characters of a key or token, all that is kept of its text.
///
/// A key that was imported may have come without them, and one that was made elsewhere may end
/// with others than base-62 digits: of that one it is known that its text isn't of this program's
/// form, and none of it but these is ever shown.
public struct Suffix: Hashable, Sendable, CustomStringConvertible {
    /// Four bytes of ASCII, or none; the highest bit says that the key was made elsewhere.
    public let rawValue: UInt32

    private static let foreign: UInt32 = 1 << 31

    /// Nil unless the text is four base-62 digits.
    public init?(_ text: some StringProtocol) {
        guard let value = Suffix.value(of: text.utf8, { Base62.value(of: $0) != nil }) else {
            return nil
        }
        rawValue = value
    }

    /// Of a key that was made elsewhere: nil unless the text is four printable characters of ASCII.
    public init?(foreign text: some StringProtocol) {
        guard let value = Suffix.value(of: text.utf8, Suffix.isPrintable) else { return nil }
        rawValue = value | Suffix.foreign
    }

    /// Of a key that was imported without its end.
    public static let unknown = Suffix(trusted: 0)
    public static let unknownForeign = Suffix(trusted: foreign)

    /// Nil for a number that nothing gives.
    init?(rawValue: UInt32) {
        guard rawValue & ~Suffix.foreign != 0 else {
            self.init(trusted: rawValue)
            return
        }
        let isForeign = rawValue & Suffix.foreign != 0
        // A printable character's highest bit is zero, so that a foreign one's is the mark alone.
        let isLegal = (0..<4).allSatisfy { place in
            let byte = UInt8(truncatingIfNeeded: (rawValue & ~Suffix.foreign) >> (8 * place))
            return isForeign ? Suffix.isPrintable(byte) : Base62.value(of: byte) != nil
        }
        guard isLegal else { return nil }
        self.init(trusted: rawValue)
    }

    /// Of what was a suffix's number before.
    init(trusted value: UInt32) { rawValue = value }

    /// Whether the key's text isn't of this program's form.
    public var isForeign: Bool { rawValue & Suffix.foreign != 0 }
    public var isUnknown: Bool { rawValue & ~Suffix.foreign == 0 }

    public var description: String { isUnknown ? "" : Suffix.text(of: rawValue) }

    private static func value(
        of bytes: some Collection<UInt8>, _ isLegal: (UInt8) -> Bool
    ) -> UInt32? {
        guard bytes.count == 4, bytes.allSatisfy(isLegal) else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func isPrintable(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }

    private static func text(of value: UInt32) -> String {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) & 0x7F }
        return String(decoding: bytes, as: UTF8.self)
    }
}
