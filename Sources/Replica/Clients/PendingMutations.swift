import Basics
import Keyring

/// A change or charge of one of this node's clients that has no outcome yet.
struct PendingMutation {
    var waiters: Waiters
    var requestID: RequestID
    /// The encoded envelope: every attempt sends the same bytes.
    var envelope: [UInt8]
    var deadline: Instant
    /// How often it was handed to a leader, this node or another. Until the first time it can't be
    /// in any log, and no outcome is a failure; from then on it is an unknown.
    var attempts = 0
    /// When it was handed over last; nil while it is in the outbox.
    var handedOver: Instant?
}

/// The changes and charges of this node's clients that have no outcome yet, oldest first.
///
/// A request is handed over again, under the same id, whenever the leader may have lost it; the
/// replicated record of that id makes the attempts one. What isn't known stays unknown: a request
/// handed over once is never reported as failed.
struct PendingMutations {
    private var table: [RequestID: PendingMutation] = [:]
    /// Arrival order, which is deadline order: every deadline is as far ahead. Ids whose request
    /// has ended stay until they come to the front.
    private var arrivals = Ring<RequestID>()
    /// Ids to hand over, in arrival order.
    private var outbox: [RequestID] = []
    /// No request in `handedOver` is older than this.
    private(set) var oldestHandOver = Instant.never

    /// Bytes of the envelopes that wait.
    private(set) var bytes = 0
    /// How many requests wait, with what the node itself asked for.
    private(set) var count = 0

    var hasOutbox: Bool { !outbox.isEmpty }

    mutating func insert(_ mutation: PendingMutation) {
        #if MUTANTS
        var mutation = mutation
        if PlantedBug.isOn(.waitingForever) { mutation.deadline = .never }
        #endif
        precondition(table[mutation.requestID] == nil, "a request id was drawn twice")
        table[mutation.requestID] = mutation
        bytes += mutation.envelope.count
        count += mutation.waiters.count
        arrivals.append(mutation.requestID)
        outbox.append(mutation.requestID)
    }

    private mutating func remove(_ requestID: RequestID) -> PendingMutation? {
        guard let mutation = table.removeValue(forKey: requestID) else { return nil }
        bytes -= mutation.envelope.count
        count -= mutation.waiters.count
        return mutation
    }

    /// Takes out the request that the entry just applied answers, if it is one of this node's.
    mutating func take(_ requestID: RequestID) -> PendingMutation? {
        guard let mutation = remove(requestID) else { return nil }
        while let first = arrivals.first, table[first] == nil { arrivals.removeFirst() }
        return mutation
    }

    /// Takes out the requests for which `outcome` finds one, in arrival order.
    mutating func takeAll(
        where outcome: (PendingMutation) -> Outcome?
    ) -> [(PendingMutation, Outcome)] {
        arrivals.compactMap { requestID in
            guard let mutation = table[requestID], let outcome = outcome(mutation) else {
                return nil
            }
            _ = remove(requestID)
            return (mutation, outcome)
        }
    }

    /// Takes out a request that was handed over only once and declined then: it is in no log.
    mutating func takeDeclined(_ requestID: RequestID) -> PendingMutation? {
        guard table[requestID]?.attempts == 1 else { return nil }
        return remove(requestID)
    }

    /// The envelopes to hand over now, in arrival order, and marks them so.
    mutating func drainOutbox(now: Instant) -> [[UInt8]] {
        var envelopes: [[UInt8]] = []
        envelopes.reserveCapacity(outbox.count)
        for requestID in outbox {
            guard var mutation = table[requestID], mutation.handedOver == nil else { continue }
            mutation.handedOver = now
            mutation.attempts += 1
            table[requestID] = mutation
            envelopes.append(mutation.envelope)
        }
        outbox.removeAll(keepingCapacity: true)
        if !envelopes.isEmpty { oldestHandOver = min(oldestHandOver, now) }
        return envelopes
    }

    /// Puts everything that was handed over at or before `limit` back into the outbox: its leader
    /// may have lost it.
    mutating func handOverAgain(since limit: Instant) {
        var earliest = Instant.never
        for requestID in arrivals {
            guard let handedOver = table[requestID]?.handedOver else { continue }
            if handedOver <= limit {
                table[requestID]?.handedOver = nil
                outbox.append(requestID)
            } else {
                earliest = min(earliest, handedOver)
            }
        }
        oldestHandOver = earliest
    }

    /// The requests whose deadline has come, oldest first.
    mutating func takeExpired(now: Instant) -> [PendingMutation] {
        var expired: [PendingMutation] = []
        while let requestID = arrivals.first {
            if let mutation = table[requestID] {
                guard mutation.deadline <= now else { break }
                _ = remove(requestID)
                expired.append(mutation)
            }
            arrivals.removeFirst()
        }
        return expired
    }

    /// Every pending request has its place in the order of deadlines, and is counted.
    var isConsistent: Bool {
        let ordered = arrivals.compactMap { table[$0] }
        return ordered.count == table.count
            && ordered.reduce(0) { $0 + $1.envelope.count } == bytes
            && ordered.reduce(0) { $0 + $1.waiters.count } == count
    }

    /// When `takeExpired` will have something.
    var nextDeadline: Instant {
        for requestID in arrivals {
            if let mutation = table[requestID] { return mutation.deadline }
        }
        return .never
    }
}
