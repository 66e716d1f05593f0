/// Why a JSON text was refused, and where.
public struct JSONRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// Not JSON (RFC 8259) from this byte on.
        case syntax(offset: Int)
        /// Something follows the one value that a text holds.
        case trailing(offset: Int)
        case invalidUTF8
        /// Half of a surrogate pair in an escape.
        case loneSurrogate
        /// Objects and arrays more than `HTTPLimits.jsonDepth` deep.
        case tooDeep
        case unknown
        case duplicate
        case missing
        /// Another type than the one named.
        case notA(String)
        /// A sign, a fraction, an exponent or a leading zero.
        case notWhole
        case outOfRange(ClosedRange<UInt64>)
        /// A well-formed value that isn't acceptable, with what would be.
        case unacceptable(String)
    }

    /// The member, as in `charges[3].credits`; empty for the text as a whole.
    public var path: String
    public var reason: Reason

    public init(path: String, reason: Reason) {
        self.path = path
        self.reason = reason
    }

    /// True if the text isn't JSON at all, so that its fields don't matter.
    public var isMalformed: Bool {
        switch reason {
        case .syntax, .trailing, .invalidUTF8, .loneSurrogate, .tooDeep: true
        default: false
        }
    }

    /// One sentence for the client.
    public var detail: String {
        let name = path.isEmpty ? "The body" : "\"\(path)\""
        switch reason {
        case .syntax(let offset): return "The body is not JSON from byte \(offset) on."
        case .trailing(let offset): return "Something follows the JSON text at byte \(offset)."
        case .invalidUTF8: return "\(name) is not UTF-8."
        case .loneSurrogate: return "\(name) holds half of a surrogate pair."
        case .tooDeep: return "\(name) lies more than \(HTTPLimits.jsonDepth) levels deep."
        case .unknown: return "\(name) is not known here."
        case .duplicate: return "\(name) is given twice."
        case .missing: return "\(name) is missing."
        case .notA(let type): return "\(name) must be \(type)."
        case .notWhole:
            return "\(name) must be a whole number in plain digits."
        case .outOfRange(let range):
            return "\(name) must be from \(range.lowerBound) to \(range.upperBound)."
        case .unacceptable(let wanted): return "\(name) must be \(wanted)."
        }
    }

    public var description: String { detail }

    public var problem: ProblemDetails {
        ProblemDetails(
            isMalformed ? .malformed : .invalidField, detail: detail,
            field: path.isEmpty ? nil : path)
    }
}
