import Basics
import Keyring

/// What a leader knows, in one term, of the leases that others may hold, and which changes are
/// therefore done: the heart of "revoked means revoked".
///
/// A node answers from its own memory while it holds a lease. A change of a key's or a token's
/// state may be reported as done only when no node can answer by an older state, ever again. So
/// the leader knows, of each node, until when a lease may live, and how far it has taken in the
/// log; a node blocks whatever an entry touches from the moment at which it has the entry.
///
/// Laws, in the order of an entry's life. Each of them was found necessary by an exhaustive search
/// of a small model; without it there is a history in which a revoked key is accepted.
///
/// 1. *A lease begins before it is asked for.* It ends L after both clocks of the holder were read,
///    and these were read before the request was sent (``LeaseHolder``).
/// 2. *A lease is granted by a leader that still leads.* A request noted at `r` is granted once a
///    round that began after `r` has been answered by a majority of voters in the leader's term.
/// 3. *A lease's least index* is that of the newest key-state entry in the leader's whole log,
///    uncommitted ones included: the holder answers nothing by an older state. Or that of the
///    newest entry applied at which time ended a key, if that is newer
///    (`Node.leastLeasedState`): nobody waits for such an end, but a lease's length after it the
///    key is accepted nowhere.
/// 4. *The deadline is noted first*: before a grant leaves, the leader notes that its receiver may
///    hold a lease until `r` + W. W exceeds L by what two clocks may differ.
/// 5. *A node blocks before it reports.* It says that it has seen the log up to an index only when
///    all that the entries touch is blocked, and only of what its leader's messages covered. Only
///    reports of the leader's own term count.
/// 6. *An entry is done* when it is committed and each node of the roster but the leader either has
///    seen it, or can hold no lease from before it: W has passed since the entry was appended, or
///    the node's deadline has passed and so has W since this leader's election.
/// 7. *A new leader waits out its predecessors' leases*: it begins without deadlines or reports,
///    and takes what it found in its log as appended when it was elected.
/// 8. *Who may hold a lease is waited for*: the roster has every member of any configuration in the
///    log, and those removed until W after their removal was committed and appended.
/// 9. *Nothing of a lease outlives its process.*
///
/// **Why that is enough.** Let B report entry `i` done, and let a node answer afterwards by a lease
/// that A granted, from a state without `i`; so the lease's least index is below `i`.
/// If A's term is *later* than B's, A's log holds `i` (it is committed), so its leases are for
/// states with `i`: a contradiction. If it is *the same*, A is B. A lease granted after `i` was
/// appended is for states with `i`; for one granted before, B waited until the node had seen `i`,
/// and so blocks what it touches, or until every such lease had ended. If it is *earlier*, the
/// round that confirmed A began after the holder read its clock, and a majority answered it in A's
/// term; one of these voted for B later. So the lease began before B's election, and B waited
/// until W after that, or until the node had seen `i`.
///
/// **What is assumed.** That the clocks of two machines run at rates that differ by at most 2 %:
/// quartz is a hundred times better, and the clocks used are those that no time daemon slews.
/// Whether they show the same time doesn't matter, nor how long a message or a process takes. Not
/// covered is a virtual machine that is frozen *together with its clocks* (a snapshot that is taken
/// and resumed): when it goes on it believes that no time has passed, and may answer for the rest
/// of its last lease, at most L. Suspending a machine is covered, and so is stopping a process. Who
/// can't accept this sets the lease to zero: then every answer is confirmed by the leader. Nor is
/// a forced recovery (``ForcedRecovery``) covered: nobody in the new cluster knows of the leases of
/// the old one's nodes, so W must have passed since the last of them was stopped.
struct LeaseLedger: Sendable {
    /// What is known of one node.
    private struct Line: Sendable {
        var node: NodeID
        /// Until then it may hold a lease of this leader. Zero before the first.
        var deadline = Instant.zero
        /// When its request for the newest lease came.
        var requested: Instant?
        /// The oldest state that it may answer by with that lease.
        var minIndex = LogIndex.zero
        /// All up to here is in its log, and what that touches is blocked.
        var seen = LogIndex.zero
        /// It has applied the log up to here.
        var applied = LogIndex.zero
    }

    private struct Request: Sendable {
        var node: NodeID
        var nonce: LeaseNonce
        var received: Instant
        /// The first round that was begun after it.
        var round: UInt64
    }

    private struct Appended: Sendable {
        var index: LogIndex
        var at: Instant
        /// When it was found safe; nil before.
        var passed: Instant?
    }

