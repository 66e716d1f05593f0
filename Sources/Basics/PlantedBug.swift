#if MUTANTS
/// A deliberate bug, to prove that the simulator's checkers would find it.
///
/// Each is a hook at the place in the real code where somebody could have made the mistake. Hooks
/// are compiled under `MUTANTS` alone: the shipped program holds neither them nor these names.
public enum PlantedBug: String, CaseIterable, Sendable {
    /// The hook that changes nothing: the control that no checker may object to.
    case nothing

    // MARK: Elections

    /// A vote leaves at once instead of when the disk has it.
    case voteBeforeDurable = "vote-before-durable"
    /// Any candidate gets a vote, whatever its log lacks.
    case noLogCheckInVotes = "no-log-check-in-votes"
    /// Half of the voters count as a majority.
    case quorumTooSmall = "quorum-too-small"
    /// A vote for an earlier term counts for the present one.
    case votesAcrossTerms = "votes-across-terms"
    /// The answer to a pre-vote counts as a vote.
    case preVoteCounted = "pre-vote-counted"
    /// A node that may have lost the end of its log votes as if it were whole.
    case doubtfulVotes = "doubtful-votes"
    /// A node that came back without the memory of its votes is let in.
    case incarnationUnchecked = "incarnation-unchecked"

    // MARK: Replication

    /// An entry of an earlier term is committed as soon as a majority holds it.
    case olderTermsCounted = "older-terms-counted"
    /// A follower commits its own tail, which no message of the leader covered.
    case commitBeyondMessage = "commit-beyond-message"
    /// A follower removes what stands behind a message's first entry, conflict or none.
    case truncationWithoutConflict = "truncation-without-conflict"
    /// A follower acknowledges entries that its disk doesn't hold yet.
    case acknowledgementBeforeSync = "acknowledgement-before-sync"
    /// A follower that lost what it had acknowledged is told that it has it all again.
    case repairedTooEarly = "repaired-too-early"
    /// The leader answers reads without asking whether it still leads.
    case readWithoutRound = "read-without-round"
    /// A new leader answers before it knows what its predecessors committed.
    case readBeforeOpening = "read-before-opening"

    // MARK: Members

    /// A change of the members begins before the last is committed, and before anything of this
    /// leader's term is.
    case manyMembershipChanges = "many-membership-changes"
    /// The voters that a change brings or takes count only once it is committed.
    case configurationAtCommit = "configuration-at-commit"

    // MARK: Disk

    /// The journal's writes are reported durable without a sync.
    case syncSkipped = "sync-skipped"
    /// A failed write or sync is taken for a good one.
    case syncErrorIgnored = "sync-error-ignored"
    /// Recovery takes any bad record for the end of the log.
    case recoveryCutsAtFirstBad = "recovery-cuts-at-first-bad"
    /// Term and vote are written over the only good copy.
    case hardStateInPlace = "hard-state-in-place"
    /// A snapshot is put in place, and the log cut, before its bytes are on the disk.
    case snapshotUnsynced = "snapshot-unsynced"

    // MARK: State

    /// The records of UUIDs answered are missing from snapshots.
    case snapshotWithoutRecords = "snapshot-without-records"
    /// The journal is never cut, whatever snapshots cover.
    case journalNeverCut = "journal-never-cut"
    /// A snapshot's state believes to be one entry older than it is.
    case snapshotIndexBehind = "snapshot-index-behind"
    /// What was answered under an id is known to the leader that answered and to none after it.
    case duplicatesInMemory = "duplicates-in-memory"
    /// The limit is checked when a charge is proposed, and not when it is applied.
    case limitAtDoor = "limit-at-door"
    /// The cap of active keys is checked when a change is proposed, and not when it is applied.
    case keyCapAtDoor = "key-cap-at-door"
    /// Several charges of one request are decided in an order of the node's own. A hash table
    /// would do that, but all nodes of a simulation share a process and so its hashes' seed:
    /// hence a salt for each state.
    case hashOrder = "hash-order"
    /// A hold can be settled for more than it holds.
    case settleAboveHold = "settle-above-hold"
    /// A hold goes on counting in the periods after the one in which it was placed.
    case holdCountedInTwoPeriods = "hold-counted-in-two-periods"
    /// A charge or hold must fit the user's limit, and not the account's pool.
    case poolIgnored = "pool-ignored"
    /// What a removed user held isn't given back to the account's pool.
    case removedHoldsInPool = "removed-holds-in-pool"
    /// Holds are missing from snapshots.
    case snapshotWithoutHolds = "snapshot-without-holds"
    /// Of an import that is refused the keys without fault are taken over.
    case importInPart = "import-in-part"

