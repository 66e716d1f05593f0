import Basics

/// A random 64-bit name drawn by the node that proposes the creation. `apply` refuses one that is
/// taken, and zero, which the tables use for "none".
///
/// Its text, in paths and bodies, is a prefix and eleven base-62 digits: `key_0A1b2C3d4E5`.
public protocol Identifier: Comparable, Hashable, Sendable, CustomStringConvertible {
    static var prefix: StaticString { get }
    var rawValue: UInt64 { get }
    init(_ rawValue: UInt64)
}

extension Identifier {
    /// Reads the text form; nil for anything that `text` never gives.
    public init?(text: String) {
        let utf8 = text.utf8
        let prefix = Self.prefix.description.utf8
        guard utf8.count == prefix.count + Base62.fullWidth, utf8.starts(with: prefix),
            let number = Base62.decode(utf8.dropFirst(prefix.count))
        else { return nil }
        self.init(number)
    }

    public var text: String {
        Self.prefix.description + Base62.encode(rawValue, width: Base62.fullWidth)
    }

    public var description: String { text }
}

/// A customer's organisation: `acc_…`.
public struct AccountID: Identifier {
    @inlinable public static var prefix: StaticString { "acc_" }
    public var rawValue: UInt64
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A user of one account: `usr_…`.
public struct UserID: Identifier {
    @inlinable public static var prefix: StaticString { "usr_" }
    public var rawValue: UInt64
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// An API key, its secret aside: `key_…`.
public struct KeyID: Identifier {
    @inlinable public static var prefix: StaticString { "key_" }
    public var rawValue: UInt64
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A management token, its secret aside: `tok_…`.
public struct TokenID: Identifier {
    @inlinable public static var prefix: StaticString { "tok_" }
    public var rawValue: UInt64
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Sixteen random bytes drawn by the node that forwards a mutation. A retry by that node keeps
/// them, so that the second copy in the log is known for what it is.
public struct RequestID: Comparable, Hashable, Sendable, CustomStringConvertible {
    public var high: UInt64
    public var low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public static func < (left: RequestID, right: RequestID) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }

    /// 22 base-62 digits, as in `request_id` of a problem body.
    public var description: String {
        Base62.encode(high, width: Base62.fullWidth) + Base62.encode(low, width: Base62.fullWidth)
    }
}
