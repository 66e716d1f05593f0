import Basics
import Keyring

/// Who and what the names of a scenario stand for in the cluster.
struct ScenarioCast {
    /// The account of users that name none.
    static let home = "home"

    private var accounts: [AccountID: String] = [:]
    private var users: [UserID: (name: String, account: AccountID)] = [:]
    private var keys: [KeyID: (name: String, user: UserID, api: API)] = [:]
    /// What the wall clocks show when the run begins.
    private let wallStart: Timestamp
    /// By the name of their id: the first request of each.
    private(set) var charges: [String: Charge] = [:]
    /// By the names of the ids: the first request to place each hold, and to settle under each.
    private var holds: [String: NewHold] = [:]
    private var settlements: [String: Settlement] = [:]

    init(wallStart: Timestamp) { self.wallStart = wallStart }

    private static func digest(_ kind: String, _ name: String) -> Digest {
        SHA256.digest(of: Array("\(kind) \(name)".utf8))
    }

    static func account(_ name: String) -> AccountID {
        AccountID(digest("account", name).word0)
    }
    static func user(_ name: String) -> UserID { UserID(digest("user", name).word0) }
    static func key(_ name: String) -> KeyID { KeyID(digest("key id", name).word0) }
    /// Of the key's text, which nobody ever sees here.
    static func keyDigest(_ name: String) -> Digest { digest("key", name) }

    private func account(of user: UserID) -> AccountID {
        users[user]?.account ?? Self.account(Self.home)
    }

    private func account(ofKey name: String) -> AccountID {
        keys[Self.key(name)].map { account(of: $0.user) } ?? Self.account(Self.home)
    }

    // MARK: Commands

    /// The command that a request stands for, nil if it is no change; notes what it is to create.
    mutating func command(of request: ScenarioRequest, automatic: String) -> Command? {
        switch request {
        case .createAccount(let name):
            accounts[Self.account(name)] = name
            return Name(name).map { .createAccount(Self.account(name), name: $0) }
        case .createUser(let name, let account):
            return userCreation(name, Self.account(account ?? Self.home))
        case .createKey(let name, let user, let api, let expiry):
            return keyCreation(name, Self.user(user), api, expiry)
        case .rotate(let old, let new, let grace):
            return rotation(of: old, to: new, grace)
        case .createAPI(let api):
            return Name("API \(api.slug)").map { .createAPI(api, name: $0) }
        case .removeAPI(let api):
            return .removeAPI(api)
        case .activate(let key), .deactivate(let key):
            let isActive = request.verb == "activate"
            return .setKeyActive(
                Self.key(key), account: account(ofKey: key), active: isActive)
        case .revoke(let key):
            return .revokeKey(Self.key(key), account: account(ofKey: key))
        case .revokeAllKeys(let user):
            return .revokeAllKeys(Self.user(user), account: account(of: Self.user(user)))
        case .removeUser(let user):
            return .removeUser(Self.user(user), account: account(of: Self.user(user)))
        case .limit(let user, let credits, let period, let api):
            return .setLimit(
                Self.user(user), account: account(of: Self.user(user)), api: api,
                credits: Credits(clamping: credits), period: period)
        case .lift(let user, let api):
            return .removeLimit(
                Self.user(user), account: account(of: Self.user(user)), api: api)
        case .charge(let credits, let key, let id):
            return charge(credits, key, id: id, automatic: automatic).map { .charge([$0]) }
        case .retry(let id):
            if let hold = holds[id] { return .hold(.place(hold)) }
            if let settlement = settlements[id] { return .hold(.settle(settlement)) }
            return charges[id].map { .charge([$0]) }
        case .hold(let credits, let key, let id, let time):
            return placement(credits, key, id, time).map { .hold(.place($0)) }
        case .settle(let hold, let credits, let id):
            return settlement(of: hold, credits, id).map { .hold(.settle($0)) }
        case .void(let hold):
            return holds[hold].map { .hold(.void(Voiding(key: $0.key, hold: $0.id))) }
        case .pool(let account, let credits, let period, let api):
            return .setPool(
                account: Self.account(account), api: api, credits: Credits(clamping: credits),
                period: period)
        case .liftPool(let account, let api):
            return .removePool(account: Self.account(account), api: api)
        case .setLease(let time):
            var change = SettingsChange()
            change[.leaseMilliseconds] = UInt32(time.nanoseconds / 1_000_000)
            return .updateSettings(change)
        case .readCredits, .validate, .handOver, .takeSnapshot, .member:
            return nil
        }
    }

    private mutating func userCreation(_ name: String, _ account: AccountID) -> Command? {
        guard let email = EmailAddress("\(name)@example.com"), let text = Name(name) else {
            return nil
        }
        users[Self.user(name)] = (name, account)
        return .createUser(
            Self.user(name), account: account, email: email, name: text, role: .member)
    }

