import Basics
import Consensus
import Keyring
import Replica

@testable import Simulator

/// A log of one account that grows entry by entry, judged as in a run, with what the entry was
/// answered falsified where a test wants that.
struct JudgedLog {
    static let account = AccountID(100)
    static let (alice, bob) = (UserID(200), UserID(201))
    static let (first, second, other) = (KeyID(300), KeyID(301), KeyID(302))

    private var machine = StateMachine(genesis: Workload.genesisValue)
    private var reference = ReferenceStore(genesis: Workload.genesisValue)
    private(set) var promises = Promises(genesis: Workload.genesisValue)
    private(set) var holds = HoldReceipts()
    private(set) var index = LogIndex.zero
    /// Log time since the beginning.
    var time = Workload.genesisValue.time
    private var changes: [TableChange] = []

    /// With two users, two keys of the first and one of the second.
    init() {
        must(.createAccount(Self.account, name: Self.name))
        for (user, address) in [(Self.alice, "alice@acme.test"), (Self.bob, "bob@acme.test")] {
            guard let email = EmailAddress(address) else { preconditionFailure("an address") }
            must(
                .createUser(
                    user, account: Self.account, email: email, name: Self.name, role: .member))
        }
        must(.createKey(Self.key(Self.first, of: Self.alice)))
        must(.createKey(Self.key(Self.second, of: Self.alice)))
        must(.createKey(Self.key(Self.other, of: Self.bob)))
    }

    static var name: Name {
        guard let name = Name("Acme") else { preconditionFailure("a name") }
        return name
    }

    static func key(
        _ id: KeyID, of user: UserID, active: Bool = true, until expiry: Timestamp? = nil
    ) -> NewKey {
        NewKey(
            id: id, account: account, user: user, api: .rest, name: name,
            digest: Digest(id.rawValue, 0, 0, 0), suffix: Workload.suffix, active: active,
            expiresAt: expiry)
    }

    static func id(_ text: String) -> IdempotencyKey {
        guard let id = IdempotencyKey(text) else { preconditionFailure("an id") }
        return id
    }

    static func charge(
        _ credits: UInt64, to key: KeyID = first, as text: String
    ) -> Command {
        .charge([Charge(key: .id(key), credits: credits, id: id(text))])
    }

    static func place(
        _ credits: UInt64, with key: KeyID = first, as text: String, for seconds: UInt64 = 60
    ) -> Command {
        .hold(
            .place(
                NewHold(
                    key: .id(key), credits: credits, timeoutSeconds: seconds, id: id(text))))
    }

    static func settle(_ text: String, _ credits: UInt64, with key: KeyID = first) -> Command {
        .hold(.settle(Settlement(key: .id(key), hold: id(text), credits: credits)))
    }

    static func void(_ text: String, with key: KeyID = first) -> Command {
        .hold(.void(Voiding(key: .id(key), hold: id(text))))
    }

    static func limit(_ credits: UInt64, period: Period = .none) -> Command {
        .setLimit(
            alice, account: account, api: .rest, credits: Credits(clamping: credits),
            period: period)
    }

    static func pool(_ credits: UInt64, period: Period = .none) -> Command {
        .setPool(
            account: account, api: .rest, credits: Credits(clamping: credits), period: period)
    }

    func envelope(_ command: Command) -> Envelope {
        var actor = Actor.token(TokenID(1))
        switch command {
        case .charge, .hold, .tick: actor = .cluster
        default: break
        }
        return Envelope(
            requestID: RequestID(high: 1, low: index.rawValue), actor: actor,
            content: SHA256.digest(of: Array("\(command)".utf8)), command: command)
    }

    /// The next entry, as if it had been answered with something else; the law that this breaks.
    mutating func law(
        _ command: Command, told falsify: (Outcome, LogIndex) -> Outcome = { outcome, _ in outcome }
    ) -> String? {
        let envelope = envelope(command)
        index = index.next
        let truth = machine.apply(
            envelope.encode(), at: index, time: time, changes: &changes
        ).outcome
        precondition(
            reference.apply(envelope, at: index, time: time) == truth,
            "the reference store says something else")
        let outcome = falsify(truth, index)
        promises.begin(at: index, time: time)
        do throws(Violation) {
            try promises.judge(envelope, outcome, at: .zero)
            if case .hold(let hold) = command, case .held(let receipt) = outcome {
                try holds.note(receipt, to: hold, in: Self.account, at: index, time, .zero)
            }
            return nil
        } catch {
            return error.law
        }
    }

    /// As `law`, refused so.
    mutating func law(_ command: Command, refusedWith refusal: Refusal) -> String? {
        law(command) { _, _ in
            if case .charge = command { return .charged([.refused(refusal)]) }
            return .refused(refusal)
        }
    }

    /// Requires that it is done, and nothing broken by it.
    mutating func must(_ command: Command) {
        var isDone = false
        let broken = law(command) { outcome, _ in
            switch outcome {
            case .changed, .held, .noted: isDone = true
            case .charged(let outcomes):
                isDone = outcomes.allSatisfy { if case .charged = $0 { true } else { false } }
            case .refused, .malformed: isDone = false
            }
            return outcome
        }
        precondition(isDone && broken == nil, "\(command): \(broken ?? "refused")")
    }

    mutating func pass(_ seconds: Int64) { time = time + .seconds(seconds) }
}
