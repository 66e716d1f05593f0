import Basics
import Keyring

/// Which keys, users and accounts a history speaks of, and what belongs to whom: as the creations
/// that were asked for say, whatever came of them.
struct KeyDirectory {
    struct Key {
        var account: AccountID
        var user: UserID
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

    init(_ operations: [RecordedOperation]) {
        for operation in operations {
            guard case .command(let command, _) = operation.request else { continue }
            switch command {
            case .createUser(let user, let account, _, _, _): note(user, in: account)
            case .setLimit(let user, _, let api, _, _), .removeLimit(let user, _, let api):
                note(Line(user: user, api: api))
            case .createKey(let key): note(key)
            case .importKeys(let batch):
                for key in batch.newKeys { note(key) }
            default: break
            }
        }
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
        keys[key.id] = Key(account: key.account, user: key.user, api: key.api)
        // An import may name one that is taken, and is refused: it stays the first key's.
        if digests[key.digest] == nil { digests[key.digest] = key.id }
        keysOfUser[key.user, default: []].append(key.id)
        note(Line(user: key.user, api: key.api))
    }

    func key(_ id: KeyID) -> Key? { keys[id] }

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
                digest: key.digest, suffix: key.suffix, active: key.active)
        }
    }
}

/// The days of log time.
struct LogDates {
    /// Those that the log's entries bear, in their order.
    let days: [CalendarDate]
    /// For each index, from zero on, the position of its day.
    private let positions: [Int]

    init(_ times: [Timestamp], since start: Timestamp) {
        var days = [CalendarDate(start)]
        var positions = [0]
        var latest = start
        positions.reserveCapacity(times.count + 1)
        for time in times {
            // Log time never goes back: an entry with an earlier time counts as of the last.
            latest = max(latest, time)
            let day = CalendarDate(latest)
            if day != days[days.count - 1] { days.append(day) }
            positions.append(days.count - 1)
        }
        self.days = days
        self.positions = positions
    }

    /// Nil for an index that isn't in the log.
    func position(of index: LogIndex) -> Int? {
        index.rawValue < UInt64(positions.count) ? positions[Int(index.rawValue)] : nil
    }
}