    private mutating func keyCreation(
        _ name: String, _ user: UserID, _ api: API, _ expiry: Duration?
    ) -> Command? {
        guard let text = Name(name) else { return nil }
        keys[Self.key(name)] = (name, user, api)
        return .createKey(
            NewKey(
                id: Self.key(name), account: account(of: user), user: user, api: api, name: text,
                digest: Self.keyDigest(name), suffix: Workload.suffix, active: true,
                expiresAt: expiry.map { wallStart + $0 }))
    }

    private mutating func rotation(of old: String, to new: String, _ grace: Duration) -> Command? {
        guard let owner = keys[Self.key(old)] else { return nil }
        keys[Self.key(new)] = (new, owner.user, owner.api)
        return .rotateKey(
            Rotation(
                old: Self.key(old), account: account(of: owner.user), id: Self.key(new),
                digest: Self.keyDigest(new), suffix: Workload.suffix, api: owner.api,
                graceSeconds: UInt32(clamping: grace.nanoseconds / 1_000_000_000)))
    }

    private mutating func charge(
        _ credits: UInt64, _ key: String, id: String?, automatic: String
    ) -> Charge? {
        IdempotencyKey(id ?? automatic).map { idempotency in
            let charge = Charge(
                key: .digest(Self.keyDigest(key)), credits: credits, id: idempotency)
            if let id, charges[id] == nil { charges[id] = charge }
            return charge
        }
    }

    private mutating func placement(
        _ credits: UInt64, _ key: String, _ name: String, _ time: Duration
    ) -> NewHold? {
        guard let id = IdempotencyKey(name) else { return nil }
        let hold = NewHold(
            key: .digest(Self.keyDigest(key)), credits: credits,
            timeoutSeconds: UInt64(time.nanoseconds / 1_000_000_000), id: id)
        if holds[name] == nil { holds[name] = hold }
        return hold
    }

    private mutating func settlement(
        of hold: String, _ credits: UInt64, _ name: String?
    ) -> Settlement? {
        guard let placed = holds[hold] else { return nil }
        let settlement = Settlement(
            key: placed.key, hold: placed.id, credits: credits,
            id: name.flatMap { IdempotencyKey($0) })
        if let name, settlements[name] == nil { settlements[name] = settlement }
        return settlement
    }

    // MARK: For traces

    /// A committed command in the scenario's words; nil for what is committed without being asked
    /// for, and for charges without an id.
    func text(of command: Command) -> String? {
        switch command {
        case .createAccount(let id, _): "create account \(accounts[id] ?? "?")"
        case .createUser(let id, _, _, _, _): "create user \(name(id))"
        case .createKey(let key): "create key \(name(key.id)) for \(name(key.user))"
        case .setKeyActive(let id, _, let active):
            "\(active ? "activate" : "deactivate") \(name(id))"
        case .revokeKey(let id, _): "revoke \(name(id))"
        case .revokeAllKeys(let id, _): "revoke all keys of \(name(id))"
        case .removeUser(let id, _): "remove user \(name(id))"
        case .setLimit(let id, _, let api, let credits, let period):
            "limit \(name(id)) to \(credits) credits \(period.phrase) of \(api)"
        case .removeLimit(let id, _, let api): "lift limit of \(name(id)) of \(api)"
        case .charge(let charges): text(of: charges)
        case .changeMember(let command): command.request.text
        case .rotateKey(let rotation): "rotate \(name(rotation.old)) as \(name(rotation.id))"
        case .createAPI(let api, _): "create API \(api)"
        case .removeAPI(let api): "remove API \(api)"
        case .hold(.place(let hold)): "hold \(hold.credits) as \(hold.id)"
        case .hold(.settle(let settlement)):
            "settle \(settlement.hold) for \(settlement.credits)"
                + (settlement.id.map { " as \($0)" } ?? "")
        case .hold(.void(let voiding)): "void \(voiding.hold)"
        case .setPool(let account, let api, let credits, let period):
            "pool of \(name(account)) to \(credits) credits \(period.phrase) of \(api)"
        case .removePool(let account, let api): "lift pool of \(name(account)) of \(api)"
        case .updateSettings(let change):
            change[.leaseMilliseconds].map {
                "set lease to \(Duration.milliseconds(Int64($0)).text)"
            }
        default: nil
        }
    }

    private func text(of charges: [Charge]) -> String? {
        guard let charge = charges.first,
            let id = self.charges.keys.sorted().first(where: { IdempotencyKey($0) == charge.id })
        else { return nil }
        return "charge \(charge.credits) as \(id)"
    }

    private func name(_ account: AccountID) -> String { accounts[account] ?? Self.home }
    private func name(_ user: UserID) -> String { users[user]?.name ?? "?" }
    private func name(_ key: KeyID) -> String { keys[key]?.name ?? "?" }
}
