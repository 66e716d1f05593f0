/// Comma-separated values as RFC 4180 has them: fields in quotation marks may hold commas, line
/// ends and doubled quotation marks. Blank lines are passed over. A line ends with a line feed, a
/// carriage return, or both.
struct CommaSeparated {
    struct Record: Hashable {
        /// Where it begins, the first line being 1.
        var line: Int
        var fields: [String]
        /// What of it isn't as it must be: then the fields are guesses.
        var trouble: String?
    }

    private var rest: Substring.UTF8View
    private var line = 1

    init(_ text: String) { rest = text[...].utf8 }

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// The next line's fields; nil at the end.
    mutating func next() -> Record? {
        while let byte = rest.first, Self.endsLine(byte) { take() }
        guard !rest.isEmpty else { return nil }
        var record = Record(line: line, fields: [])
        while true {
            record.fields.append(field(&record.trouble))
            guard let byte = take(), byte == Self.comma else {
                if rest.first == Self.lineFeed, isWithinLineEnd { take() }
                return record
            }
        }
    }

    /// The byte taken last was the first of two that end a line.
    private var isWithinLineEnd = false

    private static func endsLine(_ byte: UInt8) -> Bool {
        byte == lineFeed || byte == carriageReturn
    }

    /// Takes a byte and counts the lines.
    @discardableResult private mutating func take() -> UInt8? {
        guard let byte = rest.popFirst() else { return nil }
        isWithinLineEnd = byte == Self.carriageReturn && rest.first == Self.lineFeed
        if Self.endsLine(byte), !isWithinLineEnd { line += 1 }
        return byte
    }

    /// One field; what ends it stays.
    private mutating func field(_ trouble: inout String?) -> String {
        guard rest.first == Self.quote else {
            let bytes = takeToEnd()
            if bytes.contains(Self.quote) {
                trouble = "a quotation mark stands within a field that doesn't begin with one"
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        let opened = line
        var bytes: [UInt8] = []
        take()
        while let byte = take() {
            if byte == Self.quote {
                guard rest.first == Self.quote else {
                    if !takeToEnd().isEmpty {
                        trouble = "something follows the quotation mark that closes a field"
                    }
                    return String(decoding: bytes, as: UTF8.self)
                }
                take()
            }
            bytes.append(byte)
        }
        trouble = "a quotation mark in line \(opened) is never closed"
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Everything before the comma or line end that comes next.
    private mutating func takeToEnd() -> [UInt8] {
        var bytes: [UInt8] = []
        while let byte = rest.first, byte != Self.comma, !Self.endsLine(byte) {
            bytes.append(byte)
            rest.removeFirst()
        }
        return bytes
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
