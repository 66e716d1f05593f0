/// A set of ASCII bytes as two words: membership without a table in memory.
struct ByteClass: Sendable {
    private let low: UInt64
    private let high: UInt64

    init(_ members: StaticString) {
        var low: UInt64 = 0
        var high: UInt64 = 0
        for index in 0..<members.utf8CodeUnitCount {
            let byte = members.utf8Start[index]
            precondition(byte < 128, "a byte class holds ASCII only")
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
        }
        self.init(low: low, high: high)
    }

    private init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let word = byte < 64 ? low : high
        return byte < 128 && word >> UInt64(byte & 63) & 1 == 1
    }

    private static let letters = ByteClass(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")

    private func union(_ other: ByteClass) -> ByteClass {
        ByteClass(low: low | other.low, high: high | other.high)
    }

    /// Method and field names (RFC 9110, 5.6.2).
    static let token = ByteClass("!#$%&'*+-.^_`|~").union(letters)
    /// Request targets: all that is visible but `#`. More than RFC 3986 allows, since gateways
    /// hand on their clients' targets as they are; what is decoded of it is judged strictly.
    static let target = ByteClass("!\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~").union(letters)
    /// A host with port.
    static let host = ByteClass("-._~!$&'()*+;=%:[]").union(letters)
    /// Credentials behind `Bearer` (RFC 9110, 11.2).
    static let token68 = ByteClass("-._~+/=").union(letters)
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

/// The value of a hexadecimal digit; nil for any other byte.
func hexDigitValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
}

enum ASCII {
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let delete: UInt8 = 0x7F
}
