import Basics
import HTTP
import Keyring
import Replica

/// The parameters behind a path's `?` for everything but `/v1/auth`: each known, none twice.
struct QueryParameters {
    enum Name: String, CaseIterable {
        case limit, cursor, before, consistency, user, api, state, account, offset, check
        case subject
        case apiKey = "api_key"
    }

    private(set) var page = PageRequest()
    private(set) var consistency = ClientRequest.Consistency.linearizable
    private(set) var filter = KeyFilter()
    private(set) var account: AccountID?
    /// Nil if it isn't asked for.
    private(set) var subjects: [AuditSubject]?
    private(set) var offset = 0
    private(set) var isCheck = false
    /// In the request's buffer, as it stands there: a key has no character to encode.
    private(set) var key: UnsafeRawBufferPointer?

    init(_ request: IncomingRequest, allowed: [Name]) throws(ProblemDetails) {
        var query = QueryString(request.head.query, in: request.bytes)
        var seen: [Name] = []
        while let parameter = query.next() {
            let text = String(decoding: parameter.name.prefix(64), as: UTF8.self)
            guard let name = Name(rawValue: text), allowed.contains(name) else {
                throw QueryParameters.problem(text, "is not known here")
            }
            guard !seen.contains(name) else {
                if name == .apiKey { throw ProblemDetails(.twoKeys) }
                throw QueryParameters.problem(text, "is given twice")
            }
            seen.append(name)
            if name == .apiKey {
                key = parameter.encodedValue
                continue
            }
            guard let value = parameter.value else {
                throw QueryParameters.problem(text, "is not percent-encoded UTF-8")
            }
            try take(name, value)
        }
        if seen.contains(.cursor), seen.contains(.before) {
            throw QueryParameters.problem("before", "is another name for cursor")
        }
    }

    private mutating func take(_ name: Name, _ value: String) throws(ProblemDetails) {
        func parsed<Value>(_ result: Value?, _ wanted: String) throws(ProblemDetails) -> Value {
            guard let result else { throw QueryParameters.problem(name.rawValue, wanted) }
            return result
        }
        switch name {
        case .limit:
            let isPlain = value.utf8.allSatisfy { (0x30...0x39).contains($0) }
            let limit = isPlain && value.utf8.count < 8 ? Int(value) : nil
            let range = 1...Bounds.pageItems
            page.limit = try parsed(
                limit.flatMap { range.contains($0) ? $0 : nil }, "must be from 1 to 1000")
        case .cursor, .before:
            page.cursor = try parsed(Cursor(text: value), "must be the \"next\" of a page")
        case .consistency:
            switch value {
            case "local": consistency = .local
            case "linearizable": consistency = .linearizable
            default:
                throw QueryParameters.problem(name.rawValue, "must be local or linearizable")
            }
        case .user: filter.user = try parsed(UserID(text: value), "must be a user's id")
        case .api: filter.api = try parsed(API(slug: value), "must be the slug of an API")
        case .state:
            filter.state = try parsed(
                KeyState(text: value), "must be active, inactive, retiring, expired or revoked")
        case .check:
            guard ["true", "false"].contains(value) else {
                throw QueryParameters.problem(name.rawValue, "must be true or false")
            }
            isCheck = value == "true"
        case .offset:
            let isPlain = value.utf8.allSatisfy { (0x30...0x39).contains($0) }
            offset = try parsed(
                isPlain && value.utf8.count < 18 ? Int(value) : nil, "must be a number of bytes")
        case .account: account = try parsed(AccountID(text: value), "must be an account's id")
        case .subject:
            subjects = try parsed(
                AuditSubject.list(value), "must name 1 to 8 subjects, separated by commas")
        case .apiKey: preconditionFailure("kept as it stands")
        }
    }

    static func problem(_ name: String, _ complaint: String) -> ProblemDetails {
        ProblemDetails(.invalidQuery, detail: "\"\(name)\" \(complaint).", field: name)
    }
}
