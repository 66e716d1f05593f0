import Basics

@testable import Keyring

/// The table as a few dictionaries: slow, obvious, and what the real one is compared with.
struct KeyTableTwin {
    struct Account {
        var state = PartyState.active
        var pools: [API: CreditState] = [:]
    }
    struct User {
        var account: AccountID
        var role: UserRole
        var state = PartyState.active
        var credits: [API: CreditState] = [:]
    }
    struct Key {
        var digest: Digest
        var api: API
        var user: UserID
        var state: KeyState
    }
    struct Token {
        var digest: Digest
        var role: Role
        var account: AccountID?
        var user: UserID?
        var isRevoked = false
    }

    var accounts: [AccountID: Account] = [:]
    var users: [UserID: User] = [:]
    var keys: [KeyID: Key] = [:]
    var tokens: [TokenID: Token] = [:]
    var day: Int32 = 0
    var month: Int32 = 0

    mutating func apply(_ change: TableChange) {
        switch change {
        case .accountAdded(let id): accounts[id] = Account()
        case .accountDeleted(let id): accounts[id]?.state = .removed
        case .accountForgotten(let id): accounts[id] = nil
        case .userAdded(let id, let account, let role):
            users[id] = User(account: account, role: role)
        case .userRole(let id, let role): users[id]?.role = role
        case .userRemoved(let id): users[id]?.state = .removed
        case .userForgotten(let id): users[id] = nil
        case .keyAdded(let key, let digest, let api, let user, _, let state):
            keys[key.id] = Key(digest: digest, api: api, user: user, state: state)
        case .keyState(let key, let state): keys[key.id]?.state = state
        case .keyRetiring(let key, _): keys[key.id]?.state = .retiring
        case .keyForgotten(let key): keys[key.id] = nil
        case .tokenAdded(let id, let digest, let role, let account, let user):
            tokens[id] = Token(digest: digest, role: role, account: account, user: user)
        case .tokenRevoked(let id): tokens[id]?.isRevoked = true
        case .tokenForgotten(let id): tokens[id] = nil
        case .credits(let user, let api, let state): users[user]?.credits[api] = state
        case .creditsUnlimited(let user, let api): users[user]?.credits[api] = nil
        case .pool(let account, let api, let state): accounts[account]?.pools[api] = state
        case .poolUnlimited(let account, let api): accounts[account]?.pools[api] = nil
        case .calendar(let day, let month): (self.day, self.month) = (day, month)
        case .foreignKeys: break
        }
    }

    /// What a look-up of the key must give.
    func view(_ id: KeyID) -> (Key, User, PartyState, CreditView?, Credits?)? {
        guard let key = keys[id], let user = users[key.user],
            let account = accounts[user.account]
        else { return nil }
        return (
            key, user, account.state, user.credits[key.api].map(view),
            account.pools[key.api].map(view)?.remaining
        )
    }

    private func view(_ credits: CreditState) -> CreditView {
        let current: Int32 =
            switch credits.period {
            case .none: 0
            case .day: day
            case .month: month
            }
        let isOver = credits.periodNumber < current
        return CreditView(
            allowance: credits.allowance,
            remaining: isOver ? credits.allowance : credits.remaining, period: credits.period,
            periodNumber: isOver ? current : credits.periodNumber)
    }

    /// Everything, as changes that build the same table anew.
    func changes() -> [TableChange] {
        var changes: [TableChange] = [.calendar(day: day, month: month)]
        for (id, account) in accounts {
            changes.append(.accountAdded(id))
            if account.state == .removed { changes.append(.accountDeleted(id)) }
            for (api, state) in account.pools { changes.append(.pool(id, api, state)) }
        }
        for (id, user) in users {
            changes.append(.userAdded(id, account: user.account, role: user.role))
            if user.state == .removed { changes.append(.userRemoved(id)) }
            for (api, state) in user.credits { changes.append(.credits(id, api, state)) }
        }
        for (id, key) in keys {
            guard let account = users[key.user]?.account else { continue }
            changes.append(
                .keyAdded(
                    id, digest: key.digest, api: key.api, user: key.user, account: account,
                    state: key.state))
        }
        for (id, token) in tokens {
            changes.append(
                .tokenAdded(
                    id, digest: token.digest, role: token.role, account: token.account,
                    user: token.user))
            if token.isRevoked { changes.append(.tokenRevoked(id)) }
        }
        return changes
    }
}

/// Draws changes that a state machine could report: nothing is forgotten while something names
/// it.
struct KeyTableHistory {
    var generator: SeededGenerator
    var twin = KeyTableTwin()
    var accounts: [AccountID] = []
    var users: [UserID] = []
    var keys: [KeyID] = []
    var tokens: [TokenID] = []
    /// Digests of keys and tokens that were forgotten.
    var forgotten: [Digest] = []
    private let apis = [API.rest, .batch, API(slug: "third")!]

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// `growth` in ten of the changes to keys add one.
    mutating func next(growth: UInt64) -> TableChange {
        let change = draw(growth: growth)
        twin.apply(change)
        return change
    }

