import Basics
import Foundation
import HTTP
import Testing

@Suite struct JSONReaderTests {
    enum ChargeField: String, CaseIterable { case key, credits, id, charges }
    static let fields = JSONFields<ChargeField>()

    struct Charge: Equatable {
        var key: String?
        var credits: UInt64?
        var id: String?
        var charges: [Charge] = []
    }

    static func charge(_ text: String) throws(JSONRefusal) -> Charge {
        try charge(text.bytes)
    }

    static func charge(_ bytes: [UInt8]) throws(JSONRefusal) -> Charge {
        let result: Result<Charge, JSONRefusal> = bytes.withUnsafeBytes { buffer in
            var reader = JSONReader(buffer)
            do throws(JSONRefusal) {
                let charge = try charge(from: &reader)
                try reader.finish()
                return .success(charge)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func charge(from reader: inout JSONReader) throws(JSONRefusal) -> Charge {
        var charge = Charge()
        var seen = JSONFieldSet()
        try reader.beginObject()
        while let field = try reader.nextMember(of: fields, seen: &seen) {
            switch field {
            case .key: charge.key = try reader.takeNull() ? nil : try reader.string()
            case .credits: charge.credits = try reader.number(in: 1...1_000)
            case .id: charge.id = try reader.string()
            case .charges:
                try reader.beginArray()
                while try reader.nextElement() {
                    charge.charges.append(try self.charge(from: &reader))
                }
            }
        }
        if charge.credits == nil, charge.charges.isEmpty {
            throw reader.refusal(of: "credits", .missing)
        }
        return charge
    }

    @Test func `a body is read member by member in any order and spacing`() throws {
        #expect(
            try Self.charge(" {\"id\" : \"a\" ,\r\n\t\"credits\":7,\"key\":null} ")
                == Charge(key: nil, credits: 7, id: "a"))
        #expect(
            try Self.charge("{\"charges\":[{\"credits\":1},{\"credits\":1000,\"key\":\"k\"}]}")
                == Charge(charges: [Charge(credits: 1), Charge(key: "k", credits: 1_000)]))
        #expect(try Self.charge("{\"credits\":1,\"charges\":[]}") == Charge(credits: 1))
    }

    @Test func `escapes stand for what the standard says`() throws {
        let text = #"{"credits":1,"id":"\"\\\/\b\f\n\r\té\u00E9\ud83d\uDE00\u0000"}"#
        #expect(
            try Self.charge(text).id == "\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{E9}\u{1F600}\u{0}")
    }

