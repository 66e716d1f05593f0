/// A Raft term (Ongaro 2014, §3.4). Zero is the term before the first election.
///
/// The three numbers of this file are shared by modules that may not know each other
/// (`Consensus`, `Journal`, `Keyring`); distinct types so that two bare integers never meet in
/// one signature.
public struct Term: Comparable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64

    @inlinable
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    public static let zero = Term(0)

    @inlinable
    public static func < (left: Term, right: Term) -> Bool { left.rawValue < right.rawValue }

    /// The next term; a term can't run out (2^64 elections).
    @inlinable
    public var next: Term { Term(rawValue &+ 1) }

    public var description: String { String(rawValue) }
}

/// The position of an entry in the replicated log. The first entry has index 1; zero is the
/// position before it.
public struct LogIndex: Comparable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64

    @inlinable
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    public static let zero = LogIndex(0)

    @inlinable
    public static func < (left: LogIndex, right: LogIndex) -> Bool {
        left.rawValue < right.rawValue
    }

    @inlinable
    public static func + (left: LogIndex, count: Int) -> LogIndex {
        LogIndex(left.rawValue &+ UInt64(count))
    }

    /// The number of entries after `right`, up to and including `left`. Requires `right <= left`.
    @inlinable
    public static func - (left: LogIndex, right: LogIndex) -> Int {
        precondition(right <= left, "distance between log indices is negative")
        return Int(left.rawValue &- right.rawValue)
    }

    @inlinable
    public var next: LogIndex { LogIndex(rawValue &+ 1) }

    /// The position before this one. Requires an index above zero.
    @inlinable
    public var previous: LogIndex {
        precondition(rawValue > 0, "nothing precedes log index 0")
        return LogIndex(rawValue &- 1)
    }

    public var description: String { String(rawValue) }
}

/// The identity of a cluster member, for ever: an id is never given to another node.
///
/// Its text, in configuration files, on the command line and in `X-Keyclave-Node`, is `n` and the
/// number, as in `n1`.
public struct NodeID: Comparable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt32

    @inlinable
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// Reads the text form; nil for anything but `n` and a number from 1 to 2^32−1 without
    /// leading zeroes.
    public init?(text: String) {
        guard text.utf8.first == UInt8(ascii: "n"), let number = UInt32(text.dropFirst()),
            number > 0, String(number) == text.dropFirst()
        else { return nil }
        self.init(number)
    }

    @inlinable
    public static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }

    public var description: String { "n\(rawValue)" }
}