    /// A permission to answer, about to be sent.
    struct Grant: Hashable, Sendable {
        var node: NodeID
        var nonce: LeaseNonce
        var minIndex: LogIndex
    }

    let term: Term
    /// The leader itself, which isn't waited for: it leads.
    let leader: NodeID
    let elected: Instant
    private var lines: [Line] = []
    /// In the order of their coming.
    private var requests: Ring<Request> = []
    /// Key-state entries that are younger than the leader's patience, oldest first.
    private var young: Ring<Appended> = []
    /// The newest that is older.
    private var aged = LogIndex.zero
    /// Those that aren't done, in log order.
    private var undone: Ring<Appended> = []
    /// How many of them, the first ones, no node can answer against any more: these wait only for
    /// courtesy.
    private var safe = 0
    /// Nodes whose removal is committed, and since when this leader knows it.
    private var removals: [(node: NodeID, since: Instant)] = []

    /// Open requests of one node beyond this aren't taken.
    private static let requestLimit = 16

    /// The ledger of a term that begins now.
    ///
    /// - Parameters:
    ///   - newest: the newest key-state entry in the log; zero if there never was one.
    ///   - done: this node knows from earlier terms that all up to here are done.
    init(term: Term, leader: NodeID, elected: Instant, newest: LogIndex, done: LogIndex) {
        self.term = term
        self.leader = leader
        self.elected = elected
        guard newest > .zero else { return }
        let inherited = Appended(index: newest, at: elected)
        young.append(inherited)
        if newest > done { undone.append(inherited) }
    }

    private func line(of node: NodeID) -> Line {
        lines.first { $0.node == node } ?? Line(node: node)
    }

    private mutating func change(_ node: NodeID, _ body: (inout Line) -> Void) {
        if let position = lines.firstIndex(where: { $0.node == node }) {
            body(&lines[position])
        } else {
            var line = Line(node: node)
            body(&line)
            lines.append(line)
        }
    }

    // MARK: What happens

    /// A key-state entry was appended to the log.
    mutating func noteAppended(_ index: LogIndex, now: Instant) {
        // Nobody may ask for a lease, and the young would be kept for ever.
        age(now: now)
        young.append(Appended(index: index, at: now))
        undone.append(Appended(index: index, at: now))
    }

    /// How many key-state entries are known to be younger than the leader's patience.
    var youngCount: Int { young.count }

    /// Lets go of the young that aren't any more.
    private mutating func age(now: Instant) {
        while let first = young.first, first.at + LeaseTimes.patience <= now {
            aged = first.index
            young.removeFirst()
        }
    }

    /// A node says that it has the log up to here, and blocks what that touches.
    mutating func noteSeen(_ index: LogIndex, by node: NodeID) {
        change(node) { $0.seen = max($0.seen, index) }
    }

    /// A node says that it has applied the log up to here.
    mutating func noteApplied(_ index: LogIndex, by node: NodeID) {
        change(node) { $0.applied = max($0.applied, index) }
    }

    /// A node asks for a lease; `round` is the first that will begin after this.
    mutating func note(
        _ nonce: LeaseNonce, from node: NodeID, round: UInt64, now: Instant, _ roster: LeaseRoster,
        _ times: LeaseTimes
    ) {
        guard roster.eligible.contains(node), isAbreast(node, now: now) else { return }
        while let first = requests.first, first.received + times.duration <= now {
            requests.removeFirst()
        }
        guard requests.count(where: { $0.node == node }) < LeaseLedger.requestLimit else { return }
        #if MUTANTS
        let round = PlantedBug.isOn(.leaseWithoutRound) ? 0 : round
        #endif
        requests.append(Request(node: node, nonce: nonce, received: now, round: round))
    }

    /// Whether the node takes in key-state entries in time.
    private mutating func isAbreast(_ node: NodeID, now: Instant) -> Bool {
        age(now: now)
        return node == leader || line(of: node).seen >= aged
    }

    // MARK: Grants

    /// Grants what the rounds answered by a majority allow, and notes until when each may last.
    ///
    /// - Parameters:
    ///   - round: the newest that a majority of voters has answered in this term.
    ///   - minIndex: the newest key-state entry in the whole log, as it is now.
    mutating func grant(
        confirmed round: UInt64, minIndex: LogIndex, now: Instant, _ roster: LeaseRoster,
        _ times: LeaseTimes
    ) -> [Grant] {
        var grants: [Grant] = []
        while let first = requests.first, first.round <= round {
            requests.removeFirst()
            // A lease that has ended when it comes helps nobody.
            guard roster.eligible.contains(first.node), now < first.received + times.duration
            else { continue }
            change(first.node) {
                $0.deadline = max($0.deadline, first.received + times.wait)
                $0.requested = max($0.requested ?? .zero, first.received)
                $0.minIndex = minIndex
            }
            grants.append(Grant(node: first.node, nonce: first.nonce, minIndex: minIndex))
        }
        return grants
    }