    private mutating func draw(growth: UInt64) -> TableChange {
        while true {
            let kind = generator.below(100)
            if accounts.isEmpty || kind == 0, accounts.count < 50 { return addAccount() }
            if users.isEmpty || (1...8).contains(kind) { return addUser() }
            switch kind {
            case 9...10: if let change = changeUser() { return change }
            case 11...12: if let change = forgetParty() { return change }
            case 13...22: return changeCredits()
            case 23...25: return changePool()
            case 26...33: return changeToken(growth: growth)
            case 34 where generator.chance(1, in: 4):
                return .calendar(
                    day: twin.day + Int32(generator.below(3)),
                    month: twin.month + Int32(generator.below(2)))
            default: return changeKey(growth: growth)
            }
        }
    }

    mutating func digest() -> Digest {
        Digest(generator.next(), generator.next(), generator.next(), generator.next())
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(generator.below(UInt64(elements.count)))]
    }

    private mutating func addAccount() -> TableChange {
        accounts.append(AccountID(generator.next()))
        return .accountAdded(accounts[accounts.count - 1])
    }

    private mutating func addUser() -> TableChange {
        users.append(UserID(generator.next()))
        return .userAdded(
            users[users.count - 1], account: pick(accounts), role: pick([.admin, .member]))
    }

    private mutating func changeUser() -> TableChange? {
        let user = pick(users)
        guard generator.chance(1, in: 3) else { return .userRole(user, pick([.admin, .member])) }
        if generator.chance(1, in: 20) { return .accountDeleted(pick(accounts)) }
        return .userRemoved(user)
    }

    private mutating func forgetParty() -> TableChange? {
        let position = Int(generator.below(UInt64(users.count)))
        let user = users[position]
        let isNamed =
            twin.keys.values.contains { $0.user == user }
            || twin.tokens.values.contains { $0.user == user }
        if !isNamed {
            users.remove(at: position)
            return .userForgotten(user)
        }
        let account = pick(accounts)
        guard !twin.users.values.contains(where: { $0.account == account }),
            !twin.tokens.values.contains(where: { $0.account == account })
        else { return nil }
        accounts.removeAll { $0 == account }
        return .accountForgotten(account)
    }

    private mutating func changeCredits() -> TableChange {
        let user = pick(users)
        let api = pick(apis)
        guard generator.chance(4, in: 5) else { return .creditsUnlimited(user, api) }
        return .credits(user, api, drawCredits())
    }

    private mutating func changePool() -> TableChange {
        let account = pick(accounts)
        let api = pick(apis)
        guard generator.chance(4, in: 5) else { return .poolUnlimited(account, api) }
        return .pool(account, api, drawCredits())
    }

    private mutating func drawCredits() -> CreditState {
        let allowance = generator.below(1 << 53)
        let period = pick(Period.allCases)
        let number: Int32 =
            switch period {
            case .none: 0
            case .day: twin.day
            case .month: twin.month
            }
        return CreditState(
            allowance: Credits(clamping: allowance),
            remaining: Credits(clamping: generator.below(allowance + 1)), period: period,
            periodNumber: number, periodEnd: nil)
    }

    private mutating func changeKey(growth: UInt64) -> TableChange {
        if keys.isEmpty || generator.chance(growth, in: 10) {
            let user = pick(users)
            keys.append(KeyID(generator.next()))
            return .keyAdded(
                keys[keys.count - 1], digest: digest(), api: pick(apis), user: user,
                account: twin.users[user]!.account, state: pick(KeyState.allCases))
        }
        let position = Int(generator.below(UInt64(keys.count)))
        let key = keys[position]
        guard generator.chance(1, in: 2) else { return .keyState(key, pick(KeyState.allCases)) }
        keys.swapAt(position, keys.count - 1)
        keys.removeLast()
        forgotten.append(twin.keys[key]!.digest)
        return .keyForgotten(key)
    }

    private mutating func changeToken(growth: UInt64) -> TableChange {
        if tokens.isEmpty || generator.chance(growth, in: 10) {
            tokens.append(TokenID(generator.next()))
            let user = generator.chance(1, in: 2) ? pick(users) : nil
            let account =
                user.map { twin.users[$0]!.account }
                ?? (generator.chance(1, in: 2) ? pick(accounts) : nil)
            return .tokenAdded(
                tokens[tokens.count - 1], digest: digest(), role: pick(Role.allCases),
                account: account, user: user)
        }
        let position = Int(generator.below(UInt64(tokens.count)))
        guard generator.chance(1, in: 2) else { return .tokenRevoked(tokens[position]) }
        let token = tokens.remove(at: position)
        forgotten.append(twin.tokens[token]!.digest)
        return .tokenForgotten(token)
    }
}
