import Basics

/// Appends answers to a buffer that is sent and used again: nothing is allocated once it has
/// grown to what a connection's answers need.
///
/// An answer is `begin`, any number of `field`, then `end`.
public struct ResponseWriter: ~Copyable, Sendable {
    public private(set) var buffer: ByteBuffer
    /// An answer has begun and not ended.
    private var isOpen = false
    private var status = Status.ok
    private var omitsContent = false

    public init(capacity: Int = 0) {
        buffer = ByteBuffer(capacity: capacity)
    }

    public var count: Int { buffer.count }
    /// A copy of what was written.
    public var bytes: [UInt8] { Array(buffer.bytes) }

    /// Forgets what was sent and keeps the room for the next answers.
    public mutating func removeAll() { buffer.removeAll() }

    /// `100 Continue`, between a request's head and its body.
    public mutating func writeContinue() {
        precondition(!isOpen, "an answer hasn't ended")
        append(Status.continue.line)
        append("\r\n")
    }

    /// Opens an answer. With `keepsAlive` false the client is told that the connection closes;
    /// with `omitsContent` true (the answer to HEAD) the body's length is told but not sent.
    public mutating func begin(
        _ status: Status, date: HTTPDate, keepsAlive: Bool, omitsContent: Bool = false
    ) {
        precondition(!isOpen, "an answer hasn't ended")
        isOpen = true
        self.status = status
        self.omitsContent = omitsContent
        append(status.line)
        append("Date: ")
        date.append(to: &buffer)
        append(keepsAlive ? "\r\n" : "\r\nConnection: close\r\n")
    }

    public mutating func field(_ name: StaticString, _ value: StaticString) {
        beginField(name)
        append(value)
        append("\r\n")
    }

    public mutating func field(_ name: StaticString, _ value: UInt64) {
        beginField(name)
        buffer.appendDecimal(value)
        append("\r\n")
    }

    /// A value from elsewhere. Bytes that may not stand in a field are written as `?`, so that
    /// no value can end its line.
    public mutating func field(_ name: StaticString, _ value: String) {
        beginField(name)
        for byte in value.utf8 {
            buffer.append(byte < ASCII.space || byte >= ASCII.delete ? UInt8(ascii: "?") : byte)
        }
        append("\r\n")
    }

    /// A field whose value `write` appends; it must be visible ASCII.
    @inline(__always)
    public mutating func field(_ name: StaticString, write: (inout ByteBuffer) -> Void) {
        beginField(name)
        write(&buffer)
        append("\r\n")
    }

    /// Ends the answer with its body.
    public mutating func end(_ content: UnsafeRawBufferPointer, type: StaticString?) {
        precondition(isOpen, "no answer has begun")
        if let type, !content.isEmpty { field("Content-Type", type) }
        // 204 has no body, and says so by having no length (RFC 9110, 8.6).
        if status != .noContent { field("Content-Length", UInt64(content.count)) }
        append("\r\n")
        isOpen = false
        if !omitsContent { buffer.append(raw: content) }
    }

    public mutating func end(_ content: [UInt8], type: StaticString?) {
        content.withUnsafeBytes { end($0, type: type) }
    }

    /// Ends an answer without a body.
    public mutating func end() { end(UnsafeRawBufferPointer(start: nil, count: 0), type: nil) }

    private mutating func beginField(_ name: StaticString) {
        precondition(isOpen, "no answer has begun")
        append(name)
        append(": ")
    }

    @inline(__always)
    private mutating func append(_ text: StaticString) { buffer.append(text) }
}