    /// How far the node is believed to have taken in the log.
    func seen(by node: NodeID) -> LogIndex { line(of: node).seen }

    /// Whether a request waits for a round.
    var hasRequests: Bool { !requests.isEmpty }

    /// What was granted last, to each that was granted anything.
    var granted: [LeaseGrants.Receipt] {
        lines.compactMap { line in
            line.requested.map {
                LeaseGrants.Receipt(node: line.node, requested: $0, minIndex: line.minIndex)
            }
        }
    }

    /// How long the node's newest lease may still last; zero if it holds none of this leader's.
    func remaining(of node: NodeID, now: Instant, _ times: LeaseTimes) -> Duration {
        guard let requested = line(of: node).requested else { return .zero }
        return max(.zero, requested + times.duration - now)
    }

    // MARK: What is done

    /// Whether anything waits to be done.
    var hasUndone: Bool { !undone.isEmpty }

    /// The newest entry found done by this call; nil if none was.
    mutating func finish(
        committed: LogIndex, now: Instant, _ roster: LeaseRoster, _ times: LeaseTimes
    ) -> LogIndex? {
        // All of them first: what is waited for beyond that is waited for by all at once.
        while safe < undone.count, undone[safe].index <= committed,
            roster.awaited.allSatisfy({ isSafe(undone[safe], $0, now: now, times) })
        {
            undone[safe].passed = now
            safe += 1
        }
        var newest: LogIndex?
        while safe > 0, let first = undone.first, isCourteous(first, now: now, roster) {
            newest = first.index
            undone.removeFirst()
            safe -= 1
        }
        return newest
    }

    /// Whether the node can't answer by a state older than the entry.
    private func isSafe(
        _ entry: Appended, _ node: NodeID, now: Instant, _ times: LeaseTimes
    ) -> Bool {
        node == leader || line(of: node).seen >= entry.index
            || now >= safeTime(entry, node, times)
    }

    /// When the node's leases from before the entry have ended, whatever it does.
    private func safeTime(_ entry: Appended, _ node: NodeID, _ times: LeaseTimes) -> Instant {
        #if MUTANTS
        if PlantedBug.isOn(.oldLeasesForgotten) {
            return min(entry.at + times.wait, line(of: node).deadline)
        }
        #endif
        let ended = max(line(of: node).deadline, elected + times.wait)
        return min(entry.at + times.wait, ended)
    }

    /// Whether the lease holders have applied the entry as well, or were waited for long enough.
    private func isCourteous(_ entry: Appended, now: Instant, _ roster: LeaseRoster) -> Bool {
        if let passed = entry.passed, now >= passed + LeaseTimes.courtesy { return true }
        return roster.eligible.allSatisfy { node in
            let line = line(of: node)
            return node == leader || line.deadline <= now || line.applied >= entry.index
        }
    }

    /// Which of the nodes whose removal is committed can't hold a lease any more: W has passed
    /// since this leader knows of it, and so since its election and since the removal was appended.
    /// From then on, if that is written into the log, the roster needn't have them.
    mutating func drained(
        among removed: [NodeID], now: Instant, _ times: LeaseTimes
    ) -> [NodeID] {
        #if MUTANTS
        if PlantedBug.isOn(.drainedTooEarly) { return removed }
        #endif
        removals.removeAll { !removed.contains($0.node) }
        for node in removed where !removals.contains(where: { $0.node == node }) {
            removals.append((node, now))
        }
        return removals.filter { $0.since + times.wait <= now }.map(\.node)
    }

    /// When another of those removed will be drained; never if none is left that isn't.
    func nextDrain(after now: Instant, _ times: LeaseTimes) -> Instant {
        removals.map { $0.since + times.wait }.filter { $0 > now }.min() ?? .never
    }

    /// When `finish` may have something to tell though nothing happens.
    func nextDeadline(
        committed: LogIndex, _ roster: LeaseRoster, _ times: LeaseTimes
    ) -> Instant {
        let courtesyEnd = undone.first?.passed.map { $0 + LeaseTimes.courtesy } ?? .never
        guard safe < undone.count, undone[safe].index <= committed else { return courtesyEnd }
        let next = undone[safe]
        var latest = Instant.zero
        for node in roster.awaited where node != leader && line(of: node).seen < next.index {
            latest = max(latest, safeTime(next, node, times))
        }
        return min(courtesyEnd, latest)
    }
}
