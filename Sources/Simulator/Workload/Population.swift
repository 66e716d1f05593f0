import Basics
import Keyring

/// What the clients of a run believe to exist, and what they draw from it.
struct Population {
    struct KnownKey {
        var id: KeyID
        var account: AccountID
        var digest: Digest
        var api: API
        /// When it expires; nil: never.
        var expiresAt: Timestamp?
    }

    struct KnownUser {
        var id: UserID
        var account: AccountID
    }

    struct KnownToken {
        var id: TokenID
        var digest: Digest
    }

    var accounts: [AccountID] = []
    var users: [KnownUser] = []
    var keys: [KnownKey] = []
    var tokens: [KnownToken] = []
    /// Beside those that exist from the start.
    var apis: [API] = []
    /// Charges that were asked for, and changes under a client's id, to be repeated late.
    var charges: [Charge] = []
    /// Holds that were asked for, to be settled and voided.
    var holds: [NewHold] = []
    var changes: [Operation] = []

    /// The operator's token, by which every run is administered.
    static let operatorToken = SHA256.digest(of: Array("the simulated operator's token".utf8))
}

extension Operation {
    /// As the judge of histories takes it; nil for what has no place in one.
    var request: RecordedOperation.Request? {
        if let command { return .command(command, id: idempotency) }
        // A local read has no place among the linearizable ones.
        return kind == .localRead ? nil : question.map { .question($0) }
    }

    /// What the answer to a question shows the power of.
    var secret: Secret? {
        switch question {
        case .credits(let digest): .key(digest)
        case .identity(let digest): .token(digest)
        case .key, nil: nil
        }
    }
}

/// What a client asks, of the state that reflects all that returned before it asked.
enum Question {
    /// What the key of this digest can spend.
    case credits(Digest)
    /// Who bears the token of this digest.
    case identity(Digest)
    case key(KeyID, account: AccountID)
}

/// One thing that a client wants done, under one id however often it must be asked.
public struct Operation {
    public enum Kind: String, CaseIterable, Sendable {
        case createAccount
        case renameAccount
        case deleteAccount
        case createUser
        case updateUser
        case removeUser
        case setLimit
        case removeLimit
        case createKey
        case renameKey
        case toggleKey
        case revokeKey
        case revokeAllKeys
        case rotateKey
        case createAPI
        case removeAPI
        case createToken
        case revokeToken
        case updateSettings
        case changeLease
        case charge
        case chargeMany
        case repeatCharge
        case placeHold
        case settleHold
        case voidHold
        case setPool
        case removePool
        case repeatChange
        case query
        /// By a node's own memory.
        case localRead
        case validate
        case transfer
        case takeSnapshot
        case importKeys
        /// The operator's, not a client's: no run must have one.
        case changeMember

        /// Whether it is asked of a node, and no command of the log.
        var isOfNode: Bool { self == .transfer || self == .takeSnapshot }
        /// Whether a node that may not answer from its memory may refuse it.
        var isOfMemory: Bool { self == .localRead || self == .validate }
    }

    var kind: Kind
    /// Nil for a query.
    var command: Command?
    /// Nil for a change, and while there is no key to ask about.
    var question: Question?
    /// Of the key to be validated.
    var digest: Digest?
    /// Stands for all that the client asked for: no two operations have the same.
    var content = Digest.zero
    var idempotency: IdempotencyKey?
}

extension Population {
    private func drawKind(
        _ mix: WorkloadMix, _ random: inout SeededGenerator
    ) -> Operation.Kind {
        if accounts.isEmpty { return .createAccount }
        if users.isEmpty { return .createUser }
        if keys.isEmpty { return .createKey }
        return mix.draw(&random)
    }

    func pick<Element>(_ elements: [Element], _ random: inout SeededGenerator) -> Element? {
        elements.isEmpty ? nil : elements[Int(random.below(UInt64(elements.count)))]
    }

    /// Draws what a client does next. `wall` is the time in an id that bears one.
    mutating func draw(
        _ mix: WorkloadMix, _ random: inout SeededGenerator, wall: Timestamp
    ) -> Operation {
        let kind = drawKind(mix, &random)
        if kind.isOfNode { return Operation(kind: kind) }
        if kind == .repeatChange, var change = pick(changes, &random) {
            change.kind = kind
            return change
        }
        if kind == .validate, let key = pick(keys, &random) {
            return Operation(kind: kind, digest: key.digest)
        }
        if kind == .localRead, let question = drawLocalQuestion(&random) {
            return Operation(kind: kind, question: question)
        }
        let id = drawID(&random, wall: wall)
        let command = command(kind, &random, wall: wall)
        let isCharge =
            [.charge, .chargeMany, .repeatCharge].contains(kind) || command?.isHold == true
        var question: Question?
        if command == nil, let key = pick(keys, &random) {
            question =
                random.chance(1, in: 2)
                ? .credits(key.digest) : .key(key.id, account: key.account)
        }
        let operation = Operation(
            kind: command == nil ? .query : kind, command: command, question: question,
            content: drawDigest(&random), idempotency: isCharge || command == nil ? nil : id)
        // In some runs the length of leases never changes.
        if operation.idempotency != nil && kind != .changeLease || command?.isHold == true {
            changes.append(operation)
        }
        return operation
    }

