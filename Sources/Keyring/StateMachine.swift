import Basics

/// The replicated state machine: accounts, users, keys, limits, charges, tokens, audit trail.
///
/// A value. `apply` is total and deterministic: any payload at all gives an outcome, and the same
/// entries in the same order give the same state, outcomes and changes on every node, in every
/// build. Nothing but the log decides: no clock, no chance, no order of a hash table.
///
/// Laws, held by `checkInvariants` after every step in tests and simulation:
/// - a user never has more active keys, retiring ones counted in, than the cap that stood when the
///   last was activated;
/// - a retiring key has a successor, and is revoked with its grace or when that is changed;
/// - revoked is final and so is expired; a removed user and a deleted account stay so;
/// - no charge or hold is accepted that would make spent and held exceed the user's limit or the
///   account's pool, each in its own period; what is held is what the open holds placed in the
///   period hold;
/// - a hold ends once: settled for at most what it holds, voided, lapsed, or with its user;
/// - a charge's id is decided once, and every later answer is the first one;
/// - log index and log time never run backwards.
public struct StateMachine: Sendable {
    @usableFromInline var state: State
    var index = Indices()
    #if MUTANTS
    let salt = PlantedBug.drawSalt()
    /// Since the present leader began.
    public var rememberedFrom = LogIndex.zero
    #endif

    /// The state that every node starts from.
    public init(genesis: Genesis) {
        Bounds.proveRelations()
        precondition(genesis.settings.firstViolation == nil, "settings are checked when formatted")
        state = State(settings: genesis.settings, time: max(genesis.time, .epoch))
        guard let name = Name("operator") else { preconditionFailure("a legal name") }
        let slot = state.tokens.insert(
            TokenRecord(
                id: genesis.operatorToken, digest: genesis.operatorDigest, role: .operator,
                account: .none, user: .none, name: name, suffix: genesis.operatorSuffix,
                since: genesis.time, author: nil, createdAt: .zero, changedAt: .zero))
        state.tokens.append(slot, to: &state.operatorTokens)
        state.liveOperatorTokens = 1
        index.add(state.tokens[slot], slot)
    }

    /// Takes over a stranger's state, if its invariants hold.
    init(checking state: State, with workers: some Workers) throws(MalformedBytes) {
        if let violation = state.slotViolation() { throw MalformedBytes(violation) }
        // Both only read, and the indices follow no link but those that were just checked.
        let (violation, indices) = workers.both({ state.linkViolation() }) {
            Result { () throws(MalformedBytes) in try Indices(of: state) }
        }
        if let violation { throw MalformedBytes(violation) }
        self.state = state
        index = try indices.get()
        if let violation = indexViolation() { throw MalformedBytes(violation) }
    }

    /// The newest entry applied. Inlined: a call would be given a copy of the whole machine.
    @inlinable
    public var appliedIndex: LogIndex { state.index }
    /// The log's time at that entry.
    public var time: Timestamp { state.time }
    /// The newest entry applied that holds a key-state command, whatever came of it: a lease
    /// granted from here on is for states that include it.
    public var keyStateIndex: LogIndex { state.keyStateIndex }
    /// The newest entry applied at which the expiry or grace of a key ended, whoever's entry it is.
    public var lapseIndex: LogIndex { state.lapseIndex }
    public var settings: ClusterSettings { state.settings }
    /// What keys may open, ascending.
    public var apis: [API] { state.apis }

    public var accountCount: Int { state.accounts.count }
    public var userCount: Int { state.users.count }
    /// Tombstones included, as in all of these.
    public var keyCount: Int { state.keys.count }
    public var tokenCount: Int { state.tokens.count }
    /// Ended ones that are remembered included.
    public var holdCount: Int { state.holds.count }
    public var idempotencyRecordCount: Int {
        state.ledger.timed.count + state.ledger.freeForm.order.count
            + state.ledger.requests.order.count
    }

    /// When the leader must append a tick if nothing else comes: the end of the day or month, if
    /// a limit or pool goes by it, of a key's expiry or grace, or the time-out of the next hold.
    /// What is only remembered for a time needs none; it is cleared by whatever comes next.
    public var nextDeadline: Timestamp? {
        [nextPeriodEnd, nextKeyDeadline, index.lapsing.first?.key.at].compactMap(\.self).min()
    }

    private var nextPeriodEnd: Timestamp? {
        if state.dailyLimits > 0 { return state.date.end(of: .day) }
        if state.monthlyLimits > 0 { return state.date.end(of: .month) }
        return nil
    }
}

/// One entry while it is being applied.
struct Step {
    var index: LogIndex
    var time: Timestamp
    var date: CalendarDate
    var changes: [TableChange] = []
}
