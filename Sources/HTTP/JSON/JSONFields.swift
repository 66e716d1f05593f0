/// A member's name in four words: names that a schema knows have at most 32 bytes, and are
/// compared without a table or a string.
@frozen
public struct JSONName: Equatable, Sendable {
    /// The bytes from the first word's lowest on, then zeroes.
    @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    public static let byteLimit = 32

    /// Nil for a name that is too long to be known.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= JSONName.byteLimit else { return nil }
        for index in 0..<bytes.count {
            let bits = UInt64(bytes[index]) << UInt64(8 * (index & 7))
            switch index >> 3 {
            case 0: words.0 |= bits
            case 1: words.1 |= bits
            case 2: words.2 |= bits
            default: words.3 |= bits
            }
        }
    }

    /// Requires a name of at most 32 ASCII bytes.
    public init(_ name: String) {
        let packed = Array(name.utf8).withUnsafeBytes { JSONName($0) }
        guard let packed else { preconditionFailure("a member's name has 32 bytes at most") }
        self = packed
    }

    @inlinable
    public static func == (left: JSONName, right: JSONName) -> Bool {
        left.words == right.words
    }
}

/// The members that an object may have: an enum whose raw values are their names.
///
/// Made once and kept, as in `static let fields = JSONFields<VerifyField>()`.
public struct JSONFields<Field>: Sendable
where Field: CaseIterable & RawRepresentable & Sendable, Field.RawValue == String {
    @usableFromInline let names: [JSONName]
    @usableFromInline let fields: [Field]

    public init() {
        fields = Array(Field.allCases)
        names = fields.map { JSONName($0.rawValue) }
        precondition(fields.count <= 32, "a set of fields is a word of 32 bits")
    }

    /// Whether the member was among those read.
    public func contains(_ field: Field, in seen: JSONFieldSet) -> Bool {
        position(of: JSONName(field.rawValue)).map { seen.bits >> UInt32($0) & 1 == 1 } ?? false
    }

    @inlinable
    func position(of name: JSONName) -> Int? {
        for index in 0..<names.count where names[index] == name { return index }
        return nil
    }
}

/// Which members of an object have been seen.
@frozen
public struct JSONFieldSet: Hashable, Sendable {
    @usableFromInline var bits: UInt32 = 0

    @inlinable
    public init() {}

    /// False if it was there before.
    @inlinable
    mutating func insert(_ position: Int) -> Bool {
        let bit: UInt32 = 1 << UInt32(position)
        defer { bits |= bit }
        return bits & bit == 0
    }
}