    /// Mostly of an administrator whose power may have changed.
    private func drawLocalQuestion(_ random: inout SeededGenerator) -> Question? {
        if random.chance(3, in: 4), let token = pick(tokens, &random) {
            return .identity(token.digest)
        }
        return pick(keys, &random).map { .credits($0.digest) }
    }

    func drawID(_ random: inout SeededGenerator, wall: Timestamp) -> IdempotencyKey {
        if random.chance(1, in: 3), let id = IdempotencyKey("op-\(random.next())") { return id }
        let high = UInt64(wall.milliseconds) << 16 | 0x7000 | random.below(1 << 12)
        return .uuidV7(high: high, low: 0b10 << 62 | random.next() >> 2)
    }

    func drawDigest(_ random: inout SeededGenerator) -> Digest {
        Digest(random.next(), random.next(), random.next(), random.next())
    }

    private mutating func command(
        _ kind: Operation.Kind, _ random: inout SeededGenerator, wall: Timestamp
    ) -> Command? {
        switch kind {
        case .createAccount:
            guard let name = Name("account \(accounts.count)") else { return nil }
            return .createAccount(AccountID(random.next()), name: name)
        case .renameAccount, .deleteAccount:
            return accountCommand(kind, &random)
        case .createUser, .updateUser, .removeUser, .revokeAllKeys:
            return userCommand(kind, &random)
        case .setLimit, .removeLimit:
            return limitCommand(kind, &random)
        case .createKey, .renameKey, .toggleKey, .revokeKey:
            return keyCommand(kind, &random, wall: wall)
        case .rotateKey:
            return drawRotation(&random, wall: wall)
        case .createAPI, .removeAPI:
            return drawAPICommand(kind, &random)
        case .importKeys:
            return drawImport(&random, wall: wall)
        case .createToken, .revokeToken:
            return tokenCommand(kind, &random)
        case .updateSettings:
            return drawSettings(&random)
        case .changeLease:
            return drawLease(&random)
        case .charge:
            return drawCharge(&random, wall: wall).map { .charge([$0]) }
        case .chargeMany:
            return .charge((0..<5).compactMap { _ in drawCharge(&random, wall: wall) })
        case .repeatCharge:
            return pick(charges, &random).map { .charge([$0]) }
        case .placeHold, .settleHold, .voidHold:
            return holdCommand(kind, &random, wall: wall).map { .hold($0) }
        case .setPool, .removePool:
            return poolCommand(kind, &random)
        case .repeatChange, .query, .localRead, .validate, .transfer, .takeSnapshot, .changeMember:
            return nil
        }
    }

    private func accountCommand(
        _ kind: Operation.Kind, _ random: inout SeededGenerator
    ) -> Command? {
        guard let account = pick(accounts, &random) else { return nil }
        guard kind == .deleteAccount else {
            return Name("account \(random.below(1000))").map { .renameAccount(account, name: $0) }
        }
        // With all that is in it: were the oldest deleted, little would be left to do.
        guard let newest = accounts.last, accounts.count > 1 else { return nil }
        return .deleteAccount(newest)
    }

    /// Nothing that is remembered is forgotten sooner by it: the judges count on that.
    private func drawSettings(_ random: inout SeededGenerator) -> Command {
        var change = SettingsChange()
        change[.activeKeysPerUser] = 2 + UInt32(random.below(3))
        if random.chance(1, in: 2) {
            change[.tokensPerAccount] = 900 + UInt32(random.below(200))
        }
        if random.chance(1, in: 2) { change[.holdsPerAccount] = 2 + UInt32(random.below(8)) }
        return .updateSettings(change)
    }

    /// Off, or as long as it may be set within the wait that every cluster here was formed with.
    private func drawLease(_ random: inout SeededGenerator) -> Command {
        var change = SettingsChange()
        let lengths = SimulationOptions.leaseLengths
        change[.leaseMilliseconds] = lengths[Int(random.below(UInt64(lengths.count)))]
        return .updateSettings(change)
    }

