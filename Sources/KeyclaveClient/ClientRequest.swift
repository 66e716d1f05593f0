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

    public init(
        method: Method, path: String, authorization: String? = nil, body: String? = nil,
        idempotencyKey: String? = nil, isSafe: Bool = false
    ) {
        self.method = method
        self.path = path
        self.authorization = authorization
        self.body = body
        self.idempotencyKey = idempotencyKey
        self.isSafe = isSafe
    }

    /// Whether it may be sent again when it isn't known what became of it.
    public var isRepeatable: Bool { isSafe || idempotencyKey != nil }
}
