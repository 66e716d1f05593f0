import Basics

/// A request that waits for a linearizable point: a query, or a change by a token that this node
/// doesn't know yet.
struct PendingRead {
    var request: ClientRequest
    var deadline: Instant
}

/// Requests that wait until this node's state reflects everything that had returned before they
/// came (Ongaro 2014, §6.4; a follower asks the leader for the read index).
///
/// All that arrive in one step share one round with the leader.
struct PendingReads {
    /// Not yet in a round, in arrival order.
    private var waiting: [PendingRead] = []
    /// Rounds under way, by the token given to Raft.
    private var rounds: [UInt64: [PendingRead]] = [:]
    /// Confirmed at an index that isn't applied yet, in rising order of index.
    private var confirmed: [(index: LogIndex, reads: [PendingRead])] = []
    private var nextToken: UInt64 = 1
    /// No waiting or unconfirmed read has an earlier deadline.
    private(set) var nextDeadline = Instant.never
    private(set) var count = 0
    /// What they take, by `ClientRequest.cost`.
    private(set) var bytes = 0
    /// After a round was lost none is begun before this.
    private var pausedUntil = Instant.zero

    /// When the next round is due; at the latest then something waits for `beginRound`.
    var nextRound: Instant { waiting.isEmpty ? .never : pausedUntil }

    mutating func insert(_ read: PendingRead) {
        waiting.append(read)
        nextDeadline = min(nextDeadline, read.deadline)
        count += 1
        bytes += read.request.cost
    }

    /// Makes a round of all that wait, and gives its token.
    mutating func beginRound() -> UInt64 {
        precondition(!waiting.isEmpty, "a round without reads")
        defer { nextToken &+= 1 }
        rounds[nextToken] = waiting
        waiting.removeAll(keepingCapacity: true)
        return nextToken
    }

    /// The round was confirmed: its reads may be answered from a state at or beyond `index`.
    mutating func confirm(_ token: UInt64, at index: LogIndex) {
        guard let reads = rounds.removeValue(forKey: token) else { return }
        let position = confirmed.firstIndex { $0.index > index } ?? confirmed.endIndex
        confirmed.insert((index, reads), at: position)
    }

    /// The round was lost, with its leader or otherwise; its reads wait for another, not before
    /// `instant`: whoever declined it would decline it again at once.
    mutating func fail(_ token: UInt64, until instant: Instant) {
        guard let reads = rounds.removeValue(forKey: token) else { return }
        waiting.append(contentsOf: reads)
        pausedUntil = instant
    }

    /// There is another leader to ask: the next round is due now.
    mutating func resume() { pausedUntil = .zero }

    /// Takes out the reads that the state applied up to `applied` may answer, in order.
    mutating func takeReady(applied: LogIndex) -> [ClientRequest] {
        var ready: [ClientRequest] = []
        while let first = confirmed.first, first.index <= applied {
            ready.append(contentsOf: first.reads.map(\.request))
            confirmed.removeFirst()
        }
        count -= ready.count
        bytes -= ready.reduce(0) { $0 + $1.cost }
        return ready
    }

    /// Takes out the reads whose deadline has come, wherever they are, in no round's order but
    /// that of the rounds' tokens.
    mutating func takeExpired(now: Instant) -> [ClientRequest] {
        guard nextDeadline <= now else { return [] }
        var expired: [ClientRequest] = []
        var earliest = Instant.never
        func split(_ reads: [PendingRead]) -> [PendingRead] {
            reads.filter { read in
                guard read.deadline <= now else {
                    earliest = min(earliest, read.deadline)
                    return true
                }
                expired.append(read.request)
                return false
            }
        }
        waiting = split(waiting)
        for token in rounds.keys.sorted() {
            rounds[token] = split(rounds[token] ?? [])
        }
        confirmed = confirmed.map { ($0.index, split($0.reads)) }
        nextDeadline = earliest
        count -= expired.count
        bytes -= expired.reduce(0) { $0 + $1.cost }
        return expired
    }
}
