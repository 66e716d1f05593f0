import Basics
import Keyring

/// What is promised of keys and credits, held against every outcome in the log.
///
/// It decides nothing, as the reference store does in the state machine's own steps: it has the
/// commands, takes what each was answered for what was done, and asks whether that may be.
///
/// - Whatever is accepted, what is spent and held is within the user's limit and the account's
///   pool, each in its own period; whatever is refused for want of credits wouldn't have been.
/// - Nothing is done with a key that isn't active or in its grace, or whose end log time has
///   reached; no other is refused as invalid.
/// - No user is given more active keys than are allowed, those in their grace among them, and
///   nobody is refused one within that.
/// - A hold is ended while it is open, and only then refused as ended, unknown or exceeded when it
///   isn't, for no more than it holds. What it held is charged or comes back, all of it: every
///   figure in a receipt is the sum.
///
/// Who is told again what was decided before, by the same id, isn't judged again.
struct Promises {
    private(set) var keys: KeyBook
    private var credits: CreditBook
    private var index = LogIndex.zero
    private var now = Instant.zero
    /// What has been decided: a refusal under such a name may be an earlier one.
    private var requests: Set<RequestID> = []
    private var ids: Set<ScopedID> = []

    private struct ScopedID: Hashable {
        var account: AccountID?
        var id: IdempotencyKey?
    }
    /// Charges and holds that the pool had no room for, and the limit had.
    private(set) var refusedByPool = 0

    init(genesis: Genesis) {
        keys = KeyBook(genesis: genesis)
        credits = CreditBook(genesis: genesis)
    }

    /// Time passes, before anything else of the entry.
    mutating func begin(at index: LogIndex, time: Timestamp) {
        self.index = index
        keys.reach(time)
        credits.reach(keys.time)
    }

    /// The entry begun was answered so.
    mutating func judge(
        _ envelope: Envelope, _ outcome: Outcome, at now: Instant
    ) throws(Violation) {
        self.now = now
        let isFirst = requests.insert(envelope.requestID).inserted
        switch (envelope.command, outcome) {
        case (.charge(let charges), .charged(let outcomes)):
            for (charge, outcome) in zip(charges, outcomes) {
                try judge(charge, outcome, isFirst)
            }
        case (.hold(let command), _):
            try judge(command, outcome, isFirst)
        case (let command, .changed(let change)):
            // Otherwise there was nothing to do, or it was done before.
            guard change.index == index, !change.replayed else { return }
            try note(command, change)
        case (let command, .refused(.activeKeyLimit)):
            let scope = ScopedID(account: command.account, id: envelope.idempotency)
            guard isFirst, ids.insert(scope).inserted || scope.id == nil else { return }
            try judgeCap(command)
        default: break
        }
    }

    private mutating func note(_ command: Command, _ change: Change) throws(Violation) {
        switch command {
        case .setLimit(let user, _, let api, let credits, let period):
            self.credits.allow(
                CreditBook.Allowance(credits: credits, period: period), .user(user, api))
        case .removeLimit(let user, _, let api): credits.allow(nil, .user(user, api))
        case .setPool(let account, let api, let credits, let period):
            self.credits.allow(
                CreditBook.Allowance(credits: credits, period: period), .pool(account, api))
        case .removePool(let account, let api): credits.allow(nil, .pool(account, api))
        case .removeUser(let user, _): credits.void(allOf: user)
        default: break
        }
        for user in keys.note(command, change, at: index) {
            let count = keys.activeKeys(of: user)
            guard count <= Int(keys.settings.activeKeysPerUser) else {
                throw violation(
                    "no user has more active keys than are allowed", "\(user) has \(count)")
            }
        }
    }

    /// A key was refused to be active. Of one that would have ended another's grace nothing is
    /// asked here.
    private func judgeCap(_ command: Command) throws(Violation) {
        let user: UserID
        switch command {
        case .createKey(let new): user = new.user
        case .setKeyActive(let id, _, active: true):
            guard let key = keys.key(.id(id)) else { return }
            user = key.user
        default: return
        }
        let count = keys.activeKeys(of: user)
        guard count < Int(keys.settings.activeKeysPerUser) else { return }
        throw violation("nobody is refused an active key that is allowed", "\(user) has \(count)")
    }

    func violation(_ law: String, _ detail: String) -> Violation {
        Violation(kind: .safety, law: law, detail: "#\(index): \(detail)", time: now)
    }
}

// Charges and holds.
extension Promises {
    private mutating func judge(
        _ charge: Charge, _ outcome: ChargeOutcome, _ isFirst: Bool
    ) throws(Violation) {
        let key = keys.key(charge.key)
        let isNew = isNew(charge.id, key) && isFirst
        switch outcome {
        case .charged(let receipt):
            guard receipt.index == index, !receipt.replayed else { return }
            let key = try accepted(key, receipt.brief)
            for line in key.lines { credits.spend(charge.credits, line) }
            try judgeSums(key, receipt.brief)
            try compare(receipt.spent, receipt.remaining, key.lines[0], receipt.brief)
        case .refused(let refusal):
            guard isNew, let key else { return }
            try judge(refusal, of: charge.credits, key)
        }
    }

