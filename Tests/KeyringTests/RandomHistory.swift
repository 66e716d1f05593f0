import Basics
import Testing

@testable import Keyring
@testable import Simulator

/// A history of random commands, applied to the state machine and to the reference store, with
/// every outcome compared. Few accounts, users and ids, so that commands meet each other.
struct RandomHistory {
    var random: SeededGenerator
    var machine: StateMachine
    var reference: ReferenceStore
    var mirror: TableMirror
    var index = LogIndex.zero
    var time: Timestamp
    var coverage = Coverage()
    /// Whether an outcome wasn't the reference's: what follows would say nothing more.
    private(set) var hasDiverged = false
    /// Sent before, to be sent again.
    private var sent: [Envelope] = []
    private(set) var nextID: UInt64 = 1_000
    private var nextRequest: UInt64 = 0

    /// How often each kind of command succeeded and failed, and each refusal was given.
    struct Coverage {
        var succeeded: [Command.Kind: Int] = [:]
        var failed: [Command.Kind: Int] = [:]
        var refusals: [String: Int] = [:]
        var replays = 0
        var forgotten = 0
        var commands = 0

        mutating func add(_ other: Coverage) {
            succeeded.merge(other.succeeded, uniquingKeysWith: +)
            failed.merge(other.failed, uniquingKeysWith: +)
            refusals.merge(other.refusals, uniquingKeysWith: +)
            replays += other.replays
            forgotten += other.forgotten
            commands += other.commands
        }

        mutating func note(_ kind: Command.Kind, _ outcome: Outcome) {
            commands += 1
            switch outcome {
            case .changed(let change):
                succeeded[kind, default: 0] += 1
                if change.replayed { replays += 1 }
            case .held(let receipt):
                succeeded[kind, default: 0] += 1
                if receipt.replayed { replays += 1 }
            case .noted: succeeded[kind, default: 0] += 1
            case .refused(let refusal):
                failed[kind, default: 0] += 1
                refusals[refusal.code, default: 0] += 1
            case .charged(let charges):
                for charge in charges { note(charge) }
            case .malformed: refusals["malformed", default: 0] += 1
            }
        }

