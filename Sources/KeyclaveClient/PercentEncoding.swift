/// Writes names into paths and queries.
public enum PercentEncoding {
    /// Everything but RFC 3986's unreserved characters is encoded, and a name of dots as well, so
    /// that none can change the path.
    public static func segment(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: ".") where text != "." && text != "..":
                encoded += "."
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return encoded
    }

    /// The path of these names, one after the other.
    public static func path(_ segments: String...) -> String {
        segments.map { "/" + segment($0) }.joined()
    }
}
