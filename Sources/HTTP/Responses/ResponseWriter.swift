/// Appends answers to a buffer that is sent and used again: nothing is allocated once it has
/// grown to what a connection's answers need.
///
/// An answer is `begin`, any number of `field`, then `end`.
public struct ResponseWriter: Sendable {
    public private(set) var bytes: [UInt8]
    /// An answer has begun and not ended.
    private var isOpen = false
    private var status = Status.ok
    private var omitsContent = false

    public init(capacity: Int = 0) {
        bytes = []
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    public var count: Int { bytes.count }

    /// Forgets what was sent and keeps the room for the next answers.
    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Forgets the first `count` bytes: those that the kernel took.
    public mutating func removeFirst(_ count: Int) {
        if count == bytes.count { removeAll() } else { bytes.removeFirst(count) }
    }

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
        date.append(to: &bytes)
        append(keepsAlive ? "\r\n" : "\r\nConnection: close\r\n")
    }

    public mutating func field(_ name: StaticString, _ value: StaticString) {
        beginField(name)
        append(value)
        append("\r\n")
    }

    public mutating func field(_ name: StaticString, _ value: UInt64) {
        beginField(name)
        bytes.appendDecimal(value)
        append("\r\n")
    }

    /// A value from elsewhere. Bytes that may not stand in a field are written as `?`, so that
    /// no value can end its line.
    public mutating func field(_ name: StaticString, _ value: String) {
        beginField(name)
        for byte in value.utf8 {
            bytes.append(byte < ASCII.space || byte >= ASCII.delete ? UInt8(ascii: "?") : byte)
        }
        append("\r\n")
    }

    /// A field whose value `write` appends; it must be visible ASCII.
    @inline(__always)
    public mutating func field(_ name: StaticString, write: (inout [UInt8]) -> Void) {
        beginField(name)
        write(&bytes)
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
        if !omitsContent { bytes.append(contentsOf: content) }
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
    private mutating func append(_ text: StaticString) { bytes.append(text) }
}

extension [UInt8] {
    /// The number's decimal digits.
    @inlinable
    public mutating func appendDecimal(_ value: UInt64) {
        var digits: InlineArray<20, UInt8> = InlineArray(repeating: 0)
        var first = 20
        var rest = value
        repeat {
            first -= 1
            digits[first] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        for index in first..<20 { append(digits[index]) }
    }

    /// The bytes of a literal.
    @inlinable
    public mutating func append(_ text: StaticString) {
        append(
            contentsOf: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        )
    }
}
