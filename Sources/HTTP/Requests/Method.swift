/// A request's method. Any token is one (RFC 9110, 9.1); those that no path knows are `other`.
public enum Method: UInt8, Hashable, Sendable, CaseIterable {
    case get, head, post, put, patch, delete, options, other

    /// As in a request line. `other` has no name of its own.
    public var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other: "other"
        }
    }

    /// Methods are told apart by case.
    init(_ token: UnsafeRawBufferPointer) {
        switch token.count {
        case 3: self = token.equals("GET") ? .get : token.equals("PUT") ? .put : .other
        case 4: self = token.equals("POST") ? .post : token.equals("HEAD") ? .head : .other
        case 5: self = token.equals("PATCH") ? .patch : .other
        case 6: self = token.equals("DELETE") ? .delete : .other
        case 7: self = token.equals("OPTIONS") ? .options : .other
        default: self = .other
        }
    }
}