    private func userCommand(
        _ kind: Operation.Kind, _ random: inout SeededGenerator
    ) -> Command? {
        if kind == .createUser {
            guard let account = pick(accounts, &random), let name = Name("user"),
                let email = EmailAddress("user\(random.below(40))@example.com")
            else { return nil }
            return .createUser(
                UserID(random.next()), account: account, email: email, name: name,
                role: random.chance(1, in: 4) ? .admin : .member)
        }
        guard let user = pick(users, &random) else { return nil }
        switch kind {
        case .updateUser:
            return .updateUser(
                user.id, account: user.account, email: nil, name: nil,
                role: random.chance(1, in: 2) ? .admin : .member)
        case .removeUser:
            return .removeUser(user.id, account: user.account)
        default:
            return .revokeAllKeys(user.id, account: user.account)
        }
    }

    private func limitCommand(
        _ kind: Operation.Kind, _ random: inout SeededGenerator
    ) -> Command? {
        guard let user = pick(users, &random) else { return nil }
        let api = drawAPI(&random)
        guard kind == .setLimit else {
            return .removeLimit(user.id, account: user.account, api: api)
        }
        let periods = Period.allCases
        return .setLimit(
            user.id, account: user.account, api: api,
            credits: Credits(clamping: random.below(400)),
            period: periods[Int(random.below(UInt64(periods.count)))])
    }

    private func keyCommand(
        _ kind: Operation.Kind, _ random: inout SeededGenerator, wall: Timestamp
    ) -> Command? {
        if kind == .createKey {
            guard let user = pick(users, &random), let name = Name("key") else { return nil }
            return .createKey(
                NewKey(
                    id: KeyID(random.next()), account: user.account, user: user.id,
                    api: drawAPI(&random), name: name, digest: drawDigest(&random),
                    suffix: Workload.suffix, active: random.chance(7, in: 8),
                    expiresAt: drawExpiry(&random, wall: wall)))
        }
        guard var key = pick(keys, &random) else { return nil }
        if kind == .renameKey {
            return Name("key \(random.below(1000))").map {
                .renameKey(key.id, account: key.account, name: $0)
            }
        }
        if kind == .revokeKey {
            // Often one that has just expired: who must be certain revokes it.
            let due = keys.filter { $0.hasJustExpired(at: wall) }
            if random.chance(3, in: 4), let other = pick(due, &random) { key = other }
            return .revokeKey(key.id, account: key.account)
        }
        return .setKeyActive(key.id, account: key.account, active: random.chance(1, in: 2))
    }

    private func tokenCommand(
        _ kind: Operation.Kind, _ random: inout SeededGenerator
    ) -> Command? {
        if kind == .revokeToken { return pick(tokens, &random).map { .revokeToken($0.id) } }
        guard let user = pick(users, &random), let name = Name("token") else { return nil }
        return .createToken(
            NewToken(
                id: TokenID(random.next()), role: random.chance(1, in: 2) ? .member : .admin,
                account: user.account, user: user.id, name: name, digest: drawDigest(&random),
                suffix: Workload.suffix))
    }

    private mutating func drawCharge(
        _ random: inout SeededGenerator, wall: Timestamp
    ) -> Charge? {
        guard let key = pick(keys, &random) else { return nil }
        let charge = Charge(
            key: .digest(key.digest), credits: random.below(30) + 1,
            id: drawID(&random, wall: wall))
        charges.append(charge)
        return charge
    }

    /// Learns from an outcome what exists now.
    mutating func note(_ command: Command, _ outcome: Outcome) {
        guard case .changed = outcome else { return }
        noteRotation(command)
        switch command {
        case .createAccount(let id, _):
            if !accounts.contains(id) { accounts.append(id) }
        case .deleteAccount(let id):
            accounts.removeAll { $0 == id }
        case .createUser(let id, let account, _, _, _):
            guard !users.contains(where: { $0.id == id }) else { return }
            users.append(KnownUser(id: id, account: account))
        case .createKey(let key):
            guard !keys.contains(where: { $0.id == key.id }) else { return }
            keys.append(
                KnownKey(
                    id: key.id, account: key.account, digest: key.digest, api: key.api,
                    expiresAt: key.expiresAt))
        case .importKeys(let batch):
            for key in batch.newKeys where !keys.contains(where: { $0.id == key.id }) {
                keys.append(
                    KnownKey(
                        id: key.id, account: key.account, digest: key.digest, api: key.api,
                        expiresAt: key.expiresAt))
            }
        case .createToken(let token):
            guard !tokens.contains(where: { $0.id == token.id }) else { return }
            tokens.append(KnownToken(id: token.id, digest: token.digest))
        default:
            break
        }
    }
}
