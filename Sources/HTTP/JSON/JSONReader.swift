/// Reads JSON (RFC 8259) strictly, value by value, as the caller asks for them.
///
/// Stricter than the standard allows, since what two readers may understand differently is
/// refused: unknown or repeated members; numbers with sign, fraction, exponent or leading zero;
/// half surrogate pairs; bytes that aren't UTF-8; more than 16 levels. Nothing is allocated but
/// for strings asked for as `String` and for refusals.
///
/// Whole use: `beginObject`, `nextMember` until nil, a value after each; at the end `finish`.
public struct JSONReader {
    let bytes: UnsafeRawBufferPointer
    public internal(set) var position = 0
    private(set) var depth = 0
    /// Bit d: nothing was read yet of the object or array at depth d.
    private var isFresh: UInt32 = 0
    private var steps = InlineArray<17, Step>(repeating: Step())

    /// Where in an object or array the reader is: at a member, or at an element.
    private struct Step {
        var name = ByteRange.absent
        /// -1 in an object.
        var index: Int32 = -1
    }

    /// The bytes must outlive the reader.
    public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    // MARK: Structure

    public mutating func beginObject() throws(JSONRefusal) {
        try open("{", or: "an object")
    }

    /// The next member of the object at hand; nil at its end. The caller reads its value next.
    @inlinable
    public mutating func nextMember<Field>(
        of fields: JSONFields<Field>, seen: inout JSONFieldSet
    ) throws(JSONRefusal) -> Field? {
        var name: JSONName?
        guard try nextKnownName(&name) else { return nil }
        guard let name, let position = fields.position(of: name) else { throw refusal(.unknown) }
        guard seen.insert(position) else { throw refusal(.duplicate) }
        return fields.fields[position]
    }

    /// The next member's name whatever it is, for objects without a schema; nil at the end.
    public mutating func nextName() throws(JSONRefusal) -> String? {
        guard try advanceToName() else { return nil }
        let text = try scanString()
        steps[depth].name = ByteRange(position - text.raw.count - 1..<position - 1)
        try expect(":")
        return text.string
    }

    /// Goes to the next member; false at the end of the object.
    @usableFromInline
    mutating func nextKnownName(_ name: inout JSONName?) throws(JSONRefusal) -> Bool {
        guard try advanceToName() else { return false }
        let text = try scanString()
        steps[depth].name = ByteRange(position - text.raw.count - 1..<position - 1)
        try expect(":")
        // A schema's names need no escapes, so one with escapes is none of them.
        name = text.hasEscapes ? nil : JSONName(text.raw)
        return true
    }

    public mutating func beginArray() throws(JSONRefusal) {
        try open("[", or: "an array")
    }

    /// True if another element follows, which the caller reads next; false at the array's end.
    public mutating func nextElement() throws(JSONRefusal) -> Bool {
        guard try advance(closing: "]") else { return false }
        steps[depth].index += 1
        return true
    }

    /// Throws if anything follows the value that was read.
    public mutating func finish() throws(JSONRefusal) {
        precondition(depth == 0, "an object or array isn't read to its end")
        skipWhiteSpace()
        guard position == bytes.count else { throw refusal(.trailing(offset: position)) }
    }

    // MARK: Values

