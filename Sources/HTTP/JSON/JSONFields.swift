/// A member's name in two words: names that a schema knows have at most 16 bytes, and are
/// compared without a table or a string.
@frozen
public struct JSONName: Hashable, Sendable {
    @usableFromInline var low: UInt64
    @usableFromInline var high: UInt64

    public static let byteLimit = 16

    /// Nil for a name that is too long to be known.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= JSONName.byteLimit else { return nil }
        low = 0
        high = 0
        for index in 0..<bytes.count {
            let byte = UInt64(bytes[index])
            if index < 8 {
                low |= byte << UInt64(8 * index)
            } else {
                high |= byte << UInt64(8 * (index - 8))
            }
        }
    }

    /// Requires a name of at most 16 ASCII bytes.
    public init(_ name: String) {
        let packed = Array(name.utf8).withUnsafeBytes { JSONName($0) }
        guard let packed else { preconditionFailure("a member's name has 16 bytes at most") }
        self = packed
    }

    @inlinable
    public static func == (left: JSONName, right: JSONName) -> Bool {
        left.low == right.low && left.high == right.high
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
