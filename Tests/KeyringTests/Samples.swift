import Basics
import Testing

@testable import Keyring

/// Short spellings of what tests need often.
enum Sample {
    /// 2026-03-10T12:00:00Z.
    static let start = Timestamp(milliseconds: 1_773_144_000_000)
    static let operatorToken = TokenID(1)

    static func genesis(_ settings: ClusterSettings = .standard) -> Genesis {
        Genesis(
            settings: settings, operatorToken: operatorToken, operatorDigest: digest(1),
            operatorSuffix: suffix, time: start)
    }

    static var suffix: Suffix { Suffix("4x7Q")! }

    static func digest(_ number: UInt64) -> Digest {
        var writer = ByteWriter()
        writer.write(number)
        return SHA256.digest(of: writer.bytes)
    }

    static func name(_ text: String) -> Name { Name(text)! }
    static func email(_ text: String) -> EmailAddress { EmailAddress(text)! }

    /// A UUIDv7 of that time.
    static func uuid(_ time: Timestamp, _ random: UInt64 = 0) -> IdempotencyKey {
        .uuidV7(
            high: UInt64(time.milliseconds) << 16 | 0x7000 | random & 0xfff,
            low: 1 << 63 | random >> 12)
    }
}

/// A state machine with a log before it: applies commands and checks the laws after each.
struct Bench {
    var machine: StateMachine
    var index = LogIndex.zero
    var time = Sample.start
    var changes: [TableChange] = []
    private var requests: UInt64 = 0

    let account = AccountID(100)
    let user = UserID(200)

    init(_ settings: ClusterSettings = .standard) {
        machine = StateMachine(genesis: Sample.genesis(settings))
    }

    /// With an account and a user in it.
    static func peopled(_ settings: ClusterSettings = .standard) -> Bench {
        var bench = Bench(settings)
        bench.must(.createAccount(bench.account, name: Sample.name("Acme")))
        bench.must(
            .createUser(
                bench.user, account: bench.account, email: Sample.email("ann@acme.test"),
                name: Sample.name("Ann"), role: .member))
        return bench
    }

    func envelope(
        _ command: Command, as token: TokenID = Sample.operatorToken,
        id: IdempotencyKey? = nil, content: UInt64 = 0, request: UInt64
    ) -> Envelope {
        var actor = Actor.token(token)
        switch command {
        case .charge, .hold, .tick, .reportLastUsed: actor = .cluster
        default: break
        }
        return Envelope(
            requestID: RequestID(high: 7, low: request), actor: actor, idempotency: id,
            content: Sample.digest(content), command: command)
    }

    @discardableResult
    mutating func apply(
        _ command: Command, as token: TokenID = Sample.operatorToken,
        id: IdempotencyKey? = nil, content: UInt64 = 0
    ) -> Outcome {
        requests += 1
        return apply(envelope(command, as: token, id: id, content: content, request: requests))
    }

    @discardableResult
    mutating func apply(_ envelope: Envelope) -> Outcome {
        index = index.next
        changes = []
        let (request, outcome) = machine.apply(
            envelope.encode(), at: index, time: time, changes: &changes)
        #expect(request == envelope.requestID)
        #expect(machine.checkInvariants() == nil)
        return outcome
    }

    /// Applies a command that is to succeed, and returns the change.
    @discardableResult
    mutating func must(
        _ command: Command, as token: TokenID = Sample.operatorToken,
        location: SourceLocation = #_sourceLocation
    ) -> Change {
        let outcome = apply(command, as: token)
        guard case .changed(let change) = outcome else {
            Issue.record("\(outcome)", sourceLocation: location)
            return Change(.accountDeleted(AccountID(0)), index: .zero)
        }
        return change
    }

    mutating func pass(_ duration: Duration) { time = time + duration }

    mutating func tick() {
        index = index.next
        changes = []
        machine.advance(to: index, time: time, changes: &changes)
        #expect(machine.checkInvariants() == nil)
    }

    /// Where a key is; nowhere, if it isn't there.
    func place(_ key: UInt64) -> KeyPlace {
        let slot = machine.slot(of: KeyID(key))
        return KeyPlace(
            KeyID(key), slot ?? .none, of: slot.map { machine.state.keys.user(of: $0) } ?? .none)
    }

    /// A new key's command; the id and digest are made from a number.
    func key(
        _ number: UInt64, api: API = .rest, active: Bool = true, user: UserID? = nil
    ) -> Command {
        .createKey(
            NewKey(
                id: KeyID(number), account: account, user: user ?? self.user, api: api,
                name: Sample.name("key \(number)"), digest: Sample.digest(number),
                suffix: Sample.suffix, active: active))
    }

    func token(
        _ number: UInt64, _ role: Role, user: UserID? = nil, account: AccountID? = nil
    ) -> Command {
        .createToken(
            NewToken(
                id: TokenID(number), role: role, account: account ?? self.account, user: user,
                name: Sample.name("token \(number)"), digest: Sample.digest(number),
                suffix: Sample.suffix))
    }

    /// Charges once, under a free-form id unless another is given.
    mutating func charge(
        _ key: UInt64, _ credits: UInt64, id: IdempotencyKey? = nil
    ) -> ChargeOutcome {
        let id = id ?? IdempotencyKey("charge \(index)")!
        let outcome = apply(.charge([Charge(key: .id(KeyID(key)), credits: credits, id: id)]))
        guard case .charged(let outcomes) = outcome, outcomes.count == 1 else {
            return .refused(.capacity)
        }
        return outcomes[0]
    }

    /// Places a hold under its id.
    mutating func hold(
        _ key: UInt64, _ credits: UInt64, as id: String, for seconds: UInt64 = 60
    ) -> HoldOutcome {
        held(
            .place(
                NewHold(
                    key: .id(KeyID(key)), credits: credits, timeoutSeconds: seconds,
                    id: IdempotencyKey(id)!)))
    }

    mutating func settle(
        _ id: String, _ credits: UInt64, key: UInt64 = 1, under own: String? = nil
    ) -> HoldOutcome {
        held(
            .settle(
                Settlement(
                    key: .id(KeyID(key)), hold: IdempotencyKey(id)!, credits: credits,
                    id: own.flatMap { IdempotencyKey($0) })))
    }

    mutating func void(_ id: String, key: UInt64 = 1) -> HoldOutcome {
        held(.void(Voiding(key: .id(KeyID(key)), hold: IdempotencyKey(id)!)))
    }

    private mutating func held(_ command: HoldCommand) -> HoldOutcome {
        switch apply(.hold(command)) {
        case .held(let receipt): .done(receipt)
        case .refused(let refusal): .refused(refusal)
        default: .refused(.capacity)
        }
    }

    func pool(_ credits: UInt64, _ period: Period, api: API = .rest) -> Command {
        .setPool(account: account, api: api, credits: Credits(credits)!, period: period)
    }

    func limit(_ credits: UInt64, _ period: Period, api: API = .rest) -> Command {
        .setLimit(
            user, account: account, api: api, credits: Credits(credits)!, period: period)
    }
}

/// What became of a hold.
enum HoldOutcome: Equatable {
    case done(HoldReceipt)
    case refused(Refusal)

    var receipt: HoldReceipt? {
        guard case .done(let receipt) = self else { return nil }
        return receipt
    }
}

extension ChargeOutcome {
    var receipt: ChargeReceipt? {
        guard case .charged(let receipt) = self else { return nil }
        return receipt
    }
}
