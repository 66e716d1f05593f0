import Basics

/// One event as a line of `key=value` pairs that a person reads and a program splits.
///
/// A value with anything but plain visible ASCII is quoted, and what could break the line is
/// escaped: no text of a client or peer can forge a second line.
struct LogLine {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ key: StaticString, _ value: some StringProtocol) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "="))
        if !value.isEmpty && value.utf8.allSatisfy(LogLine.isPlain) {
            bytes.append(contentsOf: value.utf8)
        } else {
            appendQuoted(value)
        }
    }

    mutating func endLine() { bytes.append(UInt8(ascii: "\n")) }

    private mutating func appendQuoted(_ value: some StringProtocol) {
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x20...0x7E, 0x80...:
                bytes.append(byte)
            case UInt8(ascii: "\n"):
                bytes.append(contentsOf: "\\n".utf8)
            default:
                bytes.append(contentsOf: "\\x".utf8)
                bytes.append(LogLine.hexDigit(byte >> 4))
                bytes.append(LogLine.hexDigit(byte & 15))
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
            && byte != UInt8(ascii: "\\")
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
