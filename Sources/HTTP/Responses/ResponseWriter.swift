import Basics

/// Appends answers to a buffer that is sent and used again: nothing is allocated once it has
/// grown to what a connection's answers need.
///
/// An answer is `begin`, any number of `field`, then `end`.
public struct ResponseWriter: ~Copyable, Sendable {
    @usableFromInline var written: ByteBuffer
    /// An answer has begun and not ended.
    @usableFromInline var isOpen = false
    private var status = Status.ok
    private var omitsContent = false

    public init(capacity: Int = 0) {
        written = ByteBuffer(capacity: capacity)
    }

    public var count: Int { written.count }
    /// A copy of what was written.
    public var bytes: [UInt8] { Array(written.bytes) }

    public borrowing func append(to buffer: inout ByteBuffer) { buffer.append(raw: written.bytes) }

    /// Forgets what was sent and keeps the room for the next answers.
    public mutating func removeAll() { written.removeAll() }

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
        date.append(to: &written)
        if keepsAlive { append("\r\n") } else { append("\r\nConnection: close\r\n") }
    }

    /// Opens an answer after which the connection stays.
    @inline(__always)
    public mutating func begin(_ opening: borrowing ResponseOpening, omitsContent: Bool) {
        precondition(!isOpen, "an answer hasn't ended")
        isOpen = true
        status = opening.status
        self.omitsContent = omitsContent
        written.append(raw: opening.bytes)
    }

    public mutating func field(_ name: StaticString, _ value: StaticString) {
        field(name) { $0.append(value) }
    }

    @inlinable
    @inline(__always)
    public mutating func field(_ name: StaticString, _ value: UInt64) {
        field(name) { $0.appendDecimal(value) }
    }

    /// A value from elsewhere. Bytes that may not stand in a field are written as `?`, so that
    /// no value can end its line.
    public mutating func field(_ name: StaticString, _ value: String) {
        field(name) { written in
            for byte in value.utf8 {
                written.append(
                    byte < ASCII.space || byte >= ASCII.delete ? UInt8(ascii: "?") : byte)
            }
        }
    }

    /// A field whose value `write` appends; it must be visible ASCII.
    ///
    /// Inlined wherever it is called, because a name whose length is known is a few moves.
    @inlinable
    @inline(__always)
    public mutating func field(_ name: StaticString, write: (inout ByteBuffer) -> Void) {
        precondition(isOpen, "no answer has begun")
        written.append(name)
        written.append(": ")
        write(&written)
        written.append("\r\n")
    }

    /// Ends the answer with its body.
    public mutating func end(_ content: UnsafeRawBufferPointer, type: StaticString?) {
        precondition(isOpen, "no answer has begun")
        if let type, !content.isEmpty { field("Content-Type", type) }
        // 204 has no body, and says so by having no length (RFC 9110, 8.6).
        if status != .noContent { field("Content-Length", UInt64(content.count)) }
        append("\r\n")
        isOpen = false
        if !omitsContent { written.append(raw: content) }
    }

    public mutating func end(_ content: [UInt8], type: StaticString?) {
        content.withUnsafeBytes { end($0, type: type) }
    }

    /// Ends an answer without a body.
    public mutating func end() {
        precondition(isOpen, "no answer has begun")
        isOpen = false
        if status == .noContent { append("\r\n") } else { append("Content-Length: 0\r\n\r\n") }
    }

    @inline(__always)
    private mutating func append(_ text: StaticString) { written.append(text) }
}