    static let refusals: [(String, String, JSONRefusal.Reason)] = [
        ("", "", .syntax(offset: 0)), ("  ", "", .syntax(offset: 2)),
        ("[]", "", .notA("an object")), ("\"a\"", "", .notA("an object")),
        ("{", "", .syntax(offset: 1)), ("{\"credits\":1", "credits", .syntax(offset: 12)),
        ("{\"credits\":1}x", "", .trailing(offset: 13)),
        ("{\"credits\":1}{}", "", .trailing(offset: 13)),
        ("{\"credits\":1,}", "", .syntax(offset: 13)), ("{,}", "", .syntax(offset: 1)),
        ("{\"credits\" 1}", "credits", .syntax(offset: 11)),
        ("{credits:1}", "", .syntax(offset: 1)),
        ("{'credits':1}", "", .syntax(offset: 1)),
        ("{\"credits\":1 \"id\":\"a\"}", "credits", .syntax(offset: 13)),
        ("{\"credits\":1/**/}", "credits", .syntax(offset: 12)),
        ("{}", "credits", .missing), ("{\"id\":\"a\"}", "credits", .missing),
        ("{\"credits\":1,\"credits\":1}", "credits", .duplicate),
        ("{\"credits\":1,\"x\":1}", "x", .unknown), ("{\"Credits\":1}", "Credits", .unknown),
        ("{\"\":1}", "", .unknown), ("{\"credit\\u0073\":1}", "credit\\u0073", .unknown),
        ("{\"a name longer than sixteen\":1}", "a name longer than sixteen", .unknown),
        ("{\"credits\":-1}", "credits", .notWhole), ("{\"credits\":-0}", "credits", .notWhole),
        ("{\"credits\":1.0}", "credits", .notWhole), ("{\"credits\":1.}", "credits", .notWhole),
        ("{\"credits\":1e3}", "credits", .notWhole), ("{\"credits\":1E3}", "credits", .notWhole),
        ("{\"credits\":01}", "credits", .notWhole), ("{\"credits\":00}", "credits", .notWhole),
        ("{\"credits\":+1}", "credits", .notA("a whole number")),
        ("{\"credits\":.5}", "credits", .notA("a whole number")),
        ("{\"credits\":\"1\"}", "credits", .notA("a whole number")),
        ("{\"credits\":null}", "credits", .notA("a whole number")),
        ("{\"credits\":NaN}", "credits", .notA("a whole number")),
        ("{\"credits\":[1]}", "credits", .notA("a whole number")),
        ("{\"credits\":0}", "credits", .outOfRange(1...1_000)),
        ("{\"credits\":1001}", "credits", .outOfRange(1...1_000)),
        ("{\"credits\":18446744073709551617}", "credits", .outOfRange(1...1_000)),
        ("{\"credits\":99999999999999999999999999}", "credits", .outOfRange(1...1_000)),
        ("{\"id\":1}", "id", .notA("a string")), ("{\"id\":null}", "id", .notA("a string")),
        ("{\"id\":\"a", "id", .syntax(offset: 8)), ("{\"id\":\"a\nb\"}", "id", .syntax(offset: 8)),
        ("{\"id\":\"\\x\"}", "id", .syntax(offset: 8)),
        ("{\"id\":\"\\u12g4\"}", "id", .syntax(offset: 8)),
        ("{\"id\":\"\\", "id", .syntax(offset: 8)),
        ("{\"id\":\"\\ud800\"}", "id", .loneSurrogate),
        ("{\"id\":\"\\udc00\"}", "id", .loneSurrogate),
        ("{\"id\":\"\\ud800\\u0041\"}", "id", .loneSurrogate),
        ("{\"id\":\"\\ud800x\"}", "id", .loneSurrogate),
        ("{\"id\":\"\\udc00\\ud800\"}", "id", .loneSurrogate),
        ("{\"key\":nul}", "key", .syntax(offset: 7)),
        ("{\"charges\":{}}", "charges", .notA("an array")),
        ("{\"charges\":[1]}", "charges[0]", .notA("an object")),
        (
            "{\"charges\":[{\"credits\":1},{\"credits\":0}]}", "charges[1].credits",
            .outOfRange(1...1_000)
        ),
        ("{\"charges\":[{\"credits\":1},{\"x\":0}]}", "charges[1].x", .unknown),
        ("{\"charges\":[{\"credits\":1},{}]}", "charges[1].credits", .missing),
        ("{\"charges\":[{\"credits\":1},]}", "charges[1]", .notA("an object")),
        ("{\"charges\":[{\"credits\":1}{\"credits\":1}]}", "charges[0]", .syntax(offset: 25)),
        ("\u{FEFF}{}", "", .notA("an object")),
    ]

    @Test func `every deviation is refused by the name of its field`() {
        for (text, path, reason) in Self.refusals {
            do throws(JSONRefusal) {
                let charge = try Self.charge(text)
                Issue.record("\(text) gives \(charge)")
            } catch {
                #expect(error.reason == reason, "\(text)")
                if !error.isMalformed { #expect(error.path == path, "\(text)") }
            }
        }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        let start = "{\"credits\":1,\"id\":\"".bytes
        let malformed: [[UInt8]] = [
            [0xFF], [0xC0, 0x80], [0xE9], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
            [0xF0, 0x9F, 0x98],
        ]
        for bytes in malformed {
            #expect(throws: JSONRefusal(path: "id", reason: .invalidUTF8)) {
                try Self.charge(start + bytes + "\"}".bytes)
            }
        }
    }

