/// Percent-decoding (RFC 3986, 2.1), strict: two hexadecimal digits behind each `%`, UTF-8 in the
/// end, and no control character, encoded or not.
public enum PercentDecoding {
    /// Nil for what isn't well-formed.
    public static func text(_ encoded: UnsafeRawBufferPointer) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(encoded.count)
        var index = 0
        while index < encoded.count {
            var byte = encoded[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard index + 2 <= encoded.count, let high = hexDigitValue(encoded[index]),
                    let low = hexDigitValue(encoded[index + 1])
                else { return nil }
                byte = high << 4 | low
                index += 2
            }
            guard byte >= ASCII.space, byte != ASCII.delete else { return nil }
            decoded.append(byte)
        }
        return String(validating: decoded, as: UTF8.self)
    }

    /// Appends the text with everything encoded but what never needs it.
    public static func append(_ text: String, to bytes: inout [UInt8]) {
        let digits: StaticString = "0123456789ABCDEF"
        for byte in text.utf8 {
            if unreserved.contains(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(digits.utf8Start[Int(byte >> 4)])
                bytes.append(digits.utf8Start[Int(byte & 15)])
            }
        }
    }

    private static let unreserved = ByteClass(
        "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
}

/// The parameters behind a target's `?`, as in `limit=10&state=active`.
public struct QueryString {
    private let bytes: UnsafeRawBufferPointer
    private var rest: Range<Int>

    public struct Parameter {
        /// Not percent-decoded.
        public let name: UnsafeRawBufferPointer
        public let encodedValue: UnsafeRawBufferPointer
        /// Nil if it isn't well-formed. `+` stands for itself.
        public var value: String? { PercentDecoding.text(encodedValue) }
    }

    /// The bytes must outlive this.
    public init(_ query: ByteRange, in bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        rest = query.indices
    }

    /// The next parameter; nil at the end. Empty ones are passed over.
    public mutating func next() -> Parameter? {
        while !rest.isEmpty {
            let end = bytes.first(UInt8(ascii: "&"), in: rest) ?? rest.upperBound
            let whole = rest.lowerBound..<end
            rest = min(end + 1, rest.upperBound)..<rest.upperBound
            if whole.isEmpty { continue }
            let equals = bytes.first(UInt8(ascii: "="), in: whole) ?? whole.upperBound
            let valueStart = min(equals + 1, whole.upperBound)
            return Parameter(
                name: UnsafeRawBufferPointer(rebasing: bytes[whole.lowerBound..<equals]),
                encodedValue: UnsafeRawBufferPointer(
                    rebasing: bytes[valueStart..<whole.upperBound]))
        }
        return nil
    }
}
