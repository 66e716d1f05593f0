import Basics

/// What an entry of the log is for. The codes are written to disk and to peers and never change.
public enum EntryKind: UInt8, Hashable, Sendable, CaseIterable {
    /// Opens a leader's term; applying it changes nothing (Ongaro 2014, §6.4).
    case noop = 0
    /// A command of the state machine, opaque here.
    case command = 1
    /// Carries nothing but its time, so that what expires does so without traffic.
    case tick = 2
    /// The members from here on, a `ConfigurationRecord`: in force as soon as it is appended.
    case configuration = 3
}

/// One entry of the replicated log.
///
/// Term and index together name an entry: two logs that hold the same pair hold the same entry,
/// and the same entries before it (log matching, Ongaro 2014, §3.5).
public struct Entry: Hashable, Sendable {
    public var term: Term
    public var index: LogIndex
    /// Log time, stamped by the leader that appended the entry; never decreases along the log.
    public var time: Timestamp
    public var kind: EntryKind
    public var payload: [UInt8]

    public init(
        term: Term, index: LogIndex, time: Timestamp, kind: EntryKind, payload: [UInt8] = []
    ) {
        self.term = term
        self.index = index
        self.time = time
        self.kind = kind
        self.payload = payload
    }

    /// Most bytes that a payload may have, in memory, in a message and on disk. Whoever writes
    /// entries down takes any that this allows.
    public static let payloadLimit = 2 << 20

    /// What an entry costs beside its payload, in memory and on the wire, roughly, in bytes.
    public static let overhead = 64

    /// The size by which windows and limits count the entry, in bytes.
    @inlinable
    public var cost: Int { payload.count + Entry.overhead }
}

/// A place in some log: the term of the entry there and its index. Ordered as logs are when a
/// vote is asked for: by term first, then by index (Ongaro 2014, §3.6.1).
public struct LogPosition: Comparable, Hashable, Sendable, CustomStringConvertible {
    public var term: Term
    public var index: LogIndex

    public init(term: Term, index: LogIndex) {
        self.term = term
        self.index = index
    }

    /// Before the first entry.
    public static let start = LogPosition(term: .zero, index: .zero)

    public static func < (left: LogPosition, right: LogPosition) -> Bool {
        (left.term, left.index) < (right.term, right.index)
    }

    public var description: String { "\(term)/\(index)" }
}
