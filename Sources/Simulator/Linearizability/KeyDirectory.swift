import Basics
import Keyring

/// Which keys, users and accounts a history speaks of, and what belongs to whom: as the creations
/// that were asked for say, whatever came of them.
struct KeyDirectory {
    struct Key {
        var account: AccountID
        var user: UserID
        var api: API
        /// Nil: never.
        var expiresAt: Timestamp?
        /// The key whose place it was asked to take, and for how long that was to stay good.
        var replaces: KeyID?
        var graceSeconds: UInt32 = 0
    }

    struct Hold: Hashable {
        var account: AccountID
        var id: IdempotencyKey
    }

    struct Pool: Hashable {
        var account: AccountID
        var api: API
    }

    struct Line: Hashable {
        var user: UserID
        var api: API
    }

    private var keys: [KeyID: Key] = [:]
    private var digests: [Digest: KeyID] = [:]
    private var keysOfUser: [UserID: [KeyID]] = [:]
    private var linesOfUser: [UserID: [Line]] = [:]
    private var usersOfAccount: [AccountID: [UserID]] = [:]
    private var accounts: [UserID: AccountID] = [:]
    /// The key with which each was asked for.
    private var holds: [Hold: KeyID] = [:]
    private var pools: Set<Pool> = []

    init(_ operations: [RecordedOperation]) {
        for operation in operations {
            guard case .command(let command, _) = operation.request else { continue }
            switch command {
            case .createUser(let user, let account, _, _, _): note(user, in: account)
            case .setLimit(let user, _, let api, _, _), .removeLimit(let user, _, let api):
                note(Line(user: user, api: api))
            case .createKey(let key): note(key)
            case .rotateKey(let rotation): note(rotation)
            case .setPool(let account, let api, _, _):
                pools.insert(Pool(account: account, api: api))
            case .importKeys(let batch):
                for key in batch.newKeys { note(key) }
            default: break
            }
        }
        // Keys may be used before their creation has returned.
        for operation in operations {
            if case .command(.hold(.place(let hold)), _) = operation.request { note(hold) }
        }
    }

    private mutating func note(_ hold: NewHold) {
        guard let key = keyID(of: hold.key), let account = keys[key]?.account else { return }
        let name = Hold(account: account, id: hold.id)
        if holds[name] == nil { holds[name] = key }
    }

    private mutating func note(_ user: UserID, in account: AccountID) {
        guard accounts.updateValue(account, forKey: user) == nil else { return }
        usersOfAccount[account, default: []].append(user)
    }

    private mutating func note(_ line: Line) {
        guard linesOfUser[line.user]?.contains(line) != true else { return }
        linesOfUser[line.user, default: []].append(line)
    }

    private mutating func note(_ key: NewKey) {
        guard keys[key.id] == nil else { return }
        add(
            key.id, key.digest,
            Key(
                account: key.account, user: key.user, api: key.api, expiresAt: key.expiresAt))
    }

    private mutating func note(_ rotation: Rotation) {
        guard let old = keys[rotation.old], old.account == rotation.account else { return }
        guard keys[rotation.id] == nil else { return }
        var expiry = old.expiresAt
        if case .set(let given) = rotation.expiry { expiry = given }
        add(
            rotation.id, rotation.digest,
            Key(
                account: old.account, user: old.user, api: old.api, expiresAt: expiry,
                replaces: rotation.old, graceSeconds: rotation.graceSeconds))
    }

    private mutating func add(_ id: KeyID, _ digest: Digest, _ key: Key) {
        keys[id] = key
        // An import may name one that is taken, and is refused: it stays the first key's.
        if digests[digest] == nil { digests[digest] = id }
        keysOfUser[key.user, default: []].append(id)
        note(Line(user: key.user, api: key.api))
    }

    func key(_ id: KeyID) -> Key? { keys[id] }

    /// Whose credits a hold takes; nil for one that nobody asked for.
    func line(of hold: Hold) -> Line? {
        holds[hold].flatMap { keys[$0] }.map { Line(user: $0.user, api: $0.api) }
    }

    /// Whether anybody asked for a pool that the line's credits are taken from as well.
    func mayHavePool(_ line: Line) -> Bool {
        accounts[line.user].map { pools.contains(Pool(account: $0, api: line.api)) } ?? false
    }

    func keyID(of reference: KeyReference) -> KeyID? {
        switch reference {
        case .id(let id): id
        case .digest(let digest): digests[digest]
        }
    }

    /// Nil for a user whose creation nobody asked for.
    func account(of user: UserID) -> AccountID? { accounts[user] }

    func keys(of user: UserID) -> [KeyID] { keysOfUser[user] ?? [] }
    func lines(of user: UserID) -> [Line] { linesOfUser[user] ?? [] }
    func users(of account: AccountID) -> [UserID] { usersOfAccount[account] ?? [] }
}

extension KeyImport {
    /// Its keys as if each were created alone. Requires users by their ids, as clients name them.
    var newKeys: [NewKey] {
        keys.map { key in
            guard case .id(let user) = key.owner else {
                preconditionFailure("a simulated client names users by their ids")
            }
            return NewKey(
                id: key.id, account: account, user: user, api: key.api, name: key.name,
                digest: key.digest, suffix: key.suffix, active: key.active,
                expiresAt: key.expiresAt)
        }
    }
}

/// The days of log time.
struct LogDates {
    /// Those that the log's entries bear, in their order.
    let days: [CalendarDate]
    /// For each index, from zero on, the position of its day.
    private let positions: [Int]
    /// The log's time at each index.
    private let latest: [Timestamp]

    init(_ times: [Timestamp], since start: Timestamp) {
        var days = [CalendarDate(start)]
        var positions = [0]
        var latest = start
        var all = [start]
        positions.reserveCapacity(times.count + 1)
        for time in times {
            // Log time never goes back: an entry with an earlier time counts as of the last.
            latest = max(latest, time)
            all.append(latest)
            let day = CalendarDate(latest)
            if day != days[days.count - 1] { days.append(day) }
            positions.append(days.count - 1)
        }
        self.days = days
        self.positions = positions
        self.latest = all
    }

    /// The log's time at an index; nil for one that isn't in it.
    func time(at index: LogIndex) -> Timestamp? {
        index.rawValue < UInt64(latest.count) ? latest[Int(index.rawValue)] : nil
    }

    /// The first index at which it is that time or later; nil if the log ends before.
    func firstIndex(at time: Timestamp) -> LogIndex? {
        latest.firstIndex { $0 >= time }.map { LogIndex(UInt64($0)) }
    }

    /// Nil for an index that isn't in the log.
    func position(of index: LogIndex) -> Int? {
        index.rawValue < UInt64(positions.count) ? positions[Int(index.rawValue)] : nil
    }
}