    private mutating func isNew(_ id: IdempotencyKey?, _ key: KeyBook.Key?) -> Bool {
        guard let id, let key else { return true }
        return ids.insert(ScopedID(account: key.account, id: id)).inserted
    }

    private mutating func judge(
        _ command: HoldCommand, _ outcome: Outcome, _ isFirst: Bool
    ) throws(Violation) {
        let key = keys.key(command.key)
        let isNew = isNew(command.id, key) && isFirst
        switch outcome {
        case .held(let receipt):
            guard receipt.index == index, !receipt.replayed else { return }
            let key = try accepted(key, receipt.brief)
            let line = try carryOut(command, receipt, key)
            try compare(receipt.spent, receipt.remaining, line, receipt.brief)
        case .refused(let refusal):
            guard isNew, let key else { return }
            try judge(refusal, of: command, key)
        default: break
        }
    }

    /// Whose figures the receipt shows: a hold may be ended with a key for another API.
    private mutating func carryOut(
        _ command: HoldCommand, _ receipt: HoldReceipt, _ key: KeyBook.Key
    ) throws(Violation) -> CreditBook.Line {
        if case .place(let new) = command {
            credits.place(new, with: key, until: receipt.expiresAt)
            try judgeSums(key, receipt.brief)
            return key.lines[0]
        }
        guard let hold = credits.hold(command.hold, of: key.user, in: key.account) else {
            throw violation("a hold is ended while it is open", "\(command.hold) \(receipt.brief)")
        }
        guard receipt.charged.rawValue <= hold.credits else {
            throw violation(
                "no more is charged than is held", "\(receipt.brief), held are \(hold.credits)")
        }
        credits.end(hold, charging: receipt.charged.rawValue)
        return hold.lines[0]
    }

    /// The key, if something may be done with it.
    private func accepted(
        _ key: KeyBook.Key?, _ what: String
    ) throws(Violation) -> KeyBook.Key {
        guard let key, keys.accepts(key) else {
            throw violation(
                "nothing is done with a key that isn't accepted",
                "\(what) with \(key.map { "\($0.id), \($0.standing)" } ?? "no key")")
        }
        return key
    }

    private func judgeSums(_ key: KeyBook.Key, _ what: String) throws(Violation) {
        for line in key.lines {
            guard let allowance = credits.allowance(line), let taken = credits.taken(line),
                taken > allowance.credits.rawValue
            else { continue }
            throw violation(
                "spent and held stay within limit and pool",
                "\(what): \(taken) of \(allowance.credits) in \(allowance.period), \(line)")
        }
    }

    /// What a receipt shows of the user's limit.
    private func compare(
        _ spent: Credits, _ remaining: Credits?, _ line: CreditBook.Line, _ what: String
    ) throws(Violation) {
        let isRemaining = credits.isAhead || remaining == credits.left(line)
        guard spent.rawValue == credits.spent(line), isRemaining else {
            throw violation(
                "what is held is charged or comes back",
                "\(what): spent are \(credits.spent(line)), left "
                    + (credits.left(line).map { "\($0)" } ?? "without limit"))
        }
    }
}

// Refusals.
extension Promises {
    private mutating func judge(
        _ refusal: Refusal, of amount: UInt64, _ key: KeyBook.Key
    ) throws(Violation) {
        switch refusal {
        case .invalidKey:
            guard keys.accepts(key) else { return }
            throw violation("no key that is accepted is refused as invalid", "\(key.id)")
        case .creditsExhausted(let remaining, let allowance):
            guard !credits.isAhead else { return }
            let rooms = key.lines.map { credits.room($0) }
            let lesser = rooms[1] < rooms[0] ? 1 : 0
            refusedByPool += lesser
            let meant = credits.allowance(key.lines[lesser])?.credits ?? .maximum
            guard amount > remaining.rawValue, remaining == rooms[lesser], allowance == meant
            else {
                throw violation(
                    "nothing is refused that fits limit and pool",
                    "\(amount), \(refusal); there are \(rooms[0]) and \(rooms[1]) of the pool")
            }
        default: break
        }
    }

    private mutating func judge(
        _ refusal: Refusal, of command: HoldCommand, _ key: KeyBook.Key
    ) throws(Violation) {
        let hold = credits.hold(command.hold, of: key.user, in: key.account)
        let isRight: Bool
        switch (refusal, command) {
        case (.invalidKey, _): return try judge(refusal, of: 0, key)
        case (.creditsExhausted, .place(let new)):
            return try judge(refusal, of: new.credits, key)
        case (.holdLimit(let limit), .place):
            let count = credits.mostHolds(of: key.account)
            isRight = credits.isAhead || limit == keys.settings.holdsPerAccount && count >= limit
        case (.holdEnded, _), (.holdNotFound, _): isRight = hold == nil
        case (.holdExceeded(let held), .settle(let settlement)):
            isRight = held.rawValue == hold?.credits && settlement.credits > held.rawValue
        default: return
        }
        guard isRight else {
            throw violation(
                "nothing is refused of a hold that is open", "\(command.hold): \(refusal)")
        }
    }
}

extension KeyBook.Key {
    /// Whose credits are taken: the user's, and those of all in the account.
    fileprivate var lines: [CreditBook.Line] { [.user(user, api), .pool(account, api)] }
}
