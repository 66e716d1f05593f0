/// A string of a JSON text, where it stands in the buffer. Its escapes, if any, are known to be
/// well-formed, and its bytes to be UTF-8.
public struct JSONText {
    /// Between the quotes, not unescaped.
    public let raw: UnsafeRawBufferPointer
    public let hasEscapes: Bool

    /// The string that the text stands for.
    public var string: String {
        guard hasEscapes else { return String(decoding: raw, as: UTF8.self) }
        return String(decoding: unescaped, as: UTF8.self)
    }

    private var unescaped: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            guard raw[index] == UInt8(ascii: "\\") else {
                result.append(raw[index])
                index += 1
                continue
            }
            index += 1
            if raw[index] == UInt8(ascii: "u") {
                let scalar = JSONText.escapedScalar(raw, at: &index)
                // The scanner has refused half surrogate pairs.
                result.append(contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? .init())
            } else {
                result.append(JSONText.shortEscape(raw[index]) ?? raw[index])
                index += 1
            }
        }
        return result
    }

    /// What `\n` and its like stand for; nil if there is no such escape.
    static func shortEscape(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The scalar of `uXXXX`, or of two of them that are a surrogate pair, from the `u` at `index`,
    /// which moves behind it; nil, without moving, if it is half a pair. Requires digits.
    static func escapedScalar(_ bytes: UnsafeRawBufferPointer, at index: inout Int)
        -> Unicode.Scalar?
    {
        guard let unit = codeUnit(bytes, at: index + 1) else { return nil }
        if let scalar = Unicode.Scalar(unit) {
            index += 5
            return scalar
        }
        guard unit < 0xDC00, index + 11 <= bytes.count,
            bytes[index + 5] == UInt8(ascii: "\\"), bytes[index + 6] == UInt8(ascii: "u"),
            let low = codeUnit(bytes, at: index + 7), (0xDC00...0xDFFF).contains(low)
        else { return nil }
        index += 11
        return Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
    }

    /// Four hexadecimal digits.
    static func codeUnit(_ bytes: UnsafeRawBufferPointer, at start: Int) -> UInt16? {
        guard start + 4 <= bytes.count else { return nil }
        var unit: UInt16 = 0
        for index in start..<start + 4 {
            guard let digit = hexDigitValue(bytes[index]) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}

extension JSONReader {
    /// Scans a string from its opening quote to behind its closing one.
    mutating func scanString() throws(JSONRefusal) -> JSONText {
        position += 1
        let start = position
        var hasEscapes = false
        var isASCII = true
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                let raw = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
                position += 1
                guard isASCII || String(validating: raw, as: UTF8.self) != nil else {
                    throw refusal(.invalidUTF8)
                }
                return JSONText(raw: raw, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try skipEscape()
            case ..<0x20: throw refusal(.syntax(offset: position))
            default:
                if byte >= 0x80 { isASCII = false }
                position += 1
            }
        }
        throw refusal(.syntax(offset: position))
    }

    private mutating func skipEscape() throws(JSONRefusal) {
        let letter = position + 1
        guard letter < bytes.count else { throw refusal(.syntax(offset: letter)) }
        guard bytes[letter] == UInt8(ascii: "u") else {
            guard JSONText.shortEscape(bytes[letter]) != nil else {
                throw refusal(.syntax(offset: letter))
            }
            position += 2
            return
        }
        guard JSONText.codeUnit(bytes, at: letter + 1) != nil else {
            throw refusal(.syntax(offset: letter))
        }
        var end = letter
        guard JSONText.escapedScalar(bytes, at: &end) != nil else {
            throw refusal(.loneSurrogate)
        }
        position = end
    }
}
