import Basics
import Keyring

// Administrative changes, as the model states them.
extension ReferenceStore {
    struct Actor {
        var author: Author
        var role: Role
        var account: AccountID?
    }

    func actor(_ id: TokenID) -> Actor? {
        guard let token = tokens.first(where: { $0.detail.id == id }), isUsable(token) else {
            return nil
        }
        var role = token.detail.role
        if let user = token.detail.user,
            users.first(where: { $0.detail.id == user })?.detail.role == .member
        {
            role = .member
        }
        return Actor(
            author: Author(token: id, user: token.detail.user), role: role,
            account: token.detail.account)
    }

    func isUsable(_ token: Token) -> Bool {
        token.revokedAt == nil && (token.detail.account.map { isOpen($0) } ?? true)
            && (token.detail.user.map { isPresent($0) } ?? true)
    }

    mutating func administer(_ envelope: Envelope) -> Outcome {
        if let outcome = noteMember(envelope) { return outcome }
        if let outcome = ledger.ownOutcome(envelope.requestID, time) { return outcome }
        guard case .token(let token) = envelope.actor else { return .refused(.unauthenticated) }
        let home = tokens.first { $0.detail.id == token }?.detail.account
        let scope = account(of: envelope.command) ?? home ?? AccountID(0)
        let known = envelope.idempotency.flatMap { ledger.find(scope, $0, time) }
        if let known, known.request == envelope.requestID, case .change(let outcome) = known.answer
        {
            return outcome
        }
        guard let actor = actor(token) else { return .refused(.unauthenticated) }
        let content = ReferenceLedger.Content.digest(envelope.content)
        var refusal = mayNot(actor, envelope.command)
        if refusal == nil, let id = envelope.idempotency {
            if let known, known.content == content, case .change(let outcome) = known.answer {
                guard case .changed(var change) = outcome else { return outcome }
                change.replayed = true
                return .changed(change)
            }
            let isHomeless =
                scope.rawValue != 0 && !accounts.contains { $0.detail.id == scope }
            if case .freeForm = id, isHomeless, known == nil {
                refusal = .accountNotFound
            } else {
                refusal = ledger.refusal(scope, id, isKnown: known != nil, time, settings)
            }
        }
        if refusal == nil, isStray(envelope.command) { refusal = .identifierTaken }
        if let refusal {
            ledger.keepRequest(envelope.requestID, 0, .refused(refusal), time, settings)
            return .refused(refusal)
        }
        let outcome = perform(envelope.command, actor.author)
        if let id = envelope.idempotency {
            ledger.keep(
                scope, id, envelope.requestID, 0, content, .change(outcome), time, settings)
        } else {
            ledger.keepRequest(envelope.requestID, 0, outcome, time, settings)
        }
        return outcome
    }

    private func account(of command: Command) -> AccountID? {
        switch command {
        case .renameAccount(let account, _), .deleteAccount(let account),
            .createUser(_, let account, _, _, _), .updateUser(_, let account, _, _, _),
            .removeUser(_, let account), .setLimit(_, let account, _, _, _),
            .removeLimit(_, let account, _), .renameKey(_, let account, _),
            .setKeyActive(_, let account, _), .revokeKey(_, let account),
            .revokeAllKeys(_, let account), .setPool(let account, _, _, _),
            .removePool(let account, _):
            account
        case .createKey(let key): key.account
        case .rotateKey(let rotation): rotation.account
        case .createToken(let token): token.account ?? AccountID(0)
        case .importKeys(let batch): batch.account
        default: nil
        }
    }

    private func mayNot(_ actor: Actor, _ command: Command) -> Refusal? {
        if actor.role == .operator { return nil }
        guard actor.role == .admin else { return .forbidden }
        switch command {
        case .createAccount, .renameAccount, .deleteAccount, .updateSettings, .changeMember,
            .createAPI, .removeAPI, .setPool, .removePool, .importKeys:
            return .forbidden
        case .revokeToken(let id):
            let target = tokens.first { $0.detail.id == id }?.detail.account
            return target != nil && target == actor.account ? nil : .tokenNotFound
        case .createToken(let token):
            return token.role != .operator && token.account == actor.account ? nil : .forbidden
        default: return account(of: command) == actor.account ? nil : .forbidden
        }
    }

