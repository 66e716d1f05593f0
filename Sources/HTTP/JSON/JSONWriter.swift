/// Appends JSON text (RFC 8259) to a buffer that can be used again. Whoever writes sees to it
/// that names and values alternate; commas come by themselves.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8]
    /// A value has been written in the object or array at hand.
    private var needsComma = false

    public init(capacity: Int = 0) {
        bytes = []
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    public var text: String { String(decoding: bytes, as: UTF8.self) }

    public mutating func beginObject() { open("{") }
    public mutating func endObject() { close("}") }
    public mutating func beginArray() { open("[") }
    public mutating func endArray() { close("]") }

    /// A member's name, in plain ASCII without quotes.
    public mutating func name(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(name)
        bytes.append("\":")
        needsComma = false
    }

    /// A member's name of any text.
    public mutating func name(escaping name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func null() { literal("null") }
    public mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }

    public mutating func number(_ value: UInt64) {
        separate()
        bytes.appendDecimal(value)
    }

    public mutating func string(_ value: String) { string("", value) }

    /// A string that begins with a literal.
    public mutating func string(_ prefix: StaticString, _ value: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(prefix)
        var value = value
        value.withUTF8 { appendEscaped(UnsafeRawBufferPointer($0)) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A string of UTF-8 bytes.
    public mutating func string(utf8: UnsafeRawBufferPointer) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A string in which nothing needs escaping, appended by `write`.
    @inline(__always)
    public mutating func plainString(_ write: (inout [UInt8]) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        write(&bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A string literal in which nothing needs escaping but what is escaped here.
    public mutating func string(_ value: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(
            UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
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
        bytes.append(text)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ bracket: StaticString) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: StaticString) {
        bytes.append(bracket)
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
            bytes.append(contentsOf: text[start..<index])
            start = index + 1
            appendEscape(byte)
        }
        bytes.append(contentsOf: text[start..<text.count])
    }

    private mutating func appendEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): bytes.append("\\\"")
        case UInt8(ascii: "\\"): bytes.append("\\\\")
        case ASCII.lineFeed: bytes.append("\\n")
        case ASCII.carriageReturn: bytes.append("\\r")
        case ASCII.tab: bytes.append("\\t")
        default:
            bytes.append("\\u00")
            for digit in [byte >> 4, byte & 15] {
                bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            }
        }
    }
}
