/// What a key opens, by its slug: 2 to 10 characters `a-z0-9`.
///
/// One word, so that a key's record, the read side and a command hold it inline: the characters
/// are the digits of a number in base 37, of which 0 means "no more".
public struct API: Comparable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt64

    /// "REST API".
    public static let rest = API(known: "rest")
    /// "Batch API".
    public static let batch = API(known: "batch")
    /// Those that exist from the start.
    public static let initial = [API.batch, API.rest]

    public static let shortestSlug = 2
    public static let longestSlug = 10

    /// Nil unless the slug is 2 to 10 characters `a-z0-9`.
    public init?(slug: some StringProtocol) { self.init(slug: Array(slug.utf8).span.bytes) }

    /// The same of the slug's characters, without allocation.
    public init?(slug: RawSpan) {
        guard (API.shortestSlug...API.longestSlug).contains(slug.byteCount) else { return nil }
        var number: UInt64 = 0
        for offset in slug.byteOffsets {
            guard let digit = API.digit(of: slug.byte(offset)) else { return nil }
            number = number &* 37 &+ digit
        }
        // Left-aligned: the order of the numbers is the order of the slugs.
        for _ in slug.byteCount..<API.longestSlug { number = number &* 37 }
        rawValue = number
    }

    /// Whether the characters are a slug's.
    static func isSlug(_ characters: RawSpan) -> Bool {
        guard (API.shortestSlug...API.longestSlug).contains(characters.byteCount) else {
            return false
        }
        for offset in characters.byteOffsets where API.digit(of: characters.byte(offset)) == nil {
            return false
        }
        return true
    }

    /// Nil for a number that no slug gives.
    public init?(rawValue: UInt64) {
        guard API.isSlug(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    /// Whether the number's ten digits are those of a slug, with nothing between them.
    private static func isSlug(_ number: UInt64) -> Bool {
        var (rest, count) = (number, longestSlug)
        while count > 0, rest % 37 == 0 {
            rest /= 37
            count -= 1
        }
        guard count >= shortestSlug else { return false }
        for _ in 0..<count {
            guard rest % 37 != 0 else { return false }
            rest /= 37
        }
        return rest == 0
    }

    private init(known slug: StaticString) {
        guard let api = API(slug: slug.description) else { preconditionFailure("not a slug") }
        self = api
    }

    public var slug: String { API.slug(of: rawValue) ?? "" }
    public var description: String { slug }

    public static func < (left: API, right: API) -> Bool { left.rawValue < right.rawValue }

    private static func slug(of number: UInt64) -> String? {
        var rest = number
        var bytes: [UInt8] = []
        for _ in 0..<longestSlug {
            let digit = UInt8(rest % 37)
            rest /= 37
            if digit == 0 {
                guard bytes.isEmpty else { return nil }
            } else if digit <= 10 {
                bytes.append(UInt8(ascii: "0") + digit - 1)
            } else {
                bytes.append(UInt8(ascii: "a") + digit - 11)
            }
        }
        return rest == 0 ? String(decoding: bytes.reversed(), as: UTF8.self) : nil
    }

    private static func digit(of byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return UInt64(byte - UInt8(ascii: "0")) + 1
        case UInt8(ascii: "a")...UInt8(ascii: "z"): return UInt64(byte - UInt8(ascii: "a")) + 11
        default: return nil
        }
    }
}
