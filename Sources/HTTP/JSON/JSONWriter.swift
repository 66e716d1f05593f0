/// Appends JSON text (RFC 8259) to a buffer that can be used again. Whoever writes sees to it
/// that names and values alternate; commas come by themselves.
public struct JSONWriter: ~Copyable, Sendable {
    private var buffer: ByteBuffer
    /// A value has been written in the object or array at hand.
    private var needsComma = false

    public init(capacity: Int = 0) { buffer = ByteBuffer(capacity: capacity) }

    public mutating func removeAll() {
        buffer.removeAll(keepingAtMost: JSONWriter.keptCapacity)
        needsComma = false
    }

    /// What a large listing took is given back.
    private static var keptCapacity: Int { 64 << 10 }

    /// What was written, until more is.
    public var written: UnsafeRawBufferPointer { buffer.bytes }
    /// A copy of what was written.
    public var bytes: [UInt8] { Array(buffer.bytes) }
    public var text: String { String(decoding: buffer.bytes, as: UTF8.self) }

    public mutating func beginObject() { open("{") }
    public mutating func endObject() { close("}") }
    public mutating func beginArray() { open("[") }
    public mutating func endArray() { close("]") }

    /// A member's name, in plain ASCII without quotes.
    public mutating func name(_ name: StaticString) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        buffer.append(name)
        buffer.append("\":")
        needsComma = false
    }

    /// A member's name of any text.
    public mutating func name(escaping name: String) {
        string(name)
        buffer.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func null() { literal("null") }
    public mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }

    public mutating func number(_ value: UInt64) {
        separate()
        buffer.appendDecimal(value)
    }

    public mutating func string(_ value: String) { string("", value) }

    /// A string that begins with a literal.
    public mutating func string(_ prefix: StaticString, _ value: String) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        buffer.append(prefix)
        var value = value
        value.withUTF8 { appendEscaped(UnsafeRawBufferPointer($0)) }
        buffer.append(UInt8(ascii: "\""))
    }

    /// A string of UTF-8 bytes.
    public mutating func string(utf8: UnsafeRawBufferPointer) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        appendEscaped(utf8)
        buffer.append(UInt8(ascii: "\""))
    }

    /// A string in which nothing needs escaping, appended by `write`.
    public mutating func plainString(_ write: (inout ByteBuffer) -> Void) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        write(&buffer)
        buffer.append(UInt8(ascii: "\""))
    }

    /// A string literal in which nothing needs escaping but what is escaped here.
    public mutating func string(_ value: StaticString) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        appendEscaped(
            UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
        buffer.append(UInt8(ascii: "\""))
    }

    public mutating func member(_ name: StaticString, _ value: StaticString) {
        self.name(name)
        string(value)
    }

    public mutating func member(_ name: StaticString, _ value: String?) {
        self.name(name)
        if let value { string(value) } else { null() }
    }

    public mutating func member(_ name: StaticString, _ value: UInt64?) {
        self.name(name)
        if let value { number(value) } else { null() }
    }

    public mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    private mutating func literal(_ text: StaticString) {
        separate()
        buffer.append(text)
    }

    private mutating func separate() {
        if needsComma { buffer.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ bracket: StaticString) {
        separate()
        buffer.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: StaticString) {
        buffer.append(bracket)
        needsComma = true
    }

    /// Runs without anything to escape are copied whole.
    private mutating func appendEscaped(_ text: UnsafeRawBufferPointer) {
        var start = 0
        for index in 0..<text.count {
            let byte = text[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
                continue
            }
            buffer.append(raw: UnsafeRawBufferPointer(rebasing: text[start..<index]))
            start = index + 1
            appendEscape(byte)
        }
        buffer.append(raw: UnsafeRawBufferPointer(rebasing: text[start...]))
    }

    private mutating func appendEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): buffer.append("\\\"")
        case UInt8(ascii: "\\"): buffer.append("\\\\")
        case ASCII.lineFeed: buffer.append("\\n")
        case ASCII.carriageReturn: buffer.append("\\r")
        case ASCII.tab: buffer.append("\\t")
        default:
            buffer.append("\\u00")
            for digit in [byte >> 4, byte & 15] {
                buffer.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            }
        }
    }
}
