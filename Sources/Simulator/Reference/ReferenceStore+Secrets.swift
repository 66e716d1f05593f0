import Basics
import Keyring

// Keys, tokens and settings.
extension ReferenceStore {
    /// A key as answers show it: revoked if its user is removed.
    func shown(_ key: Key) -> KeyDetail {
        var detail = key.detail
        if key.endedAt == nil,
            let removed = users.first(where: { $0.detail.id == detail.user })?.removedAt
        {
            detail.state = .revoked
            detail.retiresAt = nil
            detail.changedAt = removed
        }
        return detail
    }

    func activeKeys(of user: UserID) -> Int {
        keys.count {
            $0.detail.user == user && [.active, .retiring].contains($0.detail.state)
        }
    }

    mutating func createKey(_ new: NewKey, _ author: Author) -> Outcome {
        guard isOpen(new.account) else { return .refused(.accountNotFound) }
        guard
            users.contains(where: {
                $0.detail.id == new.user && $0.detail.account == new.account
                    && $0.removedAt == nil
            })
        else { return .refused(.userNotFound) }
        guard apis.contains(new.api) else { return .refused(.apiNotFound) }
        if new.id.rawValue == 0
            || keys.contains(where: { $0.detail.id == new.id || $0.digest == new.digest })
        {
            return .refused(.identifierTaken)
        }
        let live = keys.count { $0.detail.user == new.user && $0.endedAt == nil }
        if live >= Int(settings.keysPerUser) {
            return .refused(.keyLimit(limit: settings.keysPerUser))
        }
        if let expiry = new.expiresAt,
            expiry <= time || expiry.milliseconds > 253_402_300_799_999
        {
            return .refused(.expiryPassed)
        }
        if new.active, activeKeys(of: new.user) >= Int(settings.activeKeysPerUser) {
            return .refused(.activeKeyLimit(limit: settings.activeKeysPerUser))
        }
        let detail = KeyDetail(
            id: new.id, account: new.account, user: new.user, api: new.api, name: new.name,
            state: new.active ? .active : .inactive, createdAt: time, createdBy: author,
            lastUsedAt: nil, suffix: new.suffix, changedAt: index, expiresAt: new.expiresAt)
        keys.append(Key(detail: detail, digest: new.digest))
        record(.keyCreated, .key(new.id), new.account, author)
        return .changed(Change(.key(detail), index: index))
    }

    mutating func changeKey(
        _ id: KeyID, _ account: AccountID, _ author: Author, _ action: AuditAction,
        _ change: (inout KeyDetail) -> Void
    ) -> Outcome {
        guard isOpen(account) else { return .refused(.accountNotFound) }
        guard
            let at = keys.firstIndex(where: { $0.detail.id == id && $0.detail.account == account })
        else { return .refused(.keyNotFound) }
        if let refusal = refusalToChange(shown(keys[at])),
            refusal != .keyRetiring || action != .keyRenamed
        {
            return .refused(refusal)
        }
        let before = keys[at].detail
        var after = before
        change(&after)
        if after.state == .active, before.state != .active,
            activeKeys(of: before.user) >= Int(settings.activeKeysPerUser)
        {
            return .refused(.activeKeyLimit(limit: settings.activeKeysPerUser))
        }
        if after != before {
            after.changedAt = index
            keys[at].detail = after
            if after.state == .inactive, before.state == .active { finishGrace(before: id) }
            record(action, .key(id), account, author)
        }
        return .changed(Change(.key(after), index: after.changedAt))
    }

    mutating func revokeKey(_ id: KeyID, _ account: AccountID, _ author: Author) -> Outcome {
        guard isOpen(account) else { return .refused(.accountNotFound) }
        guard
            let at = keys.firstIndex(where: { $0.detail.id == id && $0.detail.account == account })
        else { return .refused(.keyNotFound) }
        keys[at].wasRevoked = true
        if [.revoked, .expired].contains(shown(keys[at]).state) {
            return .changed(Change(.keyRevoked(id), index: shown(keys[at]).changedAt))
        }
        finishGrace(before: id)
        finish(at, .revoked)
        record(.keyRevoked, .key(id), account, author)
        return .changed(Change(.keyRevoked(id), index: index))
    }

    mutating func revokeAllKeys(
        _ user: UserID, _ account: AccountID, _ author: Author
    ) -> Outcome {
        guard isOpen(account) else { return .refused(.accountNotFound) }
        guard
            let owner = users.first(where: {
                $0.detail.id == user && $0.detail.account == account
            })
        else { return .refused(.userNotFound) }
        if let removed = owner.removedAt {
            return .changed(Change(.keysRevoked(user, count: 0), index: removed))
        }
        let own = keys.indices.filter { keys[$0].detail.user == user }
        let live = own.filter { keys[$0].endedAt == nil }
        for at in live { finish(at, .revoked) }
        for at in own { keys[at].wasRevoked = true }
        if !live.isEmpty { record(.keysRevoked, .user(user), account, author) }
        let newest = own.map { keys[$0].detail.changedAt }.max() ?? owner.createdAt
        return .changed(
            Change(.keysRevoked(user, count: UInt32(live.count)), index: newest))
    }