        private mutating func note(_ charge: ChargeOutcome) {
            switch charge {
            case .charged(let receipt):
                succeeded[.charge, default: 0] += 1
                if receipt.replayed { replays += 1 }
            case .refused(let refusal):
                failed[.charge, default: 0] += 1
                refusals[refusal.code, default: 0] += 1
            }
        }
    }

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        var settings = ClusterSettings.standard
        settings.activeKeysPerUser = UInt32(1 + random.below(3))
        settings.keysPerUser = settings.activeKeysPerUser + UInt32(random.below(4))
        settings.tokensPerAccount = UInt32(2 + random.below(5))
        settings.idempotencySeconds = UInt32(600 + random.below(90_000))
        settings.requestSeconds = UInt32(1 + random.below(600))
        settings.uuidRecords = UInt32(1 + random.below(40))
        settings.freeFormRecordsPerAccount = UInt32(1 + random.below(12))
        settings.requestRecords = UInt32(1 + random.below(60))
        settings.auditRecords = UInt32(5 + random.below(150))
        settings.auditSeconds = UInt32(3_600 + random.below(20 * 86_400))
        settings.holdsPerAccount = UInt32(1 + random.below(3))
        settings.endedHoldSeconds = UInt32(1 + random.below(20_000))
        settings.endedHolds = UInt32(1 + random.below(10))
        let genesis = Sample.genesis(settings)
        machine = StateMachine(genesis: genesis)
        reference = ReferenceStore(genesis: genesis)
        mirror = TableMirror(of: machine)
        time = genesis.time
    }

    /// Applies one more command, unless the two have parted.
    mutating func step() {
        guard !hasDiverged else { return }
        passTime()
        let envelope = draw()
        index = index.next
        var changes: [TableChange] = []
        let (request, outcome) = machine.apply(
            envelope.encode(), at: index, time: time, changes: &changes)
        let expected = reference.apply(envelope, at: index, time: time)
        #expect(request == envelope.requestID)
        #expect(outcome == expected, "\(index): \(envelope)")
        hasDiverged = outcome != expected
        for change in changes { mirror.follow(change) }
        coverage.note(envelope.command.kind, outcome)
        coverage.forgotten += changes.count {
            if case .keyForgotten = $0 { true } else { false }
        }
        sent.append(envelope)
        if sent.count > 40 { sent.removeFirst() }
    }

    private mutating func passTime() {
        switch random.below(100) {
        case 0..<50: break
        case 50..<85: time = time + .milliseconds(Int64(random.below(5_000)))
        case 85..<95: time = time + .seconds(Int64(random.below(600)))
        case 95..<99: time = time + .seconds(Int64(random.below(20_000)))
        default: time = time + .seconds(Int64(random.below(2) * 86_400 * 5))
        }
        // A clock that ran backwards: log time must not.
        if random.chance(1, in: 50) {
            time = Timestamp(milliseconds: time.milliseconds - 1_000)
        }
    }

    private mutating func draw() -> Envelope {
        if random.chance(1, in: 10), let again = sent.randomItem(&random), !revives(again) {
            return repeated(again)
        }
        nextRequest += 1
        let command = drawCommand()
        var actor = drawActor()
        switch command {
        case .charge, .hold: actor = .cluster
        case .tick, .reportLastUsed: if random.chance(9, in: 10) { actor = .cluster }
        default: break
        }
        return Envelope(
            requestID: RequestID(high: 3, low: nextRequest), actor: actor,
            idempotency: random.chance(1, in: 3) ? drawID() : nil,
            content: Sample.digest(random.below(3)), command: command)
    }

    /// Whether it would bring back an account that was forgotten. No node repeats a request when
    /// that long has passed, and no other request draws the same id.
    private func revives(_ envelope: Envelope) -> Bool {
        guard case .createAccount(let id, _) = envelope.command else { return false }
        return !reference.accounts.contains { $0.detail.id == id }
    }

    /// The node's own retry, a client's, or another content under the same id.
    private mutating func repeated(_ envelope: Envelope) -> Envelope {
        var again = envelope
        if random.chance(1, in: 3) { return again }
        nextRequest += 1
        again.requestID = RequestID(high: 3, low: nextRequest)
        if random.chance(1, in: 4) { again.content = Sample.digest(77) }
        return again
    }

    private mutating func drawActor() -> Actor {
        if random.chance(1, in: 40) { return .cluster }
        if random.chance(6, in: 10) { return .token(Sample.operatorToken) }
        return .token(drawToken())
    }

    private mutating func drawID() -> IdempotencyKey {
        if random.chance(1, in: 2) {
            return IdempotencyKey("id \(random.below(30))")!
        }
        // Mostly now, sometimes too old or too new, often the same again.
        let offset = Int64(random.below(8)) * 60_000 - 240_000
        var milliseconds = time.milliseconds / 60_000 * 60_000 + offset
        if random.chance(1, in: 10) { milliseconds += 3_600_000 }
        if random.chance(1, in: 10) { milliseconds -= Int64(random.below(100_000_000)) }
        return Sample.uuid(Timestamp(milliseconds: milliseconds), random.below(4))
    }

    // What commands are about: mostly something that exists.

    mutating func fresh() -> UInt64 {
        nextID += 1
        return nextID
    }

    private mutating func drawAccount() -> AccountID {
        if random.chance(1, in: 25) { return AccountID(random.below(3)) }
        return reference.accounts.randomItem(&random)?.detail.id ?? AccountID(5)
    }

    /// A user, and mostly the account that they are in.
    private mutating func drawUser() -> (UserID, AccountID) {
        guard let user = reference.users.randomItem(&random), random.chance(24, in: 25) else {
            return (UserID(random.below(3)), drawAccount())
        }
        return (user.detail.id, random.chance(24, in: 25) ? user.detail.account : drawAccount())
    }

    mutating func drawKey() -> (KeyID, AccountID) {
        guard let key = reference.keys.randomItem(&random), random.chance(24, in: 25) else {
            return (KeyID(random.below(3)), drawAccount())
        }
        return (key.detail.id, random.chance(24, in: 25) ? key.detail.account : drawAccount())
    }

    private mutating func drawToken() -> TokenID {
        guard let token = reference.tokens.randomItem(&random), random.chance(24, in: 25) else {
            return TokenID(random.below(3))
        }
        return token.detail.id
    }

    private mutating func drawAPI() -> API {
        [API.rest, .rest, .rest, .batch, API(slug: "mail")!][Int(random.below(5))]
    }

    mutating func drawName() -> Name {
        Name(["Ann", "Bob", "Zoë", "Zoe\u{308}", "漢字"][Int(random.below(5))])!
    }

    private mutating func drawEmail() -> EmailAddress {
        EmailAddress(
            ["a@x.test", "A@X.test", "b@x.test", "c@x.test", "é@x.test", "É@x.test"][
                Int(random.below(6))])!
    }

    private mutating func drawRole() -> UserRole { random.chance(1, in: 2) ? .admin : .member }

    private mutating func drawCommand() -> Command {
        if reference.accounts.count < 2 {
            return .createAccount(AccountID(fresh()), name: drawName())
        }
        switch random.below(100) {
        case 0..<18: return drawCharge()
        case 18..<30: return .hold(drawHold())
        case 30..<45: return drawKeyCommand()
        case 45..<58: return .createKey(drawNewKey())
        case 58..<62: return .importKeys(drawImport())
        case 62..<75: return drawUserCommand()
        case 75..<77: return drawPoolCommand()
        case 77..<88: return drawTokenCommand()
        case 88..<92: return drawAccountCommand()
        case 92: return drawAPICommand()
        case 93..<95: return .tick
        case 95..<97:
            return .reportLastUsed(
                (0..<3).map { _ in
                    LastUsed(
                        key: drawKey().0,
                        minute: UInt32(time.milliseconds / 60_000 + 1 - Int64(random.below(3))))
                })
        case 97: return .changeMember(drawMemberCommand())
        default: return .updateSettings(drawSettings())
        }
    }

    private mutating func drawMemberCommand() -> MemberCommand {
        let id = NodeID(1 + UInt32(random.below(5)))
        let member = MemberDetail(
            id: id, role: .learner, address: "a:\(random.below(9))", clientAddress: "")
        let request: MemberRequest =
            switch random.below(3) {
            case 0: .add(id, address: member.address, clientAddress: "")
            case 1: .promote(id)
            default: .remove(id)
            }
        let decision: MemberDecision =
            switch random.below(4) {
            case 0: .standing(member)
            case 1: .refused(.notCaughtUp)
            default: .made(member)
            }
        return MemberCommand(request, decision: decision)
    }

    private mutating func drawCharge() -> Command {
        let count = random.chance(1, in: 4) ? 1 + random.below(5) : 1
        return .charge(
            (0..<count).map { _ in
                let (id, _) = drawKey()
                var key = KeyReference.id(id)
                if random.chance(1, in: 2),
                    let digest = reference.keys.first(where: { $0.detail.id == id })?.digest
                {
                    key = .digest(digest)
                }
                let credits = [0, 1, 5, 40, 1_000_000_000, 1_000_000_001][Int(random.below(6))]
                return Charge(key: key, credits: UInt64(credits), id: drawID())
            })
    }

    private mutating func drawHold() -> HoldCommand {
        var (key, _) = drawKey()
        if random.chance(1, in: 3) {
            return .place(
                NewHold(
                    key: .id(key), credits: [0, 1, 5, 30, 1_000_000_001][Int(random.below(5))],
                    timeoutSeconds: [0, 1, 30, 3_000, 100_000, 604_801][Int(random.below(6))],
                    id: drawID()))
        }
        var hold = drawID()
        if let known = reference.holds.randomItem(&random), random.chance(9, in: 10) {
            hold = known.id
            let others = reference.keys.filter { $0.detail.user == known.user }
            if let other = others.randomItem(&random), random.chance(4, in: 5) {
                key = other.detail.id
            }
        }
        let id = random.chance(1, in: 2) ? drawID() : nil
        guard random.chance(2, in: 3) else {
            return .void(Voiding(key: .id(key), hold: hold, id: id))
        }
        return .settle(
            Settlement(
                key: .id(key), hold: hold,
                credits: [0, 1, 5, 29, 1_000_000_001][Int(random.below(5))], id: id))
    }

    private mutating func drawPoolCommand() -> Command {
        guard random.chance(4, in: 5) else {
            return .removePool(account: drawAccount(), api: drawAPI())
        }
        return .setPool(
            account: drawAccount(), api: drawAPI(), credits: Credits(random.below(150))!,
            period: Period.allCases[Int(random.below(3))])
    }

    private mutating func drawKeyCommand() -> Command {
        let (id, account) = drawKey()
        switch random.below(10) {
        case 0..<3: return .renameKey(id, account: account, name: drawName())
        case 3..<6: return .setKeyActive(id, account: account, active: random.chance(1, in: 2))
        case 6..<9: return .rotateKey(drawRotation(of: id, account))
        default: return .revokeKey(id, account: account)
        }
    }

    private mutating func drawNewKey() -> NewKey {
        let (user, account) = drawUser()
        let id = random.chance(1, in: 30) ? drawKey().0.rawValue : fresh()
        return NewKey(
            id: KeyID(id), account: account, user: user, api: drawAPI(), name: drawName(),
            digest: Sample.digest(random.chance(1, in: 30) ? nextID - 3 : id),
            suffix: Sample.suffix, active: random.chance(2, in: 3), expiresAt: drawExpiry())
    }

    /// Mostly of one account, and often with something at fault.
    private mutating func drawImport() -> KeyImport {
        let first = drawNewKey()
        let ids = (0..<1 + random.below(4)).map { _ in fresh() }.sorted()
        let keys = ids.map { id in
            let key = drawNewKey()
            var owner = KeyOwner.id(random.chance(2, in: 3) ? first.user : key.user)
            if random.chance(1, in: 3),
                let user = reference.users.first(where: { $0.detail.id == key.user })
            {
                owner = .email(user.detail.email)
            }
            return ImportedKey(
                id: KeyID(id), owner: owner, api: key.api, name: key.name, digest: key.digest,
                suffix: key.suffix, active: random.chance(1, in: 3))
        }
        return KeyImport(account: first.account, keys: keys)
    }

    private mutating func drawUserCommand() -> Command {
        let (id, account) = drawUser()
        switch random.below(20) {
        case 0..<6:
            return .createUser(
                random.chance(1, in: 20) ? id : UserID(fresh()), account: drawAccount(),
                email: drawEmail(), name: drawName(), role: drawRole())
        case 6..<9:
            return .updateUser(
                id, account: account, email: random.chance(1, in: 2) ? drawEmail() : nil,
                name: random.chance(1, in: 2) ? drawName() : nil,
                role: random.chance(1, in: 2) ? drawRole() : nil)
        case 9: return .removeUser(id, account: account)
        case 10: return .revokeAllKeys(id, account: account)
        case 11..<18:
            return .setLimit(
                id, account: account, api: drawAPI(), credits: Credits(random.below(60))!,
                period: Period.allCases[Int(random.below(3))])
        default: return .removeLimit(id, account: account, api: drawAPI())
        }
    }

    private mutating func drawTokenCommand() -> Command {
        if random.chance(1, in: 3) { return .revokeToken(drawToken()) }
        let (user, account) = drawUser()
        let role = Role.allCases[Int(random.below(4))]
        var new = NewToken(
            id: TokenID(random.chance(1, in: 20) ? 1 : fresh()), role: role, account: account,
            user: user, name: drawName(), digest: Sample.digest(nextID << 20),
            suffix: Sample.suffix)
        if role == .operator, random.chance(9, in: 10) { (new.account, new.user) = (nil, nil) }
        if role == .auditor, random.chance(1, in: 2) { new.user = nil }
        return .createToken(new)
    }

    private mutating func drawAccountCommand() -> Command {
        switch random.below(10) {
        case 0..<4:
            return .createAccount(
                // An id that is there, or never was: none is drawn twice in a cluster's life.
                random.chance(1, in: 5)
                    ? reference.accounts[0].detail.id : AccountID(fresh()),
                name: drawName())
        case 4..<9: return .renameAccount(drawAccount(), name: drawName())
        default: return .deleteAccount(drawAccount())
        }
    }

    private mutating func drawSettings() -> SettingsChange {
        var change = SettingsChange()
        switch random.below(6) {
        case 0: change[.activeKeysPerUser] = UInt32(random.below(5))
        case 1: change[.keysPerUser] = UInt32(1 + random.below(8))
        case 2: change[.auditRecords] = UInt32(5 + random.below(150))
        case 3:
            change[.leaseMilliseconds] = UInt32(random.below(3_000))
            if random.chance(1, in: 4) {
                change[.leaseWaitMilliseconds] = UInt32(2_090 + random.below(20))
            }
        case 4:
            change[.idempotencySeconds] = UInt32(600 + random.below(90_000))
            change[.uuidRecords] = UInt32(1 + random.below(40))
        default: change[.freeFormRecordsPerAccount] = UInt32(1 + random.below(12))
        }
        return change
    }
}

extension Array {
    func randomItem(_ random: inout SeededGenerator) -> Element? {
        isEmpty ? nil : self[Int(random.below(UInt64(count)))]
    }
}
