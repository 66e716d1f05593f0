/// Comma-separated values as RFC 4180 has them: fields in quotation marks may hold commas, line
/// ends and doubled quotation marks. Blank lines are passed over.
struct CommaSeparated {
    struct Record: Hashable {
        /// Where it begins, the first line being 1.
        var line: Int
        var fields: [String]
    }

    private var rest: Substring.UTF8View
    private var line = 1
    /// Where a quotation mark was opened that is never closed.
    private(set) var openQuote: Int?

    init(_ text: String) {
        rest = text[...].utf8
        if text.unicodeScalars.first == "\u{FEFF}" { rest = rest.dropFirst(3) }
    }

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// The next line's fields; nil at the end.
    mutating func next() -> Record? {
        while let byte = rest.first, byte == Self.lineFeed || byte == Self.carriageReturn {
            if byte == Self.lineFeed { line += 1 }
            rest.removeFirst()
        }
        guard !rest.isEmpty else { return nil }
        var record = Record(line: line, fields: [])
        while true {
            record.fields.append(field())
            guard let byte = rest.popFirst() else { return record }
            if byte == Self.comma { continue }
            if byte == Self.carriageReturn, rest.first == Self.lineFeed { rest.removeFirst() }
            line += 1
            return record
        }
    }

    /// One field; what ends it stays.
    private mutating func field() -> String {
        var bytes: [UInt8] = []
        guard rest.first == Self.quote else {
            while let byte = rest.first, byte != Self.comma, byte != Self.lineFeed,
                byte != Self.carriageReturn
            {
                bytes.append(byte)
                rest.removeFirst()
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        let opened = line
        rest.removeFirst()
        while let byte = rest.popFirst() {
            if byte == Self.quote {
                guard rest.first == Self.quote else {
                    return String(decoding: bytes, as: UTF8.self)
                }
                rest.removeFirst()
            }
            if byte == Self.lineFeed { line += 1 }
            bytes.append(byte)
        }
        openQuote = opened
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A field as it is written.
    static func text(of field: String) -> String {
        let isPlain = field.utf8.allSatisfy {
            ![quote, comma, lineFeed, carriageReturn].contains($0)
        }
        guard !isPlain else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
}
