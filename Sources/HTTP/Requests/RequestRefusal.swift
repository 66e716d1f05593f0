/// Why a request could not be read. After each the connection is answered and closed: what
/// follows on it can't be told from an attack.
public enum RequestRefusal: Error, Hashable, Sendable, CaseIterable {
    case malformedRequestLine
    case unsupportedVersion
    case requestLineTooLong
    /// A line feed without a carriage return before it.
    case bareLineFeed
    case tooManyBlankLines
    case malformedField
    /// White space between a field's name and its colon.
    case spaceBeforeColon
    /// A line that continues the one before: obs-fold (RFC 9112, 5.2).
    case foldedField
    /// A field that may stand once, twice.
    case repeatedField
    case fieldsTooLarge
    case missingHost
    case malformedHost
    /// Not a number, or not the same number twice.
    case malformedContentLength
    case unknownTransferCoding
    /// `Transfer-Encoding` beside `Content-Length`, or in HTTP/1.0: two readers would see two
    /// different requests.
    case ambiguousLength
    case unknownExpectation
    case contentTooLarge
    case malformedChunk
    case malformedTrailer

    public var problem: ProblemCode {
        switch self {
        case .requestLineTooLong: .targetTooLong
        case .fieldsTooLarge: .fieldsTooLarge
        case .contentTooLarge: .contentTooLarge
        case .unsupportedVersion: .unsupportedVersion
        case .unknownExpectation: .unknownExpectation
        default: .malformed
        }
    }

    public var status: Status { problem.status }

    /// What was wrong, for the client.
    public var detail: String {
        switch self {
        case .malformedRequestLine: "The request line is not METHOD SP TARGET SP HTTP/1.1 CRLF."
        case .unsupportedVersion: "Only HTTP/1.0 and HTTP/1.1 are spoken here."
        case .requestLineTooLong: "The request line is longer than 8 KiB."
        case .bareLineFeed: "A line ends without a carriage return."
        case .tooManyBlankLines: "Too many blank lines precede the request."
        case .malformedField: "A header line is not NAME: VALUE, or holds a control character."
        case .spaceBeforeColon: "White space stands before a header's colon."
        case .foldedField: "A header is continued on the next line."
        case .repeatedField: "A header that may stand once stands twice."
        case .fieldsTooLarge: "More than 64 headers, or more than 16 KiB of them."
        case .missingHost: "HTTP/1.1 asks for exactly one Host header."
        case .malformedHost: "The Host header is malformed."
        case .malformedContentLength: "Content-Length is not one whole number."
        case .unknownTransferCoding: "The only transfer coding known here is chunked."
        case .ambiguousLength: "The length of the body is given in two ways."
        case .unknownExpectation: "The only expectation known here is 100-continue."
        case .contentTooLarge: "The body is larger than this path allows."
        case .malformedChunk: "A chunk of the body is malformed."
        case .malformedTrailer: "A trailer of the body is malformed."
        }
    }
}
