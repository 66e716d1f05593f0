import HTTP
import KeyclaveClient

/// A command that is one request to the HTTP interface: how its options become path, query and
/// body, and how the answer is shown.
struct Operation: Sendable {
    enum Credential: Sendable {
        /// The management token.
        case token
        /// The API key, in `Authorization`.
        case apiKey
        /// The key is in the body.
        case none
    }

    enum Answer: Sendable {
        case record
        /// Follows `next` to the last page, unless a page size was asked for.
        case list
        /// Data that says `valid: false` is a refusal for the exit code.
        case verdict
        /// Nothing but success; the message names what was done.
        case done(String)
    }

    /// One member of the body or one query parameter.
    struct Member: Sendable {
        enum Source: Sendable {
            /// The text of the option or argument, if there is one.
            case text(String)
            case number(String)
            /// A time as text; null for “never”.
            case time(String)
            /// False if the switch was given, else true.
            case unless(String)
            case constant(JSONValue)
            /// The API key, read from option, environment or standard input.
            case apiKey
            /// A member named by one argument, with the number or text of another.
            case named(by: String, value: String)
        }
        var name: String
        var source: Source

        init(_ name: String, _ source: Source) {
            self.name = name
            self.source = source
        }

        /// A text that has the same name in the command table and in JSON.
        static func text(_ name: String) -> Member { Member(name, .text(name)) }
        static func number(_ name: String) -> Member { Member(name, .number(name)) }
    }

    var method: Method
    /// With the names of options and arguments in braces.
    var path: String
    /// For an operator who names no account; nil if there must be one.
    var pathWithoutAccount: String?
    var credential = Credential.token
    /// Nil for no body at all.
    var body: [Member]?
    var query: [Member] = []
    var answer = Answer.record
    /// Columns of a table in their order; members not named here follow in theirs.
    var columns: [String] = []
    /// What somebody who reads the table should be told besides.
    var remark: (@Sendable (JSONValue) -> String?)?
    /// Whether 503 is worth waiting for.
    var waitsForService = true
    /// The member that holds a secret shown once; absent if the answer is a repetition.
    var secret: String?

    static let pageQuery = [Member("limit", .number("limit")), .text("cursor")]

    /// Whether the request changes something and so bears an idempotency key.
    var isMutation: Bool { method != .get && credential != .none }
}

extension JSONValue.Member {
    init(_ name: String, _ value: JSONValue) { self.init(name: name, value: value) }
}
