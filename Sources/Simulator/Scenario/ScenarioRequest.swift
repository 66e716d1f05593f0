import Basics
import Keyring

/// What a scripted client asks of a node, once: it neither waits for ever nor asks elsewhere.
/// Accounts, users, keys and charges go by the names that the scenario gives them.
public enum ScenarioRequest: Hashable, Sendable {
    case createAccount(String)
    /// In the account that every scenario begins with if none is named.
    case createUser(String, account: String?)
    /// Expiring at a time of the run, by the wall clocks as they start.
    case createKey(String, user: String, api: API, expiry: Duration?)
    /// The second name is the new key's.
    case rotate(String, as: String, grace: Duration)
    case createAPI(API)
    case removeAPI(API)
    case activate(String)
    case deactivate(String)
    case revoke(String)
    case revokeAllKeys(user: String)
    case removeUser(String)
    case limit(user: String, credits: UInt64, Period, API)
    case lift(user: String, API)
    /// Under an id of its own if none is named.
    case charge(credits: UInt64, key: String, id: String?)
    /// The hold goes by the id that it is placed under.
    case hold(credits: UInt64, key: String, id: String, Duration)
    /// With the key that placed it, under an id of its own only if one is named.
    case settle(hold: String, credits: UInt64, id: String?)
    case void(hold: String)
    /// What all users of the account may spend together.
    case pool(account: String, credits: UInt64, Period, API)
    case liftPool(account: String, API)
    /// The earlier charge, hold or settlement of this id once more: same content, same id.
    case retry(charge: String)
    /// What the key can spend, reflecting all that returned before.
    case readCredits(key: String)
    /// As the node's front answers: by its own memory, or confirmed by the leader if leases are
    /// off.
    case validate(key: String)
    /// How long leases last from now on; zero: there are none.
    case setLease(Duration)
    case handOver(to: ScenarioPlace?)
    case takeSnapshot
    case member(MemberWish, ScenarioPlace)

    /// What is wanted of a member.
    public enum MemberWish: String, CaseIterable, Hashable, Sendable {
        case add
        case promote
        case remove
    }

    /// The word that the request begins with.
    public var verb: String {
        switch self {
        case .createAccount, .createUser, .createKey, .createAPI: "create"
        case .rotate: "rotate"
        case .activate: "activate"
        case .deactivate: "deactivate"
        case .revoke, .revokeAllKeys: "revoke"
        case .removeUser, .removeAPI: "remove"
        case .limit: "limit"
        case .lift, .liftPool: "lift"
        case .hold: "hold"
        case .settle: "settle"
        case .void: "void"
        case .pool: "pool"
        case .charge: "charge"
        case .retry: "retry"
        case .readCredits: "read"
        case .validate: "validate"
        case .setLease: "set"
        case .handOver: "hand"
        case .takeSnapshot: "take"
        case .member(let wish, _): wish.rawValue
        }
    }

    /// The names in it by which a later line may refer to it.
    var names: [String] {
        switch self {
        case .createAccount(let name), .createUser(let name, _), .createKey(let name, _, _, _),
            .activate(let name), .deactivate(let name), .revoke(let name),
            .revokeAllKeys(let name), .removeUser(let name), .limit(let name, _, _, _),
            .lift(let name, _), .retry(let name), .readCredits(let name), .validate(let name),
            .void(let name), .pool(let name, _, _, _), .liftPool(let name, _):
            [name]
        case .rotate(let old, let new, _):
            [old, new]
        case .createAPI(let api), .removeAPI(let api):
            [api.slug]
        case .charge(_, let key, let id):
            [key] + (id.map { [$0] } ?? [])
        case .hold(_, let key, let id, _): [key, id]
        case .settle(let hold, _, let id): [hold] + (id.map { [$0] } ?? [])
        case .member(_, .named(let name)):
            [name]
        case .handOver, .takeSnapshot, .member, .setLease:
            []
        }
    }

    static let verbs = [
        "create", "activate", "deactivate", "revoke", "remove", "limit", "lift", "charge", "retry",
        "hold", "settle", "void", "pool", "read", "validate", "set", "hand", "take", "add",
        "promote", "rotate",
    ]

    /// What kind of answer it gets, and so what can be expected of it.
    var answers: AnswerKind {
        switch self {
        case .validate: .verdict
        case .charge, .hold, .settle, .void, .retry: .charge
        case .readCredits: .credits
        default: .change
        }
    }

    enum AnswerKind { case verdict, charge, credits, change }
}