    /// A token as answers show it: not active if its user or account is gone.
    func shown(_ token: Token) -> TokenDetail {
        var detail = token.detail
        detail.active = isUsable(token)
        guard token.revokedAt == nil else { return detail }
        let gone = [
            users.first { $0.detail.id == detail.user }?.removedAt,
            accounts.first { $0.detail.id == detail.account }?.deletedAt,
        ]
        detail.changedAt = ([detail.changedAt] + gone.compactMap { $0 }).max()!
        return detail
    }

    private func mismatch(_ new: NewToken) -> Refusal? {
        if new.role == .operator {
            return new.account == nil && new.user == nil ? nil : .roleMismatch
        }
        guard let account = new.account else { return .roleMismatch }
        guard isOpen(account) else { return .accountNotFound }
        guard let user = new.user else { return new.role == .auditor ? nil : .roleMismatch }
        guard
            let owner = users.first(where: {
                $0.detail.id == user && $0.detail.account == account && $0.removedAt == nil
            })
        else { return .userNotFound }
        return owner.detail.role == .admin || new.role == .member ? nil : .roleMismatch
    }

    mutating func createToken(_ new: NewToken, _ author: Author) -> Outcome {
        if let refusal = mismatch(new) { return .refused(refusal) }
        if new.id.rawValue == 0
            || tokens.contains(where: { $0.detail.id == new.id || $0.digest == new.digest })
        {
            return .refused(.identifierTaken)
        }
        let live = tokens.count { token in
            token.detail.account == new.account && isUsable(token)
        }
        if live >= Int(settings.tokensPerAccount) {
            return .refused(.tokenLimit(limit: settings.tokensPerAccount))
        }
        let detail = TokenDetail(
            id: new.id, role: new.role, account: new.account, user: new.user, name: new.name,
            createdAt: time, createdBy: author, suffix: new.suffix, active: true,
            changedAt: index)
        tokens.append(Token(detail: detail, digest: new.digest))
        record(.tokenCreated, .token(new.id), new.account, author)
        return .changed(Change(.token(detail), index: index))
    }

    mutating func revokeToken(_ id: TokenID, _ author: Author) -> Outcome {
        guard let at = tokens.firstIndex(where: { $0.detail.id == id }) else {
            return .refused(.tokenNotFound)
        }
        guard isUsable(tokens[at]) else {
            return .changed(Change(.tokenRevoked(id), index: shown(tokens[at]).changedAt))
        }
        if tokens[at].detail.role == .operator,
            tokens.count(where: { $0.detail.role == .operator && $0.revokedAt == nil }) == 1
        {
            return .refused(.lastOperator)
        }
        tokens[at].revokedAt = index
        tokens[at].detail.changedAt = index
        record(.tokenRevoked, .token(id), tokens[at].detail.account, author)
        return .changed(Change(.tokenRevoked(id), index: index))
    }

    mutating func updateSettings(_ change: SettingsChange, _ author: Author) -> Outcome {
        var after = settings
        for (setting, value) in change.values { after[keyPath: setting.path] = value }
        for setting in Setting.allCases
        where !setting.bounds.contains(after[keyPath: setting.path]) {
            return .refused(.settingRefused(setting))
        }
        if after.activeKeysPerUser > after.keysPerUser {
            return .refused(.settingRefused(.activeKeysPerUser))
        }
        if after.requestSeconds > after.idempotencySeconds {
            return .refused(.settingRefused(.requestSeconds))
        }
        if (1..<500).contains(after.leaseMilliseconds) {
            return .refused(.settingRefused(.leaseMilliseconds))
        }
        if (1..<after.foreignKeyShortest).contains(after.foreignKeyLongest) {
            return .refused(.settingRefused(.foreignKeyLongest))
        }
        // W ≥ L (1 + 0.02) / (1 − 0.02) + 10 ms, rounded up; and never another.
        let lease = UInt64(after.leaseMilliseconds)
        if UInt64(after.leaseWaitMilliseconds) < (lease * 102 + 97) / 98 + 10
            || after.leaseWaitMilliseconds != settings.leaseWaitMilliseconds
        {
            return .refused(.settingRefused(.leaseWaitMilliseconds))
        }
        if after != settings {
            settings = after
            settingsChangedAt = index
            record(.settingsUpdated, .cluster, nil, author)
        }
        return .changed(Change(.settings(after), index: settingsChangedAt))
    }
}
