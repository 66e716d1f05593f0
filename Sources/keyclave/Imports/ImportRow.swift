import HTTP
import Keyring

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
    /// As RFC 3339 has it; empty for never.
    var expiresAt = ""

    /// The columns of a table, and the members of a line of JSON.
    enum Field: String, CaseIterable {
        case user, api, name, digest, suffix, foreign, active
        case expiresAt = "expires_at"
        /// Written by an export for people, and passed over by an import.
        case userID = "user_id"

        var isRequired: Bool {
            switch self {
            case .user, .api, .name, .digest: true
            case .suffix, .foreign, .active, .expiresAt, .userID: false
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
        if !expiresAt.isEmpty { members.append(.init("expires_at", .string(expiresAt))) }
        return .object(members)
    }

    /// Else by an address.
    var namesUserByID: Bool { UserID(text: user) != nil }

    /// What is wrong with it by itself; nil if nothing is.
    var complaint: String? {
        if user.isEmpty { return "user is missing: an id or an e-mail address" }
        guard namesUserByID || EmailAddress(user) != nil else {
            return "user is neither an id nor an address"
        }
        guard API(slug: api) != nil else { return "api must be the slug of an API" }
        guard Name(name) != nil else {
            return "name must have 1 to 200 characters, none of them a control character"
        }
        guard digest.utf8.count == 64, digest.utf8.allSatisfy(Self.isHex) else {
            return "digest must be the SHA-256 of the key in 64 hexadecimal digits"
        }
        guard digest.contains(where: { $0 != "0" }) else { return "digest is no key's" }
        guard suffix.isEmpty || (isForeign ? Suffix(foreign: suffix) : Suffix(suffix)) != nil else {
            return "suffix must be the last four characters of the key, or empty"
        }
        guard expiresAt.isEmpty || isTime(expiresAt) else {
            return "expires_at must be a time, as in 2027-01-31T12:00:00Z, or empty"
        }
        return nil
    }

    private func isTime(_ text: String) -> Bool {
        RFC3339.timestamp(text).map { $0 <= Bounds.latestTime } ?? false
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x61...0x66).contains(byte) || (0x30...0x39).contains(byte)
    }
}

/// A line that can't be imported.
struct ImportComplaint: Hashable, Comparable {
    var line: Int
    /// For programs: the server's word where it is the server's complaint.
    var code: String
    /// For people.
    var reason: String

    static func < (left: Self, right: Self) -> Bool { left.line < right.line }
}
