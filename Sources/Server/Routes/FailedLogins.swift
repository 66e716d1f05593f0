import Basics

/// Who has lately presented management tokens that nobody has: each costs the cluster a round of
/// messages, so an address gets a hundred at once and ten a second from then on.
///
/// Counted narrowly: a text without good check digits is refused where it is read, costs the
/// cluster nothing and doesn't count; and each front thread counts for itself, so that an address
/// with many connections gets as many times more as a node has threads.
///
/// Laws: bounded memory; an address that presents a good token is never held up, since a token
/// that this node knows isn't asked about here. Two addresses may share a place, and then the
/// newer one's count begins anew: the bound is a courtesy to the cluster, not a lock on a door
/// (a token has 178 random bits).
struct FailedLogins: Sendable {
    static let burst: Int64 = 100
    static let interval = Duration.milliseconds(100)
    private static let placeCount = 1 << 10

    private struct Place: Sendable {
        var origin: UInt64 = 0
        /// When all of the failures are forgiven: each adds an interval.
        var forgivenAt = Instant(nanoseconds: .min)
    }

    private var places = [Place](repeating: Place(), count: placeCount)

    /// Whether the address has to wait. Zero is nobody in particular, who never has to.
    func holds(_ origin: UInt64, now: Instant) -> Bool {
        let place = places[FailedLogins.position(of: origin)]
        guard origin != 0, place.origin == origin else { return false }
        return place.forgivenAt > now + FailedLogins.interval * (FailedLogins.burst - 1)
    }

    mutating func note(_ origin: UInt64, now: Instant) {
        guard origin != 0 else { return }
        let position = FailedLogins.position(of: origin)
        if places[position].origin != origin { places[position] = Place(origin: origin) }
        let start = max(places[position].forgivenAt, now)
        places[position].forgivenAt = start + FailedLogins.interval
    }

    /// Neighbouring addresses are spread over the places.
    private static func position(of origin: UInt64) -> Int {
        Int((origin &* 0x9E37_79B9_7F4A_7C15) >> 54)
    }
}
