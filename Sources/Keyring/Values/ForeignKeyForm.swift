import Basics

/// Which texts may be keys that were made elsewhere and imported by their digests: by their
/// length alone, since nothing else is known of them.
///
/// Where none were imported, nothing but this program's own form is ever digested: whatever else
/// is presented costs a scan. Where some were, garbage of their length costs one digest and one
/// look-up.
public struct ForeignKeyForm: Hashable, Sendable {
    /// In bytes.
    public let shortest: UInt32
    /// Zero: there are none.
    public let longest: UInt32

    public static let none = ForeignKeyForm(shortest: 0, longest: 0)

    public init(shortest: UInt32, longest: UInt32) {
        self.shortest = shortest
        self.longest = longest
    }

    public init(_ settings: ClusterSettings) {
        self =
            settings.foreignKeyLongest == 0
            ? .none
            : ForeignKeyForm(
                shortest: settings.foreignKeyShortest, longest: settings.foreignKeyLongest)
    }

    /// What a text is that has not this program's form.
    public enum Reading: Hashable, Sendable {
        /// No key whatever the settings are.
        case never
        /// It would be one by other settings, which a node that lags behind may not know.
        case notNow
        case key
    }

    public func reading(of text: RawSpan) -> Reading {
        let count = UInt32(clamping: text.byteCount)
        guard Bounds.foreignKeyBytes.contains(count), !ForeignKeyForm.isOurs(text) else {
            return .never
        }
        for offset in text.byteOffsets where !(0x21...0x7E).contains(text.byte(offset)) {
            return .never
        }
        return longest != 0 && (shortest...longest).contains(count) ? .key : .notNow
    }

    /// A text that begins like a key or a token of this program's is one, or a bad copy.
    private static func isOurs(_ text: RawSpan) -> Bool {
        begins(text, with: KeyText.keyPrefix) || begins(text, with: KeyText.tokenPrefix)
    }

    private static func begins(_ text: RawSpan, with prefix: StaticString) -> Bool {
        (0..<prefix.utf8CodeUnitCount).allSatisfy { text.byte($0) == prefix.utf8Start[$0] }
    }

    /// As one word of the key table.
    init(word: UInt64) {
        self.init(
            shortest: UInt32(truncatingIfNeeded: word >> 32),
            longest: UInt32(truncatingIfNeeded: word))
    }

    var word: UInt64 { UInt64(shortest) << 32 | UInt64(longest) }
}
