import Basics
import Keyring

/// A node's leases, and what it has asked for. Nothing of it outlives the process.
///
/// Laws:
/// - A lease ends L after its request, by either clock, as they were read before the request was
///   sent; when the grant came doesn't matter.
/// - A grant counts only for a request that is still open, and once.
/// - `leases` ascend in expiry and in least index: none is as good as another in both.
/// - A lease may be dropped at any time.
struct LeaseHolder: Sendable {
    private struct Request: Sendable {
        var nonce: LeaseNonce
        /// Read before it was sent.
        var asked: SteadyInstant
    }

    /// Oldest first.
    private var open: Ring<Request> = []
    private(set) var leases: [Lease] = []
    /// When to ask again.
    private(set) var nextRequest = Instant.zero

    /// Requests beyond this are forgotten, oldest first: as many as are sent during a lease, and
    /// more.
    private static let openLimit = 16

    /// A request is about to be sent. `now` was read before.
    mutating func ask(_ nonce: LeaseNonce, now: SteadyInstant, _ times: LeaseTimes) {
        while let first = open.first, !now.precedes(first.asked + times.duration) {
            open.removeFirst()
        }
        if open.count == LeaseHolder.openLimit { open.removeFirst() }
        #if MUTANTS
        if PlantedBug.isOn(.nonceUsedTwice), open.last?.nonce == nonce { open.removeLast() }
        #endif
        open.append(Request(nonce: nonce, asked: now))
        nextRequest = now.running + times.renewal
    }

    /// There is another leader or another link: the next request is due now.
    mutating func hasten() { nextRequest = .zero }

    /// A grant came, of whatever term.
    mutating func take(
        _ nonce: LeaseNonce, minIndex: LogIndex, applied: LogIndex, now: SteadyInstant,
        _ times: LeaseTimes
    ) {
        guard let position = open.firstIndex(where: { $0.nonce == nonce }) else { return }
        let asked = open[position].asked
        // What was asked before is worth less, if it is granted at all.
        open.removeFirst(position + 1)
        var lease = Lease(expiry: asked + times.duration, minIndex: minIndex)
        #if MUTANTS
        if PlantedBug.isOn(.laggingNodeAnswers) { lease.minIndex = .zero }
        if PlantedBug.isOn(.leaseFromGrant) { lease.expiry = now + times.duration }
        #endif
        leases.removeAll { !now.precedes($0.expiry) || $0.isNoBetter(than: lease) }
        guard now.precedes(lease.expiry), !leases.contains(where: { lease.isNoBetter(than: $0) })
        else { return }
        let place = leases.firstIndex { $0.expiry.running > lease.expiry.running }
        leases.insert(lease, at: place ?? leases.endIndex)
        if leases.count > KeyTable.leaseLimit { dropOne(applied: applied) }
    }

    /// Drops the first if the second will do for every answer, else the last but one: with the
    /// first ones the node answers as soon as it has applied a little more, with the last longest.
    private mutating func dropOne(applied: LogIndex) {
        leases.remove(at: leases[1].minIndex <= applied ? 0 : leases.count - 2)
    }

    /// By no lease is a state older than the one at `index` answered any more.
    mutating func raise(to index: LogIndex) {
        var raised: [Lease] = []
        for var lease in leases {
            lease.minIndex = max(lease.minIndex, index)
            raised.removeAll { $0.isNoBetter(than: lease) }
            raised.append(lease)
        }
        leases = raised
    }

    /// A lease lasts so much less than before.
    mutating func shorten(by less: Duration) {
        for position in leases.indices {
            leases[position].expiry = leases[position].expiry + (.zero - less)
        }
    }

    /// No answer is given by a lease any more.
    mutating func dropAll() {
        leases.removeAll()
        open.removeAll()
    }

    #if MUTANTS
    mutating func takeOver(_ kept: [Lease]) { leases = kept }
    var newestNonce: LeaseNonce? { open.last?.nonce }
    #endif

    /// Until when answers may be given by the state at `applied`; past if never.
    func expiry(at applied: LogIndex) -> SteadyInstant {
        leases.last { $0.minIndex <= applied }?.expiry ?? .past
    }
}

extension Lease {
    fileprivate func isNoBetter(than other: Lease) -> Bool {
        expiry.running <= other.expiry.running && expiry.sinceBoot <= other.expiry.sinceBoot
            && minIndex >= other.minIndex
    }
}
