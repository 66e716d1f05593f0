import HTTP

extension JSONValue {
    /// Two spaces for each level, one member or item a line, no line break at the end: the same
    /// value always gives the same text.
    public var prettyText: String {
        var text = ""
        write(to: &text, indent: 0)
        return text
    }

    /// Without white space.
    public var compactText: String {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.text
    }

    private func write(to text: inout String, indent: Int) {
        switch self {
        case .array(let items) where !items.isEmpty:
            text += "["
            for (position, item) in items.enumerated() {
                JSONValue.newLine(indent + 1, position, to: &text)
                item.write(to: &text, indent: indent + 1)
            }
            text += "\n" + String(repeating: "  ", count: indent) + "]"
        case .object(let members) where !members.isEmpty:
            text += "{"
            for (position, member) in members.enumerated() {
                JSONValue.newLine(indent + 1, position, to: &text)
                text += JSONValue.string(member.name).compactText + ": "
                member.value.write(to: &text, indent: indent + 1)
            }
            text += "\n" + String(repeating: "  ", count: indent) + "}"
        default:
            text += compactText
        }
    }

    private static func newLine(_ indent: Int, _ position: Int, to text: inout String) {
        text += (position > 0 ? ",\n" : "\n") + String(repeating: "  ", count: indent)
    }
}
