import Basics

/// What tells one request from all others in answers and logs: 22 base-62 digits.
public struct RequestMark: Hashable, Sendable, CustomStringConvertible {
    public var high: UInt64
    public var low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public func append(to bytes: inout some ByteSink & ~Copyable) {
        Base62.append(high, width: Base62.fullWidth, to: &bytes)
        Base62.append(low, width: Base62.fullWidth, to: &bytes)
    }

    public var description: String {
        Base62.encode(high, width: Base62.fullWidth) + Base62.encode(low, width: Base62.fullWidth)
    }
}

/// A problem body (RFC 9457) and the headers that go with it.
public struct ProblemDetails: Error, Hashable, Sendable {
    public var code: ProblemCode
    /// What is particular to this occurrence; the code's usual words if nil.
    public var detail: String?
    /// The member of the body or the query parameter that is wrong, as in `charges[3].credits`.
    public var field: String?
    public var requestMark: RequestMark?
    /// Credits left, where they didn't suffice.
    public var remaining: UInt64?
    /// The limit that was met.
    public var limit: UInt64?
    /// For 405: the value of `Allow`.
    public var allow: String?
    /// Said in place of the code's own status, to who understands no other.
    public var statusInstead: Status?
    /// What is wrong with each of many things, and how many are wrong in all.
    public var faults: [Fault] = []
    public var faultCount: UInt64?

    /// One of many things that were sent together, and what is wrong with it.
    public struct Fault: Hashable, Sendable {
        /// From zero on.
        public var place: UInt64
        public var reason: String

        public init(place: UInt64, reason: String) {
            self.place = place
            self.reason = reason
        }
    }

    public init(
        _ code: ProblemCode, detail: String? = nil, field: String? = nil,
        remaining: UInt64? = nil, limit: UInt64? = nil, allow: String? = nil
    ) {
        self.code = code
        self.detail = detail
        self.field = field
        self.remaining = remaining
        self.limit = limit
        self.allow = allow
    }

    public init(_ refusal: RequestRefusal) {
        self.init(refusal.problem, detail: refusal.detail)
    }

    public var status: Status { statusInstead ?? code.status }

    public static let contentType: StaticString = "application/problem+json"

    /// Writes the headers that the code asks for: `WWW-Authenticate`, `Allow`, `Retry-After`.
    public func writeFields(to response: inout ResponseWriter) {
        if status == .unauthorized { response.field("WWW-Authenticate", "Bearer") }
        if let allow { response.field("Allow", allow) }
        if let seconds = code.retryAfter { response.field("Retry-After", seconds) }
    }

    /// Appends the body.
    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.name("type")
        json.string(ProblemCode.pagePrefix, code.rawValue)
        json.member("title", code.title)
        json.member("status", UInt64(status.rawValue))
        if let detail {
            json.member("detail", detail)
        } else {
            json.member("detail", code.usualDetail)
        }
        json.member("code", code.rawValue)
        if let requestMark {
            json.name("request_id")
            json.plainString { requestMark.append(to: &$0) }
        }
        if let field { json.member("field", field) }
        if let remaining { json.member("remaining", remaining) }
        if let limit { json.member("limit", limit) }
        if let faultCount { writeFaults(faultCount, to: &json) }
        json.endObject()
    }

    private func writeFaults(_ count: UInt64, to json: inout JSONWriter) {
        json.member("fault_count", count)
        json.name("faults")
        json.beginArray()
        for fault in faults {
            json.beginObject()
            json.member("place", fault.place)
            json.member("reason", fault.reason)
            json.endObject()
        }
        json.endArray()
    }

    /// Writes a whole answer: status line, headers, body. `json` is the caller's buffer for
    /// bodies; what it held is lost.
    public func write(
        to response: inout ResponseWriter, json: inout JSONWriter, date: HTTPDate,
        keepsAlive: Bool, omitsContent: Bool = false
    ) {
        json.removeAll()
        write(to: &json)
        response.begin(status, date: date, keepsAlive: keepsAlive, omitsContent: omitsContent)
        writeFields(to: &response)
        response.end(json.written, type: ProblemDetails.contentType)
    }
}
