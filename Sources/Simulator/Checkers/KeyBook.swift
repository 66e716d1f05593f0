import Basics
import Keyring

/// The keys that there are, whose they are and which of them must be accepted: from the commands in
/// the log and whether each was done, and from nothing that a node or the reference store keeps.
struct KeyBook {
    enum Standing: Hashable {
        case inactive
        /// Or retiring.
        case active
        case ended
    }

    struct Key {
        var id: KeyID
        var account: AccountID
        var user: UserID
        var api: API
        /// The entry that made it.
        var since: LogIndex
        var standing: Standing
        var expiresAt: Timestamp?
        /// When time ends it: its expiry, or the end of its grace.
        var deadline: Timestamp?
        /// The key whose place it took.
        var replaces: KeyID?
    }

    private struct User {
        var account: AccountID
        var email: [UInt8]
        var isGone = false
    }

    private(set) var settings: ClusterSettings
    /// Log time.
    private(set) var time: Timestamp
    private var keys: [KeyID: Key] = [:]
    private var digests: [Digest: KeyID] = [:]
    private var keysOfUser: [UserID: [KeyID]] = [:]
    private var users: [UserID: User] = [:]
    private var usersOfAccount: [AccountID: [UserID]] = [:]
    private var deletedAccounts: Set<AccountID> = []

    init(genesis: Genesis) {
        settings = genesis.settings
        time = genesis.time
    }

    mutating func reach(_ time: Timestamp) { self.time = max(self.time, time) }

    // MARK: What must be so

    /// Nil for one that never was.
    func key(_ reference: KeyReference) -> Key? {
        switch reference {
        case .id(let id): keys[id]
        case .digest(let digest): digests[digest].flatMap { keys[$0] }
        }
    }

    /// A key whose end has come is none, whoever has noted it.
    func accepts(_ key: Key) -> Bool {
        isActive(key) && users[key.user]?.isGone == false && !deletedAccounts.contains(key.account)
    }

    private func isActive(_ key: Key) -> Bool {
        key.standing == .active && key.deadline.map { $0 > time } ?? true
    }

    /// Those in their grace among them.
    func activeKeys(of user: UserID) -> Int {
        (keysOfUser[user] ?? []).count { keys[$0].map(isActive) ?? false }
    }

    // MARK: What was done

    /// The users who may have more active keys now.
    mutating func note(_ command: Command, _ change: Change, at index: LogIndex) -> [UserID] {
        switch command {
        case .deleteAccount(let id): deletedAccounts.insert(id)
        case .createUser(let id, let account, let email, _, _):
            users[id] = User(account: account, email: email.folded)
            usersOfAccount[account, default: []].append(id)
        case .updateUser(let id, _, let email?, _, _): users[id]?.email = email.folded
        case .removeUser(let id, _): users[id]?.isGone = true
        case .createKey(let new):
            add(new, at: index)
            return new.active ? [new.user] : []
        case .importKeys(let batch):
            let owners = batch.keys.map { ($0.active, add($0, in: batch.account, at: index)) }
            return owners.compactMap { isActive, owner in isActive ? owner : nil }
        case .rotateKey(let rotation): return rotate(rotation, at: index)
        case .setKeyActive(let id, _, active: true):
            keys[id]?.standing = .active
            return keys[id].map { [$0.user] } ?? []
        case .setKeyActive(let id, _, active: false):
            endGrace(before: id)
            keys[id]?.standing = .inactive
        case .revokeKey(let id, _):
            endGrace(before: id)
            keys[id]?.standing = .ended
        case .revokeAllKeys(let user, _):
            for id in keysOfUser[user] ?? [] { keys[id]?.standing = .ended }
        case .updateSettings:
            if case .settings(let changed) = change.result { settings = changed }
        default: break
        }
        return []
    }

    private mutating func add(_ new: NewKey, at index: LogIndex) {
        add(
            Key(
                id: new.id, account: new.account, user: new.user, api: new.api, since: index,
                standing: new.active ? .active : .inactive, expiresAt: new.expiresAt,
                deadline: new.expiresAt), new.digest)
    }

    /// Whose it is.
    private mutating func add(
        _ imported: ImportedKey, in account: AccountID, at index: LogIndex
    ) -> UserID? {
        let owner: UserID?
        switch imported.owner {
        case .id(let id): owner = id
        case .email(let email):
            owner = usersOfAccount[account]?.last { id in
                users[id]?.isGone == false && users[id]?.email == email.folded
            }
        }
        guard let owner else { return nil }
        add(
            Key(
                id: imported.id, account: account, user: owner, api: imported.api, since: index,
                standing: imported.active ? .active : .inactive, expiresAt: imported.expiresAt,
                deadline: imported.expiresAt), imported.digest)
        return owner
    }

    private mutating func add(_ key: Key, _ digest: Digest) {
        keys[key.id] = key
        digests[digest] = key.id
        keysOfUser[key.user, default: []].append(key.id)
    }

    private mutating func rotate(_ rotation: Rotation, at index: LogIndex) -> [UserID] {
        guard let old = keys[rotation.old] else { return [] }
        endGrace(before: old.id)
        var expiry = old.expiresAt
        if case .set(let given) = rotation.expiry { expiry = given }
        add(
            Key(
                id: rotation.id, account: old.account, user: old.user, api: old.api, since: index,
                standing: old.standing, expiresAt: expiry, deadline: expiry, replaces: old.id),
            rotation.digest)
        guard rotation.graceSeconds > 0 else {
            keys[old.id]?.standing = .ended
            return []
        }
        let grace = time + .seconds(Int64(rotation.graceSeconds))
        keys[old.id]?.deadline = [old.expiresAt, expiry].compactMap { $0 }.reduce(grace, min)
        return [old.user]
    }

    /// Of the key that this one replaced: whoever changes the new one closes the old one, too.
    private mutating func endGrace(before id: KeyID) {
        guard let replaced = keys[id]?.replaces else { return }
        keys[replaced]?.standing = .ended
    }
}
