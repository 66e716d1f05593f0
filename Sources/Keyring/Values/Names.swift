/// A display name: 1 to 200 Unicode scalars, none of them a control character.
///
/// Compared byte by byte. The library's own comparison of strings normalises by tables that
/// differ between builds, and nodes must not.
public struct Name: Hashable, Sendable, CustomStringConvertible {
    public let string: String

    public init?(_ string: String) {
        var count = 0
        for scalar in string.unicodeScalars {
            count += 1
            // C0, DEL and C1: the general category Cc, which is fixed for ever by Unicode's
            // stability policy, so no table is asked.
            let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
            guard count <= Bounds.nameScalars, !isControl else { return nil }
        }
        guard count > 0 else { return nil }
        self.string = string
    }

    /// Of what was a name's string before.
    init(trusted string: String) { self.string = string }

    public var description: String { string }

    public static func == (left: Name, right: Name) -> Bool {
        left.string.utf8.elementsEqual(right.string.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in string.utf8 { hasher.combine(byte) }
    }
}

/// An e-mail address as it was given, compared with its ASCII letters folded.
///
/// 3 to 254 bytes, exactly one `@` with something on either side, no space and no control
/// character: enough to catch a slip; whether mail arrives there only mail can tell.
public struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
    public let string: String

    public init?(_ string: String) {
        let utf8 = string.utf8
        guard (3...Bounds.emailBytes).contains(utf8.count),
            utf8.first != UInt8(ascii: "@"), utf8.last != UInt8(ascii: "@"),
            utf8.count(where: { $0 == UInt8(ascii: "@") }) == 1,
            !string.unicodeScalars.contains(where: {
                $0.value <= 0x20 || (0x7f...0x9f).contains($0.value)
            })
        else { return nil }
        self.string = string
    }

    /// The bytes that make it unique in its account: `A`–`Z` as `a`–`z`, all else as given.
    public var folded: [UInt8] { string.utf8.map(EmailAddress.fold) }

    public var description: String { string }

    public static func == (left: EmailAddress, right: EmailAddress) -> Bool {
        left.string.utf8.elementsEqual(right.string.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in string.utf8 { hasher.combine(byte) }
    }

    /// Whether both name the same mailbox, as far as ASCII goes.
    func matches(_ other: EmailAddress) -> Bool {
        string.utf8.lazy.map(EmailAddress.fold)
            .elementsEqual(other.string.utf8.lazy.map(EmailAddress.fold))
    }

    static func fold(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
