import Basics

/// The text of a key and of a management token, shown once and never stored.
///
///     kc_<api>_<30 random base-62 digits><6 base-62 digits: CRC-32 of those 30>
///     kct_<role>_<the same tail>
///
/// The check digits, those of GitHub's tokens, let a node refuse typing errors and garbage before
/// it digests anything, and let secret scanners tell a leaked key from a string that only looks
/// like one. They don't cover the api: a typing error there gives a well-formed text that nobody
/// has. Either text fits one block of SHA-256.
///
/// The type holds a text only where one is made. What a client presents is checked where it lies
/// in the request's buffer, by ``api(ofKey:)`` and ``role(ofToken:)``.
public struct KeyText: Sendable {
    /// Random digits: 30 · log2(62) = 178 bits.
    public static let randomCount = 30
    /// Digits that hold 32 bits.
    public static let checkCount = 6
    /// The longest text there is: the longest message that SHA-256 digests in one block.
    public static let longestCount = 55
    /// As many random bytes as a new text is given. One in 32 is rejected, so that 96 don't yield
    /// 30 digits less often than once in 10^70 draws.
    public static let randomBytesWanted = 96

    /// What secret scanners look for: an extended regular expression (POSIX) for keys and tokens.
    /// A match whose last six digits aren't the CRC-32 of the thirty before them is no secret.
    public static let scannerPattern =
        "kc(_[a-z0-9]{2,10}|t_(operator|admin|auditor|member))_[0-9A-Za-z]{36}"

    static let tailCount = randomCount + checkCount
    static let keyPrefix: StaticString = "kc_"
    static let tokenPrefix: StaticString = "kct_"

    /// The text in ASCII.
    public let bytes: [UInt8]

    /// A new key for `api`. Nil if the random bytes yield fewer than 30 digits; they must be
    /// fresh from the system's generator (``randomBytesWanted`` of them), and used once.
    public init?(api: API, random: some Sequence<UInt8>) {
        self.init(prefix: KeyText.keyPrefix, label: api.slug, random: random)
    }

    /// A new management token for a role, by its name. Nil as for keys.
    public init?(role: Role, random: some Sequence<UInt8>) {
        self.init(prefix: KeyText.tokenPrefix, label: role.text, random: random)
    }

    private init?(prefix: StaticString, label: String, random: some Sequence<UInt8>) {
        var text: [UInt8] = []
        text.reserveCapacity(KeyText.longestCount)
        prefix.withUTF8Buffer { text.append(contentsOf: $0) }
        text.append(contentsOf: label.utf8)
        text.append(UInt8(ascii: "_"))
        let start = text.count
        for byte in random where text.count - start < KeyText.randomCount {
            // 248 = 4 · 62: the bytes above would favour the first eight digits.
            if byte < 248 { text.append(Base62.digit(UInt64(byte % 62))) }
        }
        guard text.count - start == KeyText.randomCount else { return nil }
        let check = CRC32.checksum(text[start...])
        Base62.append(UInt64(check), width: KeyText.checkCount, to: &text)
        bytes = text
    }

    /// What a table knows the text by.
    public var digest: Digest { SHA256.digest(ofOneBlock: bytes.span.bytes) }

    /// What may be shown ever after: the prefix and the last four digits, `kc_rest_…Zx81`.
    public var display: String {
        let prefix = bytes.dropLast(KeyText.tailCount)
        return String(decoding: prefix, as: UTF8.self) + "…"
            + String(decoding: bytes.suffix(4), as: UTF8.self)
    }

    /// The whole text, for the one answer that shows it.
    public var secret: String { String(decoding: bytes, as: UTF8.self) }
}

/// A text must not reach a log line by interpolation or a dump.
extension KeyText: CustomStringConvertible, CustomReflectable {
    public var description: String { display }
    public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}

extension KeyText {
    /// The api that the text of a key names, if form and check digits are right; nil for
    /// everything else. Neither allocates nor digests: what this refuses costs a scan.
    public static func api(ofKey text: RawSpan) -> API? {
        guard let label = label(of: text, prefix: keyPrefix) else { return nil }
        return API(slug: text.extracting(label))
    }

    /// Whether `api(ofKey:)` names one, for those who needn't know which.
    public static func isKey(_ text: RawSpan) -> Bool {
        guard let label = label(of: text, prefix: keyPrefix) else { return false }
        return API.isSlug(text.extracting(label))
    }

    /// The role that the text of a token names, if form and check digits are right.
    public static func role(ofToken text: RawSpan) -> Role? {
        guard let label = label(of: text, prefix: tokenPrefix) else { return nil }
        for code in Role.member.rawValue...Role.operator.rawValue {
            if let role = Role(rawValue: code), text.holds(role, at: label) { return role }
        }
        return nil
    }

    /// The digest of a text that was found well-formed.
    @inlinable
    public static func digest(of text: RawSpan) -> Digest { SHA256.digest(ofOneBlock: text) }

    /// The place of what stands between the prefix and the tail.
    private static func label(of text: RawSpan, prefix: StaticString) -> Range<Int>? {
        let count = text.byteCount
        let tail = count - tailCount
        let start = prefix.utf8CodeUnitCount
        guard count <= longestCount, tail > start + 1, text.byte(tail - 1) == UInt8(ascii: "_")
        else { return nil }
        for offset in 0..<start where text.byte(offset) != prefix.utf8Start[offset] { return nil }
        guard let check = checkDigits(ofTail: text.extracting(tail..<count)) else { return nil }
        let random = text.extracting(tail..<tail + randomCount)
        return check == UInt64(CRC32.checksum(random)) ? start..<tail - 1 : nil
    }

    /// The number that the last digits of a tail stand for; nil unless all of the tail is digits.
    private static func checkDigits(ofTail tail: RawSpan) -> UInt64? {
        tail.withUnsafeBytes { tail in
            // The last word overlaps the one before it.
            let last = ASCIIWord(tail, at: tailCount - ASCIIWord.count)
            var digits = last.alphanumerics
            for offset in stride(from: 0, to: tailCount - ASCIIWord.count, by: ASCIIWord.count) {
                digits &= ASCIIWord(tail, at: offset).alphanumerics
            }
            guard ASCIIWord.isWhole(digits) else { return nil }
            return Base62.value(ofDigits: last, last: checkCount)
        }
    }
}

extension RawSpan {
    /// One byte; traps beyond the end. A byte has neither alignment nor invalid patterns.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    /// Whether the bytes in `range` are a role's name. The names are short enough to be held
    /// without allocation.
    fileprivate func holds(_ role: Role, at range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        for character in role.text.utf8 {
            guard offset < range.upperBound, byte(offset) == character else { return false }
            offset += 1
        }
        return offset == range.upperBound
    }
}
