import Basics

/// Who asks for a change.
public enum Actor: Hashable, Sendable {
    /// The node itself: time, last-used stamps, and charges, which are judged by their keys.
    case cluster
    /// A management token; whether it may is decided again when the command is applied.
    case token(TokenID)
}

/// A command and what is needed to decide it once: the payload of a log entry.
public struct Envelope: Hashable, Sendable {
    public var requestID: RequestID
    public var actor: Actor
    /// The client's id, if it gave one. Charges bear their own instead.
    public var idempotency: IdempotencyKey?
    /// Digest of the client's canonical request, never of generated fields: the same id with
    /// another content is a conflict.
    public var content: Digest
    public var command: Command

    public init(
        requestID: RequestID, actor: Actor, idempotency: IdempotencyKey? = nil,
        content: Digest, command: Command
    ) {
        self.requestID = requestID
        self.actor = actor
        self.idempotency = idempotency
        self.content = content
        self.command = command
    }

    /// The payload's first byte; another one is malformed.
    static let version: UInt8 = 2

    public func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        encode(into: &writer)
        return writer.bytes
    }

    public func encode(into writer: inout ByteWriter) {
        writer.put(Envelope.version)
        writer.put(requestID)
        writer.put(actor)
        writer.put(idempotency)
        writer.put(content)
        writer.put(command)
    }

    /// Reads what `encode` wrote and nothing else: trailing bytes are malformed too.
    public init(decoding payload: [UInt8]) throws(MalformedBytes) {
        var reader = ByteReader(payload)
        guard try reader.readUInt8() == Envelope.version else {
            throw MalformedBytes("a command of another version")
        }
        requestID = try reader.get()
        actor = try reader.get()
        idempotency = try reader.get()
        content = try reader.get()
        command = try reader.get()
        try reader.finish()
    }
}
