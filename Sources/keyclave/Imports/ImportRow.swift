import HTTP

/// A key as a line of a file describes it: checked as far as that can be done without a server.
struct ImportRow: Hashable {
    /// Where it stands in the file, the first line being 1.
    var line: Int
    /// A user's id or e-mail address.
    var user = ""
    var api = ""
    var name = ""
    /// In lower case.
    var digest = ""
    var suffix = ""
    var isForeign: Bool
    var isActive = true

    /// The columns of a table, and the members of a line of JSON.
    enum Field: String, CaseIterable {
        case user, api, name, digest, suffix, foreign, active
        /// Written by an export for people, and passed over by an import.
        case userID = "user_id"

        var isRequired: Bool {
            switch self {
            case .user, .api, .name, .digest: true
            case .suffix, .foreign, .active, .userID: false
            }
        }
    }

    /// As in the body of a request.
    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("user", .string(user)), .init("api", .string(api)), .init("name", .string(name)),
            .init("digest", .string(digest)), .init("active", .bool(isActive)),
        ]
        if isForeign { members.append(.init("foreign", .bool(true))) }
        if !suffix.isEmpty { members.append(.init("suffix", .string(suffix))) }
        return .object(members)
    }

    /// What is wrong with it by itself; nil if nothing is.
    var complaint: String? {
        if user.isEmpty { return "user is missing: an id or an e-mail address" }
        let isID = user.hasPrefix("usr_") && user.utf8.count == 15
        guard isID || user.contains("@") else { return "user is neither an id nor an address" }
        guard (2...10).contains(api.utf8.count), api.utf8.allSatisfy(Self.isSlug) else {
            return "api must be the slug of an API"
        }
        guard (1...200).contains(name.unicodeScalars.count) else {
            return "name must have 1 to 200 characters"
        }
        if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return "name holds a control character"
        }
        guard digest.utf8.count == 64, digest.utf8.allSatisfy(Self.isHex) else {
            return "digest must be the SHA-256 of the key in 64 hexadecimal digits"
        }
        guard digest.contains(where: { $0 != "0" }) else { return "digest is no key's" }
        guard suffix.isEmpty || suffix.utf8.count == 4 && suffix.utf8.allSatisfy(isSuffix) else {
            return "suffix must be the last four characters of the key, or empty"
        }
        return nil
    }

    private func isSuffix(_ byte: UInt8) -> Bool {
        isForeign ? (0x21...0x7E).contains(byte) : Self.isBase62(byte)
    }

    private static func isSlug(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }
    private static func isBase62(_ byte: UInt8) -> Bool {
        isSlug(byte) || (0x41...0x5A).contains(byte)
    }
    private static func isHex(_ byte: UInt8) -> Bool {
        (0x61...0x66).contains(byte) || (0x30...0x39).contains(byte)
    }
}

/// A line that can't be imported.
struct ImportComplaint: Hashable, Comparable {
    var line: Int
    var reason: String

    static func < (left: Self, right: Self) -> Bool { left.line < right.line }
}
