/// An answer as a client sees it.
public struct Response: Hashable, Sendable {
    public struct Field: Hashable, Sendable {
        /// In lower case.
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// 200 to 599; interim answers are passed over.
    public var status: UInt16
    public var fields: [Field]
    public var body: [UInt8]
    /// Another request may follow on the connection.
    public var keepsAlive: Bool

    public init(status: UInt16, fields: [Field], body: [UInt8], keepsAlive: Bool) {
        self.status = status
        self.fields = fields
        self.body = body
        self.keepsAlive = keepsAlive
    }

    /// The value of the first field of that name, in lower case.
    public func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// Why an answer could not be read. The connection is of no use afterwards.
public enum ResponseRefusal: Error, Hashable, Sendable {
    case malformedStatusLine
    case malformedField
    case malformedLength
    case malformedChunk
    /// The head or the body is larger than the client takes.
    case tooLarge
    /// The connection ended before the answer did.
    case truncated
}
