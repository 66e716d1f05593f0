/// A number of credits: whole, 0 to 2^53 − 1, so that JSON holds it exactly.
public struct Credits: Comparable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt64

    public static let zero = Credits(clamping: 0)
    public static let maximum = Credits(clamping: .max)

    /// Nil beyond 2^53 − 1.
    public init?(_ rawValue: UInt64) {
        guard rawValue <= Bounds.credits else { return nil }
        self.rawValue = rawValue
    }

    public init(clamping rawValue: UInt64) { self.rawValue = min(rawValue, Bounds.credits) }

    public var description: String { String(rawValue) }

    @inlinable
    public static func < (left: Credits, right: Credits) -> Bool {
        left.rawValue < right.rawValue
    }

    /// What is left of `left` after `right`; nothing if that is more.
    public static func - (left: Credits, right: Credits) -> Credits {
        Credits(clamping: left < right ? 0 : left.rawValue - right.rawValue)
    }
}

/// How long an allowance lasts. Days and months are those of UTC.
public enum Period: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    /// For ever: the allowance is for the user's lifetime.
    case none = 0
    case day = 1
    case month = 2

    public init?(text: String) {
        guard let period = Period.allCases.first(where: { $0.text.utf8.elementsEqual(text.utf8) })
        else { return nil }
        self = period
    }

    public var text: String {
        switch self {
        case .none: "none"
        case .day: "day"
        case .month: "month"
        }
    }

    public var description: String { text }
}
