import HTTP

/// One request, before it is known which node will take it.
public struct ClientRequest: Sendable {
    public var method: Method
    /// With the query, percent-encoded.
    public var path: String
    /// The value of the `Authorization` header: `Bearer` and a secret.
    public var authorization: String?
    /// JSON.
    public var body: String?
    /// The id under which a repetition is the same request.
    public var idempotencyKey: String?
    /// The request changes nothing, so that it may be repeated at will.
    public var isSafe: Bool
    /// Whether 503 is worth waiting for: false for what is about the state of the cluster itself.
    public var waitsForService: Bool

    public init(
        method: Method, path: String, authorization: String? = nil, body: String? = nil,
        idempotencyKey: String? = nil, isSafe: Bool = false,
        waitsForService: Bool = true
    ) {
        self.method = method
        self.path = path
        self.authorization = authorization
        self.body = body
        self.idempotencyKey = idempotencyKey
        self.isSafe = isSafe
        self.waitsForService = waitsForService
    }

    /// Whether it may be sent again when it isn't known what became of it.
    public var isRepeatable: Bool { isSafe || idempotencyKey != nil }
}

// A request holds secrets: a token, or a key in its body.
extension ClientRequest: CustomStringConvertible, CustomReflectable {
    public var description: String { "\(method.name) \(path)" }
    public var customMirror: Mirror { Mirror(self, children: ["method": method, "path": path]) }
}
