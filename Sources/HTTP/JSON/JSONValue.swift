/// A whole JSON text as a value, read as strictly as `JSONReader` reads: for answers, whose
/// members may become more with time.
public indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(UInt64)
    case string(String)
    case array([JSONValue])
    /// In the order of the text; no name stands twice.
    case object([Member])

    public struct Member: Hashable, Sendable {
        public var name: String
        public var value: JSONValue

        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// Reads a text that holds one value.
    public init(_ bytes: [UInt8]) throws(JSONRefusal) {
        let result: Result<JSONValue, JSONRefusal> = bytes.withUnsafeBytes { buffer in
            var reader = JSONReader(buffer)
            do throws(JSONRefusal) {
                let value = try JSONValue(from: &reader)
                try reader.finish()
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    /// Reads the value at hand. The reader's limit of depth bounds the recursion.
    public init(from reader: inout JSONReader) throws(JSONRefusal) {
        if try reader.takeNull() {
            self = .null
            return
        }
        switch reader.nextByte {
        case UInt8(ascii: "\""): self = .string(try reader.string())
        case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .bool(try reader.bool())
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try reader.beginArray()
            while try reader.nextElement() { elements.append(try JSONValue(from: &reader)) }
            self = .array(elements)
        case UInt8(ascii: "{"): self = try JSONValue.object(from: &reader)
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte):
            self = .number(try reader.number(in: 0...UInt64.max))
        default: throw reader.syntaxError
        }
    }

    private static func object(from reader: inout JSONReader) throws(JSONRefusal) -> JSONValue {
        var members: [Member] = []
        // Names are compared as bytes, as the standard has it.
        var names: Set<[UInt8]> = []
        try reader.beginObject()
        while let name = try reader.nextName() {
            guard names.insert(Array(name.utf8)).inserted else {
                throw reader.refusal(.duplicate)
            }
            members.append(Member(name: name, value: try JSONValue(from: &reader)))
        }
        return .object(members)
    }

    /// The value of a member; nil if this is no object or has none of that name.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }
    public var number: UInt64? {
        if case .number(let value) = self { value } else { nil }
    }
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }
    public var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }
    public var members: [Member]? {
        if case .object(let value) = self { value } else { nil }
    }
    public var isNull: Bool { self == .null }

    /// Appends the text that this is read from, without white space.
    public func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let value): json.bool(value)
        case .number(let value): json.number(value)
        case .string(let value): json.string(value)
        case .array(let elements):
            json.beginArray()
            for element in elements { element.write(to: &json) }
            json.endArray()
        case .object(let members):
            json.beginObject()
            for member in members {
                json.name(escaping: member.name)
                member.value.write(to: &json)
            }
            json.endObject()
        }
    }
}