    private mutating func perform(_ command: Command, _ author: Author) -> Outcome {
        switch command {
        case .createAccount(let id, let name): createAccount(id, name, author)
        case .renameAccount(let id, let name): renameAccount(id, name, author)
        case .deleteAccount(let id): deleteAccount(id, author)
        case .createUser(let id, let account, let email, let name, let role):
            createUser(id, account, email, name, role, author)
        case .updateUser(let id, let account, let email, let name, let role):
            updateUser(id, account, email, name, role, author)
        case .removeUser(let id, let account): removeUser(id, account, author)
        case .setLimit(let user, let account, let api, let credits, let period):
            setLimit(user, account, api, credits, period, author)
        case .removeLimit(let user, let account, let api): removeLimit(user, account, api, author)
        case .createKey(let key): createKey(key, author)
        case .renameKey(let id, let account, let name):
            changeKey(id, account, author, .keyRenamed) { $0.name = name }
        case .setKeyActive(let id, let account, let active):
            changeKey(id, account, author, active ? .keyActivated : .keyDeactivated) {
                $0.state = active ? .active : .inactive
            }
        case .revokeKey(let id, let account): revokeKey(id, account, author)
        case .revokeAllKeys(let user, let account): revokeAllKeys(user, account, author)
        case .createToken(let token): createToken(token, author)
        case .revokeToken(let id): revokeToken(id, author)
        case .updateSettings(let change): updateSettings(change, author)
        case .changeMember(let command): answer(command)
        case .rotateKey(let rotation): rotateKey(rotation, author)
        case .createAPI(let api, let name): createAPI(api, name, author)
        case .removeAPI(let api): removeAPI(api, author)
        case .setPool(let account, let api, let credits, let period):
            setPool(account, api, credits, period, author)
        case .removePool(let account, let api): removePool(account, api, author)
        case .importKeys(let batch): importKeys(batch, author)
        case .charge, .hold, .tick, .reportLastUsed: .malformed
        }
    }

    private mutating func createAccount(_ id: AccountID, _ name: Name, _ author: Author) -> Outcome
    {
        if id.rawValue == 0 || accounts.contains(where: { $0.detail.id == id }) {
            return .refused(.identifierTaken)
        }
        let detail = AccountDetail(id: id, name: name, createdAt: time, changedAt: index)
        accounts.append(Account(detail: detail, createdAt: index))
        record(.accountCreated, .account(id), id, author)
        return .changed(Change(.account(detail), index: index))
    }

    private mutating func renameAccount(_ id: AccountID, _ name: Name, _ author: Author) -> Outcome
    {
        guard
            let at = accounts.firstIndex(where: { $0.detail.id == id && $0.deletedAt == nil })
        else { return .refused(.accountNotFound) }
        if accounts[at].detail.name != name {
            accounts[at].detail.name = name
            accounts[at].detail.changedAt = index
            record(.accountRenamed, .account(id), id, author)
        }
        return .changed(
            Change(.account(accounts[at].detail), index: accounts[at].detail.changedAt))
    }

    private mutating func deleteAccount(_ id: AccountID, _ author: Author) -> Outcome {
        guard let at = accounts.firstIndex(where: { $0.detail.id == id }) else {
            return .refused(.accountNotFound)
        }
        if accounts[at].deletedAt == nil {
            accounts[at].deletedAt = index
            record(.accountDeleted, .account(id), id, author)
        }
        return .changed(Change(.accountDeleted(id), index: accounts[at].deletedAt!))
    }

    private func hasAddress(_ email: EmailAddress, _ account: AccountID, but id: UserID) -> Bool {
        users.contains {
            $0.detail.account == account && $0.removedAt == nil && $0.detail.id != id
                && $0.detail.email.folded == email.folded
        }
    }

