import Basics
import Consensus
import Keyring
import Replica

/// Something noteworthy that happened in a run.
public enum TraceEvent: Sendable {
    case fault(Fault)
    case started(NodeID)
    case ended(NodeID, losingPower: Bool)
    /// The node can't come back, and why.
    case lost(NodeID, String)
    /// The node ended its own process, with this line.
    case fatal(NodeID, String)
    case event(NodeID, NodeEvent)
    case sent(from: NodeID, to: NodeID, bytes: Int)
    /// A client, by its name, asked a node; and was answered, or gave up.
    case asked(String, NodeID, String)
    case answered(String, NodeID?, String)
    /// The first node applied the entry.
    case committed(LogIndex, Term, String)
}

/// What happened in a run, in the order in which it did.
public struct Trace: Sendable {
    public struct Item: Sendable {
        public var time: Instant
        public var event: TraceEvent
    }

    public private(set) var items: [Item] = []

    mutating func note(_ event: TraceEvent, at time: Instant) {
        items.append(Item(time: time, event: event))
    }

    mutating func noteSent(_ bytes: [UInt8], _ direction: Network.Direction, at time: Instant) {
        note(.sent(from: direction.from, to: direction.to, bytes: bytes.count), at: time)
    }
}

/// A hash of everything that happens, cheap enough to be kept in every run: equal in equal runs, in
/// every build and process.
struct RollingHash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325
    /// The hash at each whole second of virtual time: the first that differs tells when two runs
    /// parted.
    private(set) var seconds: [UInt64] = []

    mutating func mix(_ word: UInt64) {
        value = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
        value ^= value >> 29
    }

    mutating func mix(_ bytes: [UInt8]) {
        mix(UInt64(bytes.count))
        var word: UInt64 = 0
        // The first bytes are of a header that authenticates the rest.
        for byte in bytes.prefix(128) {
            word = word &* 257 &+ UInt64(byte)
        }
        mix(word)
    }

    mutating func advance(to time: Instant) {
        while Int64(seconds.count + 1) * 1_000_000_000 <= time.nanoseconds { seconds.append(value) }
        mix(UInt64(bitPattern: time.nanoseconds))
    }
}
