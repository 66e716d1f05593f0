/// JSON text that may stand within a page's script element: no character in it ends one.
struct CompactJSON {
    private(set) var text = ""
    /// Whether the next element needs a comma before it.
    private var needsComma = false

    mutating func array(_ body: (inout CompactJSON) -> Void) {
        open("[")
        body(&self)
        close("]")
    }

    mutating func object(_ body: (inout CompactJSON) -> Void) {
        open("{")
        body(&self)
        close("}")
    }

    /// The name of an object's member; its value follows.
    mutating func name(_ name: String) {
        string(name)
        text += ":"
        needsComma = false
    }

    mutating func number(_ number: some FixedWidthInteger) {
        separate()
        text += "\(number)"
    }

    mutating func numbers(_ numbers: some Sequence<Int64>) {
        array { json in for number in numbers { json.number(number) } }
    }

    mutating func bool(_ value: Bool) {
        separate()
        text += value ? "true" : "false"
    }

    mutating func string(_ string: String) {
        separate()
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            // An element's end, a comment's beginning, and what ends a line in some readers.
            case "<", ">", "&", "\u{2028}", "\u{2029}": escape(scalar)
            case _ where scalar.value < 0x20: escape(scalar)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private mutating func escape(_ scalar: Unicode.Scalar) {
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    private mutating func open(_ bracket: String) {
        separate()
        text += bracket
        needsComma = false
    }

    private mutating func close(_ bracket: String) {
        text += bracket
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { text += "," }
        needsComma = true
    }
}
