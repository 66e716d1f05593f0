/// Appends requests to a buffer, for clients.
///
/// A request is `begin`, any number of `field`, then `end`.
public struct RequestWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var hasContent = false

    public init() {}

    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Opens a request. The target is a path with query, already percent-encoded; bytes that may
    /// not stand in it are encoded here, so that it can't end its line.
    public mutating func begin(_ method: Method, _ target: String, host: String) {
        precondition(method != .other, "a request has a method")
        bytes.append(method.name)
        bytes.append(ASCII.space)
        for byte in target.utf8 {
            if ByteClass.target.contains(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                for digit in [byte >> 4, byte & 15] {
                    bytes.append(digit < 10 ? 0x30 + digit : 0x37 + digit)
                }
            }
        }
        bytes.append(" HTTP/1.1\r\n")
        field("Host", host)
        hasContent = method == .post || method == .put || method == .patch
    }

    /// Control characters in the value become `?`.
    public mutating func field(_ name: StaticString, _ value: String) {
        bytes.append(name)
        bytes.append(": ")
        for byte in value.utf8 {
            bytes.append(byte < ASCII.space || byte == ASCII.delete ? UInt8(ascii: "?") : byte)
        }
        bytes.append("\r\n")
    }

    /// Ends the request, with a body of JSON if it isn't empty.
    public mutating func end(json: [UInt8] = []) {
        if !json.isEmpty { field("Content-Type", "application/json") }
        // A method that usually has a body says so when it has none (RFC 9110, 8.6).
        if hasContent || !json.isEmpty {
            bytes.append("Content-Length: ")
            bytes.appendDecimal(UInt64(json.count))
            bytes.append("\r\n")
        }
        bytes.append("\r\n")
        bytes.append(contentsOf: json)
    }
}
