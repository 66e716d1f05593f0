/// What a member of a request's body may be, and so what it may not.
enum FieldKind: Sendable {
    case name
    case email
    case choice
    case identifier
    case credits
    case charge
    case flag
    case key
    case idempotencyKey

    /// JSON that no such member may be.
    var hostileValues: [String] {
        switch self {
        case .name:
            return FieldKind.noTexts + FieldKind.badTexts + [
                "\"\"", "\"\(String(repeating: "n", count: 201))\"",
                "\"\(String(repeating: "é", count: 201))\"", #""a\nb""#, #""a\u0085b""#,
                #""\u007f""#,
            ]
        case .email:
            return FieldKind.noTexts + FieldKind.badTexts + [
                "\"\"", #""ada""#, #""@example.com""#, #""ada@""#, #""a@b@c""#,
                #""a b@example.com""#,
                #""ada@example.com\u0000""#,
                "\"\(String(repeating: "a", count: 255))@example.com\"",
            ]
        case .choice:
            return FieldKind.noTexts + FieldKind.badTexts + [
                "\"\"", #""REST""#, #""rest ""#, #""../rest""#, #""no such""#,
            ]
        case .identifier:
            return FieldKind.noTexts + FieldKind.badTexts + [
                "\"\"", #""usr_""#, #""usr_0000000000""#, #""usr_000000000000""#,
                #""usr_zzzzzzzzzzz""#, #""usr_0000000000é""#, #""key_00000000001""#,
                #""../../etc""#,
            ]
        case .credits:
            return FieldKind.noNumbers + ["9007199254740992", "18446744073709551616", "-1"]
        case .charge:
            return FieldKind.noNumbers + ["0", "1000000001", "9007199254740993", "-5"]
        case .flag:
            return ["0", "1", #""true""#, #""""#, "[]", "{}", "[true]"]
        case .key:
            return FieldKind.noTexts
        case .idempotencyKey:
            return FieldKind.noTexts + ["\"\"", "\"\(String(repeating: "i", count: 65))\""]
        }
    }

    private static let noTexts = ["1", "-1", "0.5", "true", "[]", "{}", #"["a"]"#, #"{"a": 1}"#]
    /// Texts that no text may be: surrogates on their own, and a NUL.
    private static let badTexts = [
        #""\ud800""#, #""\udc00""#, #""\ud800x""#, #""\ud800\ud800""#, #""a\u0000b""#, #""\q""#,
    ]
    private static let noNumbers = [
        "1.5", "1e3", "1E3", "1.0", "-0", "01", "+1", "0x10", "NaN", "Infinity", #""5""#, #""""#,
        "true", "[]", "{}", "[1]", "1 2", String(repeating: "9", count: 400),
    ]
}

/// A member of a request's body, with a value that is right.
struct Field: Sendable {
    var name: String
    var kind: FieldKind
    var good: String
    var isRequired: Bool

    init(_ name: String, _ kind: FieldKind, _ good: String, isRequired: Bool = true) {
        self.name = name
        self.kind = kind
        self.good = good
        self.isRequired = isRequired
    }
}

/// A method of a path that takes a body.
struct Endpoint: Sendable {
    var method: String
    var path: String
    /// The management token or key that it is asked with.
    var credential: String?
    var fields: [Field]

    init(_ method: String, _ path: String, _ credential: String?, _ fields: [Field]) {
        self.method = method
        self.path = path
        self.credential = credential
        self.fields = fields
    }

    /// A body made wrong, what is wrong with it, and the member that the answer must name.
    struct Case: Sendable {
        var what: String
        var body: [UInt8]
        var field: String?

        init(_ what: String, _ body: String, field: String? = nil) {
            self.what = what
            self.body = Array(body.utf8)
            self.field = field
        }
    }

    var cases: [Case] { fields.flatMap(faults) + bodyFaults }

    private func body(_ members: [(name: String, value: String)]) -> String {
        "{" + members.map { "\"\($0.name)\": \($0.value)" }.joined(separator: ", ") + "}"
    }

    private func good(except name: String? = nil) -> [(name: String, value: String)] {
        fields.filter { $0.name != name }.map { ($0.name, $0.good) }
    }

    private func faults(of field: Field) -> [Case] {
        let others = good(except: field.name)
        var cases: [Case] = []
        for value in field.kind.hostileValues {
            // What is no JSON at all can't name a member.
            let isJSON = (try? JSONValue(parsing: Array("[\(value)]".utf8))) != nil
            cases.append(
                Case(
                    "\(field.name) is \(value.prefix(40))",
                    body(others + [(field.name, value)]), field: isJSON ? field.name : nil))
        }
        if field.isRequired {
            cases.append(Case("no \(field.name)", body(others), field: field.name))
            cases.append(
                Case(
                    "\(field.name) is null", body(others + [(field.name, "null")]),
                    field: field.name))
        }
        let twice = (field.name, field.good)
        cases.append(
            Case("\(field.name) twice", body(others + [twice, twice]), field: field.name))
        let escaped = field.name.unicodeScalars.map { scalar in
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
        // Escapes in names aren't read: such a member is as unknown as any.
        cases.append(
            Case(
                "\(field.name) twice, once escaped", body(others + [twice, (escaped, field.good)])))
        return cases
    }

    private var bodyFaults: [Case] {
        let whole = body(good())
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        var cases = [
            Case("no body", ""), Case("no members", "{}"), Case("an array", "[\(whole)]"),
            Case("a text", "\"a\""),
            Case("a number", "1"), Case("null", "null"),
            Case("cut short", String(whole.dropLast())),
            Case("something behind", whole + "x"), Case("two objects", whole + whole),
            Case("a comma too many", String(whole.dropLast()) + ",}"),
            Case("no quotes", "{name: 1}"), Case("single quotes", "{'name': 1}"),
            Case("a comment", "/**/" + whole), Case("a byte order mark", "\u{FEFF}" + whole),
            Case("white space only", " \r\n\t"),
            Case(
                "an unknown member", body(good() + [("surprise", "1")]), field: "surprise"),
            Case("a prototype", body(good() + [("__proto__", "{}")]), field: "__proto__"),
            Case("depth", body(good() + [("deep", deep)])),
        ]
        var broken = cases[0]
        broken.what = "bytes that are no UTF-8"
        broken.body = Array("{\"".utf8) + [0xC3, 0x28, 0xFF] + Array("\": 1}".utf8)
        cases.append(broken)
        return cases
    }
}