    @Test func `sixteen levels are read and seventeen refused`() {
        let nested = { (depth: Int) in
            (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).bytes
        }
        #expect(throws: Never.self) { try JSONValue(nested(16)) }
        #expect(throws: JSONRefusal(path: String(repeating: "[0]", count: 16), reason: .tooDeep)) {
            try JSONValue(nested(17))
        }
    }

    @Test func `a refusal becomes a problem that names the field`() {
        let problem = JSONRefusal(path: "charges[3].credits", reason: .outOfRange(1...9)).problem
        #expect(problem.code == .invalidField)
        #expect(problem.field == "charges[3].credits")
        #expect(problem.detail == "\"charges[3].credits\" must be from 1 to 9.")
        #expect(JSONRefusal(path: "a", reason: .syntax(offset: 3)).problem.code == .malformed)
    }

    /// A random value, and a text for it with escapes and spaces here and there.
    static func value(_ random: inout SeededGenerator, depth: Int = 0) -> JSONValue {
        switch random.below(depth > 3 ? 4 : 6) {
        case 0: return .null
        case 1: return .bool(random.below(2) == 0)
        case 2: return .number(random.next() >> random.below(64))
        case 3:
            let scalars = (0..<random.below(6)).map { _ in
                Unicode.Scalar(UInt32(random.below(0x11_0000))) ?? "\u{1F600}"
            }
            return .string(String(String.UnicodeScalarView(scalars + ["\""])))
        case 4: return .array((0..<random.below(4)).map { _ in value(&random, depth: depth + 1) })
        default:
            return .object(
                (0..<random.below(4)).map { index in
                    .init(name: "n\(index)", value: value(&random, depth: depth + 1))
                })
        }
    }

    @Test func `what is written is read again and Foundation reads it alike`() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let value = Self.value(&random)
            var json = JSONWriter()
            value.write(to: &json)
            #expect(try JSONValue(json.bytes) == value)
            let parsed = try JSONSerialization.jsonObject(
                with: Data(json.bytes), options: .fragmentsAllowed)
            #expect(Self.agrees(value, parsed))
        }
    }

    @Test func `whatever is accepted of mutated texts Foundation reads alike`() throws {
        var random = SeededGenerator(seed: 4)
        let pieces = "{}[],:\"\\u0dn19-.eE \u{7F}truefalsenull".bytes
        var accepted = 0
        for _ in 0..<10_000 {
            var json = JSONWriter()
            Self.value(&random).write(to: &json)
            var bytes = json.bytes
            for _ in 0...random.below(2) {
                let place = Int(random.below(UInt64(bytes.count)))
                let byte =
                    random.below(4) == 0
                    ? UInt8(random.below(256)) : pieces[Int(random.below(UInt64(pieces.count)))]
                if random.below(2) == 0 {
                    bytes[place] = byte
                } else {
                    bytes.insert(byte, at: place)
                }
            }
            guard let value = try? JSONValue(bytes) else { continue }
            accepted += 1
            let parsed = try JSONSerialization.jsonObject(
                with: Data(bytes), options: .fragmentsAllowed)
            #expect(Self.agrees(value, parsed), "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(accepted > 500)
    }

    static func agrees(_ value: JSONValue, _ other: Any) -> Bool {
        switch value {
        case .null: return other is NSNull
        case .bool(let flag): return (other as? NSNumber)?.boolValue == flag
        case .number(let number): return (other as? NSNumber)?.uint64Value == number
        case .string(let text): return (other as? String).map { Array($0.utf8) } == Array(text.utf8)
        case .array(let elements):
            guard let others = other as? [Any], others.count == elements.count else { return false }
            return zip(elements, others).allSatisfy(agrees)
        case .object(let members):
            guard let others = other as? [String: Any] else { return false }
            return others.count == members.count
                && members.allSatisfy { member in
                    others[member.name].map { agrees(member.value, $0) } ?? false
                }
        }
    }
}