    private mutating func createUser(
        _ id: UserID, _ account: AccountID, _ email: EmailAddress, _ name: Name,
        _ role: UserRole, _ author: Author
    ) -> Outcome {
        guard isOpen(account) else { return .refused(.accountNotFound) }
        if id.rawValue == 0 || users.contains(where: { $0.detail.id == id }) {
            return .refused(.identifierTaken)
        }
        if hasAddress(email, account, but: id) { return .refused(.duplicateEmail) }
        let detail = UserDetail(
            id: id, account: account, email: email, name: name, role: role, createdAt: time,
            changedAt: index)
        users.append(User(detail: detail, createdAt: index))
        record(.userCreated, .user(id), account, author)
        return .changed(Change(.user(detail), index: index))
    }

    private func present(_ id: UserID, _ account: AccountID) -> Int? {
        users.firstIndex {
            $0.detail.id == id && $0.detail.account == account && $0.removedAt == nil
        }
    }

    private mutating func updateUser(
        _ id: UserID, _ account: AccountID, _ email: EmailAddress?, _ name: Name?,
        _ role: UserRole?, _ author: Author
    ) -> Outcome {
        guard isOpen(account) else { return .refused(.accountNotFound) }
        guard let at = present(id, account) else { return .refused(.userNotFound) }
        if let email, hasAddress(email, account, but: id) { return .refused(.duplicateEmail) }
        let before = users[at].detail
        users[at].detail.email = email ?? before.email
        users[at].detail.name = name ?? before.name
        users[at].detail.role = role ?? before.role
        if users[at].detail != before {
            users[at].detail.changedAt = index
            record(.userUpdated, .user(id), account, author)
        }
        return .changed(Change(.user(users[at].detail), index: users[at].detail.changedAt))
    }

    private mutating func removeUser(
        _ id: UserID, _ account: AccountID, _ author: Author
    ) -> Outcome {
        guard isOpen(account) else { return .refused(.accountNotFound) }
        guard
            let at = users.firstIndex(where: {
                $0.detail.id == id && $0.detail.account == account
            })
        else { return .refused(.userNotFound) }
        if users[at].removedAt == nil {
            users[at].removedAt = index
            record(.userRemoved, .user(id), account, author)
        }
        return .changed(Change(.userRemoved(id), index: users[at].removedAt!))
    }

    private mutating func setLimit(
        _ user: UserID, _ account: AccountID, _ api: API, _ credits: Credits, _ period: Period,
        _ author: Author
    ) -> Outcome {
        guard isOpen(account) else { return .refused(.accountNotFound) }
        guard let at = present(user, account) else { return .refused(.userNotFound) }
        guard apis.contains(api) else { return .refused(.apiNotFound) }
        let before = users[at].limits[api]
        if before?.isSet != true || before?.credits != credits || before?.period != period {
            users[at].limits[api] = Limit(
                credits: credits, period: period, isSet: true, changedAt: index)
            record(.limitSet, .limit(user, api), account, author)
        }
        let detail = limitDetail(users[at], api)!
        return .changed(Change(.limit(detail), index: detail.changedAt))
    }

    func limitDetail(_ user: User, _ api: API) -> LimitDetail? {
        guard let limit = user.limits[api], limit.isSet else { return nil }
        let spent = sum(user.detail.id, api, limit.period, key: nil)
        let held = held(limit.period) { $0.user == user.detail.id && $0.api == api }
        return LimitDetail(
            user: user.detail.id, api: api, credits: limit.credits, period: limit.period,
            spent: Credits(spent)!, held: Credits(held)!, remaining: left(limit, spent + held),
            resetsAt: ReferenceCalendar.end(of: limit.period, time), changedAt: limit.changedAt)
    }

    private mutating func removeLimit(
        _ user: UserID, _ account: AccountID, _ api: API, _ author: Author
    ) -> Outcome {
        guard isOpen(account) else { return .refused(.accountNotFound) }
        guard let at = present(user, account) else { return .refused(.userNotFound) }
        guard apis.contains(api) else { return .refused(.apiNotFound) }
        guard users[at].limits[api]?.isSet == true else {
            let last = users[at].limits[api]?.changedAt ?? users[at].createdAt
            return .changed(Change(.limitRemoved(user, api), index: last))
        }
        users[at].limits[api]!.isSet = false
        users[at].limits[api]!.changedAt = index
        record(.limitRemoved, .limit(user, api), account, author)
        return .changed(Change(.limitRemoved(user, api), index: index))
    }
}