    // MARK: Rotation and expiry

    /// Time doesn't end the grace of a rotation.
    case graceNeverEnds = "grace-never-ends"
    /// Revoking, switching off or rotating a key leaves the one before it to its grace.
    case graceOutlivesSuccessor = "grace-outlives-successor"
    /// Retiring keys don't count against the cap of active keys.
    case retiringNotCounted = "retiring-not-counted"
    /// A key in its grace isn't blocked by what touches its successor and so ends it.
    case predecessorUnblocked = "predecessor-unblocked"
    /// A lease is for states from before an expiry or the end of a grace.
    case leaseBeforeLapse = "lease-before-lapse"

    // MARK: Answers

    /// The leader tells the outcome when it has appended the request, decided on its own
    /// uncommitted log.
    case successAtAppend = "success-at-append"
    /// A change returns when it is committed and applied where it was asked for; nobody else is
    /// waited for.
    case revocationAtCommit = "revocation-at-commit"
    /// A change that changes nothing, such as revoking the revoked, returns at once, though the
    /// change before it may not hold everywhere yet.
    case repeatedChangeEarly = "repeated-change-early"
    /// The revocation of a key that has expired, which changes nothing, returns at once.
    case expiredRevocationEarly = "expired-revocation-early"
    /// A lease lasts from the arrival of its grant, and not from before its request.
    case leaseFromGrant = "lease-from-grant"
    /// A leader grants leases without asking whether it still leads.
    case leaseWithoutRound = "lease-without-round"
    /// A lease is for any state that the leader has applied, whatever its log holds beyond.
    case leaseForApplied = "lease-for-applied"
    /// A new leader doesn't wait for the leases that the last one granted.
    case oldLeasesForgotten = "old-leases-forgotten"
    /// A node is granted leases before its addition is committed, and while its removal is in the
    /// log.
    case leaseBeforeMembership = "lease-before-membership"
    /// A node that was removed isn't waited for, though it may not know yet.
    case removedMemberForgotten = "removed-member-forgotten"
    /// A node that was removed is waited for only until its removal is committed.
    case drainedTooEarly = "drained-too-early"
    /// A request for a lease bears the nonce of the last one while that is unanswered, and a grant
    /// counts for the newest.
    case nonceUsedTwice = "nonce-used-twice"
    /// What a node said that it has of another leader's log, or of this one's in another term,
    /// counts.
    case seenOfAnotherTerm = "seen-of-another-term"
    /// A node notes that something is blocked, and not how many entries touch it.
    case blocksAsFlags = "blocks-as-flags"
    /// A node answers by a token from its own memory though an entry that touches it is in the log
    /// and not applied.
    case localTokenUnsettled = "local-token-unsettled"
    /// A restarted node goes on with the leases of its last process.
    case leaseAcrossRestart = "lease-across-restart"
    /// A node says that it holds an entry, and answers for the keys that the entry touches.
    case appendUnblocked = "append-unblocked"
    /// A front thread reads the clocks before it waits for requests, and not after their last
    /// look-up. Its stand-in does, as no front thread is simulated.
    case clockBeforeRequest = "clock-before-request"
    /// A node that lags behind what it knows to be committed goes on validating.
    case laggingNodeAnswers = "lagging-node-answers"
    /// What nobody answers waits for ever, its deadline forgotten.
    case waitingForever = "waiting-forever"
    /// The outcomes of charges that share an entry are told to each other's clients.
    case gatheredOutcomesMixed = "gathered-outcomes-mixed"
    /// Whatever arrives on a link is taken for the peer's.
    case frameUnauthenticated = "frame-unauthenticated"
}

extension PlantedBug {
    /// The one bug of this process.
    ///
    /// Unsafe, because it is read at every step of every thread; it is written once, before the
    /// first of them begins.
    nonisolated(unsafe) public static var planted: PlantedBug?

    @inline(__always)
    public static func isOn(_ bug: PlantedBug) -> Bool { planted == bug }

    /// Unsafe for the same reason: a process with a bug runs its simulation on one thread.
    nonisolated(unsafe) private static var salts = 0

    /// Another one each time, and the same ones in every process.
    public static func drawSalt() -> Int {
        salts += 1
        return salts
    }
}
#endif
