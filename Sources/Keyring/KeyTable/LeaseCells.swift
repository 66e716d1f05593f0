import Basics
import Synchronization

/// A leader's permission to answer from memory: until `expiry`, by states that include the log up
/// to `minIndex`.
public struct Lease: Hashable, Sendable {
    public var expiry: SteadyInstant
    public var minIndex: LogIndex

    public init(expiry: SteadyInstant, minIndex: LogIndex) {
        self.expiry = expiry
        self.minIndex = minIndex
    }
}

/// What the leases in force say about a state.
public struct LeaseStanding: Hashable, Sendable {
    /// Until when answers may be given by that state; past if never.
    public var usable: SteadyInstant
    /// Until when by any state, perhaps a later one.
    public var latest: SteadyInstant

    public init(usable: SteadyInstant, latest: SteadyInstant) {
        self.usable = usable
        self.latest = latest
    }
}

/// The few leases of a node, where every front thread reads them.
///
/// A lease is three words that only mean something together. The writer fills the copy that isn't
/// in force and then moves the version on: a reader begins anew only if two whole changes happened
/// while it read a few words.
struct LeaseCells {
    static let capacity = KeyTable.leaseLimit
    private static let leaseWords = 3
    private static let copyWords = leaseWords * capacity
    static let wordCount = 1 + 2 * copyWords

    let words: SharedWords

    /// No lease is in force.
    func clear() { store([]) }

    /// Puts these in force, in ascending order of their expiry.
    func store(_ leases: [Lease]) {
        precondition(leases.count <= LeaseCells.capacity, "more leases than are published")
        let version = words.load(0) &+ 1
        let copy = 1 + LeaseCells.copyWords * Int(version & 1)
        for position in 0..<LeaseCells.capacity {
            let lease =
                position < leases.count
                ? leases[position] : Lease(expiry: .past, minIndex: LogIndex(.max))
            let place = copy + LeaseCells.leaseWords * position
            words.publish(lease.expiry.running.bits, at: place)
            words.publish(lease.expiry.sinceBoot.bits, at: place + 1)
            words.publish(lease.minIndex.rawValue, at: place + 2)
        }
        words.publish(version, at: 0)
    }

    /// What the leases say about the state at `applied`.
    @inline(__always)
    func standing(at applied: LogIndex) -> LeaseStanding {
        while true {
            let version = words.acquire(0)
            var standing = LeaseStanding(usable: .past, latest: .past)
            var place = 1 + LeaseCells.copyWords * Int(version & 1)
            for _ in 0..<LeaseCells.capacity {
                let expiry = SteadyInstant(
                    running: Instant(bits: words.acquire(place)),
                    sinceBoot: Instant(bits: words.acquire(place + 1)))
                let minIndex = LogIndex(words.acquire(place + 2))
                // The cells behind it are empty as well.
                if expiry == .past { break }
                standing.latest = expiry
                if minIndex <= applied { standing.usable = expiry }
                place += LeaseCells.leaseWords
            }
            if words.load(0) == version { return standing }
        }
    }
}

extension Instant {
    @inline(__always)
    fileprivate var bits: UInt64 { UInt64(bitPattern: nanoseconds) }

    @inline(__always)
    fileprivate init(bits: UInt64) { self.init(nanoseconds: Int64(bitPattern: bits)) }
}