    /// Takes a `null`, if that is what comes.
    public mutating func takeNull() throws(JSONRefusal) -> Bool {
        skipWhiteSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "n") else { return false }
        guard takeLiteral("null") else { throw refusal(.syntax(offset: position)) }
        return true
    }

    /// What stands next can't begin a value.
    var syntaxError: JSONRefusal { refusal(.syntax(offset: position)) }

    public mutating func bool() throws(JSONRefusal) -> Bool {
        skipWhiteSpace()
        if takeLiteral("true") { return true }
        if takeLiteral("false") { return false }
        throw refusal(.notA("true or false"))
    }

    /// A whole number within the range.
    public mutating func number(
        in range: ClosedRange<UInt64> = 0...HTTPLimits.largestNumber
    ) throws(JSONRefusal) -> UInt64 {
        skipWhiteSpace()
        let start = position
        guard start < bytes.count else { throw refusal(.syntax(offset: start)) }
        if bytes[start] == UInt8(ascii: "-") { throw refusal(.notWhole) }
        var value: UInt64 = 0
        var overflowed = false
        while position < bytes.count, isDigit(bytes[position]) {
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(bytes[position] & 15))
            overflowed = overflowed || tooLarge || carried
            value = sum
            position += 1
        }
        let count = position - start
        guard count > 0 else { throw refusal(.notA("a whole number")) }
        if count > 1, bytes[start] == UInt8(ascii: "0") { throw refusal(.notWhole) }
        switch nextByte {
        case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): throw refusal(.notWhole)
        default: break
        }
        guard !overflowed, range.contains(value) else { throw refusal(.outOfRange(range)) }
        return value
    }

    public mutating func string() throws(JSONRefusal) -> String { try text().string }

    /// A string where it stands in the buffer.
    public mutating func text() throws(JSONRefusal) -> JSONText {
        skipWhiteSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            throw refusal(.notA("a string"))
        }
        return try scanString()
    }

    /// The first byte of what comes; nil at the end.
    var nextByte: UInt8? { position < bytes.count ? bytes[position] : nil }

    // MARK: Refusals

    /// A refusal of the value at hand.
    public func refusal(_ reason: JSONRefusal.Reason) -> JSONRefusal {
        JSONRefusal(path: path, reason: reason)
    }

    /// A refusal of a member of the object that was just read to its end.
    public func refusal(of member: String, _ reason: JSONRefusal.Reason) -> JSONRefusal {
        let outer = path
        return JSONRefusal(path: outer.isEmpty ? member : "\(outer).\(member)", reason: reason)
    }

    /// The way to the value at hand, as in `charges[3].credits`.
    public var path: String {
        var path = ""
        guard depth > 0 else { return path }
        for level in 1...depth {
            let step = steps[level]
            if step.index >= 0 { path += "[\(step.index)]" }
            guard step.name.isPresent else { continue }
            if !path.isEmpty { path += "." }
            path += String(decoding: step.name.slice(of: bytes).prefix(64), as: UTF8.self)
        }
        return path
    }

    // MARK: Steps

    private mutating func open(
        _ bracket: Unicode.Scalar, or type: String
    ) throws(JSONRefusal) {
        skipWhiteSpace()
        guard position < bytes.count else { throw refusal(.syntax(offset: position)) }
        guard bytes[position] == UInt8(ascii: bracket) else { throw refusal(.notA(type)) }
        guard depth < HTTPLimits.jsonDepth else { throw refusal(.tooDeep) }
        position += 1
        depth += 1
        isFresh |= 1 << UInt32(depth)
        steps[depth] = Step()
    }

    /// Goes to the next member or element; false, and a level up, at the end.
    private mutating func advance(closing: Unicode.Scalar) throws(JSONRefusal) -> Bool {
        precondition(depth > 0, "nothing is open")
        skipWhiteSpace()
        guard position < bytes.count else { throw refusal(.syntax(offset: position)) }
        let bit: UInt32 = 1 << UInt32(depth)
        if bytes[position] == UInt8(ascii: closing) {
            position += 1
            isFresh &= ~bit
            depth -= 1
            return false
        }
        if isFresh & bit != 0 {
            isFresh &= ~bit
            return true
        }
        guard bytes[position] == UInt8(ascii: ",") else {
            throw refusal(.syntax(offset: position))
        }
        position += 1
        return true
    }

    private mutating func advanceToName() throws(JSONRefusal) -> Bool {
        guard try advance(closing: "}") else { return false }
        skipWhiteSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            steps[depth].name = .absent
            throw refusal(.syntax(offset: position))
        }
        return true
    }

    private mutating func expect(_ mark: Unicode.Scalar) throws(JSONRefusal) {
        skipWhiteSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else {
            throw refusal(.syntax(offset: position))
        }
        position += 1
    }

    private mutating func takeLiteral(_ literal: StaticString) -> Bool {
        let end = position + literal.utf8CodeUnitCount
        guard end <= bytes.count,
            UnsafeRawBufferPointer(rebasing: bytes[position..<end]).equals(literal)
        else { return false }
        position = end
        return true
    }

    private mutating func skipWhiteSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case ASCII.space, ASCII.tab, ASCII.lineFeed, ASCII.carriageReturn: position += 1
            default: return
            }
        }
    }
}
