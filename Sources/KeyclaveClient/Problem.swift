import HTTP

/// What a server says when it refuses: RFC 9457 problem details.
public struct Problem: Hashable, Sendable {
    public var status: Int
    /// The machine-readable reason, as in `active_key_limit`.
    public var code: String
    public var title: String
    public var detail: String?
    /// Under which the servers' logs tell more.
    public var requestID: String?
    /// The whole answer: what else helps (`remaining`, `limit`, `field`).
    public var members: JSONValue

    /// Reads a problem body; an answer that is none gives a problem with the status alone.
    public init(status: Int, body: JSONValue?) {
        self.status = status
        members = body ?? .object([])
        code = members["code"]?.string ?? "status_\(status)"
        title = members["title"]?.string ?? "The server answered with status \(status)"
        detail = members["detail"]?.string
        requestID = members["request_id"]?.string
    }
}

extension Problem {
    /// Whether it tells of the sender, or of the node, and so nothing of what was sent before.
    var isAboutWhoAsks: Bool {
        [401, 408, 429, 500].contains(status) || code == "forbidden"
    }
}

extension Problem: CustomStringConvertible {
    public var description: String {
        var text = title
        if let detail, detail != title { text += ": " + detail }
        if let field = members["field"]?.string { text += " [field \(field)]" }
        text += " (\(code)"
        if let requestID { text += ", request \(requestID)" }
        return text + ")"
    }
}
