import Basics
import Keyring

/// What a read side would know that does nothing but follow `TableChange`s.
struct TableMirror: Equatable {
    struct Key: Equatable {
        var digest: Digest
        var api: API
        var user: UserID
        var account: AccountID
        var state: KeyState
        /// Of a retiring key.
        var successor: KeyID?
    }

    struct Token: Equatable {
        var digest: Digest
        var role: Role
        var account: AccountID?
        var user: UserID?
        var isRevoked = false
    }

    struct User: Equatable {
        var account: AccountID
        var role: UserRole
        var isRemoved = false
        var credits: [API: CreditState] = [:]
    }

    /// Which are open.
    var accounts: [AccountID: Bool] = [:]
    var pools: [AccountID: [API: CreditState]] = [:]
    var users: [UserID: User] = [:]
    var keys: [KeyID: Key] = [:]
    var tokens: [TokenID: Token] = [:]
    var day: Int32 = 0
    var month: Int32 = 0
    var foreignKeys = ForeignKeyForm.none

    init() {}

    init(of machine: StateMachine) {
        machine.forEachTableEntry { follow($0) }
    }

    mutating func follow(_ change: TableChange) {
        switch change {
        case .accountAdded(let id): accounts[id] = true
        case .accountDeleted(let id): accounts[id] = false
        case .accountForgotten(let id):
            accounts[id] = nil
            pools[id] = nil
        case .userAdded(let id, let account, let role):
            users[id] = User(account: account, role: role)
        case .userRole(let id, let role): users[id]?.role = role
        case .userRemoved(let id): users[id]?.isRemoved = true
        case .userForgotten(let id): users[id] = nil
        case .keyAdded(let key, let digest, let api, let user, let account, let state):
            keys[key.id] = Key(digest: digest, api: api, user: user, account: account, state: state)
        case .keyState(let key, let state):
            keys[key.id]?.state = state
            keys[key.id]?.successor = nil
        case .keyRetiring(let key, let successor):
            keys[key.id]?.state = .retiring
            keys[key.id]?.successor = successor.id
        case .keyForgotten(let key): keys[key.id] = nil
        case .tokenAdded(let id, let digest, let role, let account, let user):
            tokens[id] = Token(digest: digest, role: role, account: account, user: user)
        case .tokenRevoked(let id): tokens[id]?.isRevoked = true
        case .tokenForgotten(let id): tokens[id] = nil
        case .credits(let user, let api, let state): users[user]?.credits[api] = state
        case .creditsUnlimited(let user, let api): users[user]?.credits[api] = nil
        case .pool(let account, let api, let state): pools[account, default: [:]][api] = state
        case .poolUnlimited(let account, let api):
            pools[account]?[api] = nil
            if pools[account]?.isEmpty == true { pools[account] = nil }
        case .foreignKeys(let form): foreignKeys = form
        case .calendar(let day, let month):
            self.day = day
            self.month = month
        }
    }

    /// The same with every credit state brought to the calendar's period, and without its end,
    /// which follows from that.
    var current: TableMirror {
        var mirror = self
        for (id, user) in users {
            mirror.users[id]?.credits = user.credits.mapValues(current)
        }
        mirror.pools = pools.mapValues { $0.mapValues(current) }
        return mirror
    }

    private func current(_ credits: CreditState) -> CreditState {
        var credits = credits
        let number =
            switch credits.period {
            case .none: Int32(0)
            case .day: day
            case .month: month
            }
        credits.periodEnd = nil
        guard credits.periodNumber != number else { return credits }
        credits.remaining = credits.allowance
        credits.periodNumber = number
        return credits
    }

    /// Whether a key gives access by what the mirror knows.
    func accepts(_ key: KeyID) -> Bool {
        guard let key = keys[key], let user = users[key.user] else { return false }
        return key.state.isAccepted && !user.isRemoved && accounts[key.account] == true
    }
}
