/// Any JSON value, as a server's answer holds it: members stay in the order in which they came,
/// and members that this client doesn't know are kept.
public enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case number(Int64)
    /// A number that is no 64-bit whole number, as it was written.
    case otherNumber(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// One name and value of an object.
    public struct Member: Hashable, Sendable {
        public var name: String
        public var value: JSONValue

        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// An object's member; nil if there is none or this is no object.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    public var string: String? { if case .string(let text) = self { text } else { nil } }
    public var number: Int64? { if case .number(let number) = self { number } else { nil } }
    public var boolean: Bool? { if case .boolean(let flag) = self { flag } else { nil } }
    public var array: [JSONValue]? { if case .array(let items) = self { items } else { nil } }
    public var isNull: Bool { self == .null }
}

extension JSONValue {
    /// The shortest text.
    public var compactText: String {
        var text = ""
        write(to: &text, indent: nil)
        return text
    }

    /// Two spaces for each level, one member or item a line, no line break at the end: the same
    /// value always gives the same text.
    public var prettyText: String {
        var text = ""
        write(to: &text, indent: 0)
        return text
    }

    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .boolean(let flag): text += flag ? "true" : "false"
        case .number(let number): text += String(number)
        case .otherNumber(let number): text += number
        case .string(let string): JSONValue.writeString(string, to: &text)
        case .array(let items):
            JSONValue.writeGroup("[", "]", items, to: &text, indent: indent) {
                item, text, indent in item.write(to: &text, indent: indent)
            }
        case .object(let members):
            JSONValue.writeGroup("{", "}", members, to: &text, indent: indent) {
                member, text, indent in
                JSONValue.writeString(member.name, to: &text)
                text += indent == nil ? ":" : ": "
                member.value.write(to: &text, indent: indent)
            }
        }
    }

    private static func writeGroup<Element>(
        _ open: String, _ close: String, _ elements: [Element], to text: inout String,
        indent: Int?, _ write: (Element, inout String, Int?) -> Void
    ) {
        text += open
        let inner = indent.map { $0 + 1 }
        for (position, element) in elements.enumerated() {
            if position > 0 { text += "," }
            newLine(inner, to: &text)
            write(element, &text, inner)
        }
        if !elements.isEmpty { newLine(indent, to: &text) }
        text += close
    }

    private static func newLine(_ indent: Int?, to text: inout String) {
        guard let indent else { return }
        text += "\n" + String(repeating: "  ", count: indent)
    }

    /// Escapes what RFC 8259, section 7, says must be.
    private static func writeString(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
