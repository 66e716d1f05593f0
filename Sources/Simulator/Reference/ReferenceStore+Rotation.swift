import Basics
import Keyring

// Rotation, and what time ends.
extension ReferenceStore {
    /// When the key ends by itself.
    private func end(of key: Key) -> Timestamp? {
        key.detail.state == .retiring ? key.detail.retiresAt : key.detail.expiresAt
    }

    /// Ends what is due, the earliest first, ten thousand at most.
    mutating func endDueKeys() {
        let now = time
        let due = keys.indices.filter { at in
            keys[at].endedAt == nil && !keys[at].wasDue
                && end(of: keys[at]).map { $0 <= now } ?? false
        }.sorted {
            (end(of: keys[$0])!, keys[$0].detail.id) < (end(of: keys[$1])!, keys[$1].detail.id)
        }
        for at in due.prefix(10_000) { lapse(at) }
    }

    /// Ends a key that is due.
    private mutating func lapse(_ at: Int) {
        keys[at].wasDue = true
        guard isPresent(keys[at].detail.user), isOpen(keys[at].detail.account) else { return }
        finish(at, keys[at].detail.state == .retiring ? .revoked : .expired)
        lapsedAt = index
    }

    /// Nobody gets anything by a key whose time has come, its turn or not.
    mutating func endDueKeys(namedBy command: Command) {
        func isNamed(_ key: Key) -> Bool {
            func isMeant(_ reference: KeyReference) -> Bool {
                reference == .id(key.detail.id) || reference == .digest(key.digest)
            }
            return switch command {
            case .charge(let charges): charges.contains { isMeant($0.key) }
            case .hold(let hold): isMeant(hold.key)
            case .setKeyActive(let id, _, _), .revokeKey(let id, _): id == key.detail.id
            case .rotateKey(let rotation): rotation.old == key.detail.id
            default: false
            }
        }
        for at in keys.indices
        where keys[at].endedAt == nil && !keys[at].wasDue && isNamed(keys[at]) {
            if let end = end(of: keys[at]), end <= time { lapse(at) }
        }
    }

    /// Ends a key for good.
    mutating func finish(_ at: Int, _ state: KeyState) {
        keys[at].detail.state = state
        keys[at].detail.retiresAt = nil
        keys[at].detail.changedAt = index
        keys[at].endedAt = index
    }

    /// Ends the grace of whichever key this one replaced.
    mutating func finishGrace(before id: KeyID) {
        for at in keys.indices where keys[at].detail.replacedBy == id {
            keys[at].wasRevoked = true
            if keys[at].detail.state == .retiring { finish(at, .revoked) }
        }
    }

    mutating func rotateKey(_ rotation: Rotation, _ author: Author) -> Outcome {
        guard isOpen(rotation.account) else { return .refused(.accountNotFound) }
        guard
            let at = keys.firstIndex(where: {
                $0.detail.id == rotation.old && $0.detail.account == rotation.account
            })
        else { return .refused(.keyNotFound) }
        let before = shown(keys[at])
        if let refusal = refusalToChange(before) { return .refused(refusal) }
        if rotation.id.rawValue == 0
            || keys.contains(where: {
                $0.detail.id == rotation.id || $0.digest == rotation.digest
            })
        {
            return .refused(.identifierTaken)
        }
        var expiry = before.expiresAt
        if case .set(let given) = rotation.expiry {
            if let given, given <= time || given.milliseconds > 253_402_300_799_999 {
                return .refused(.expiryPassed)
            }
            expiry = given
        }
        if rotation.graceSeconds > 0, let refusal = refusalOfGrace(rotation, before) {
            return .refused(refusal)
        }
        finishGrace(before: before.id)
        if rotation.graceSeconds == 0 {
            finish(at, .revoked)
        } else {
            let grace = time + .seconds(Int64(rotation.graceSeconds))
            keys[at].detail.state = .retiring
            keys[at].detail.changedAt = index
            keys[at].detail.retiresAt = [grace, before.expiresAt, expiry].compactMap { $0 }.min()
        }
        keys[at].detail.replacedBy = rotation.id
        let detail = KeyDetail(
            id: rotation.id, account: before.account, user: before.user, api: before.api,
            name: before.name, state: before.state, createdAt: time, createdBy: author,
            lastUsedAt: nil, suffix: rotation.suffix, changedAt: index, expiresAt: expiry,
            replaces: before.id)
        keys.append(Key(detail: detail, digest: rotation.digest))
        record(.keyRotated, .key(before.id), before.account, author)
        return .changed(Change(.keyRotated(detail, old: keys[at].detail), index: index))
    }

    /// Why a key can't be rotated or switched.
    func refusalToChange(_ key: KeyDetail) -> Refusal? {
        switch key.state {
        case .revoked: .keyRevoked
        case .expired: .keyExpired
        case .retiring: .keyRetiring
        case .active, .inactive: nil
        }
    }

    private func refusalOfGrace(_ rotation: Rotation, _ key: KeyDetail) -> Refusal? {
        if rotation.graceSeconds > 2_592_000 { return .graceTooLong }
        if key.state != .active { return .keyInactive }
        // The one that goes with this very rotation doesn't count any more.
        let others = keys.filter {
            $0.detail.user == key.user && $0.endedAt == nil
                && !($0.detail.state == .retiring && $0.detail.replacedBy == key.id)
        }
        if others.count >= Int(settings.keysPerUser) {
            return .keyLimit(limit: settings.keysPerUser)
        }
        let active = others.count { $0.detail.state == .active || $0.detail.state == .retiring }
        if active >= Int(settings.activeKeysPerUser) {
            return .activeKeyLimit(limit: settings.activeKeysPerUser)
        }
        return nil
    }

    /// Whether the new key's text is one for another API.
    func isStray(_ command: Command) -> Bool {
        guard case .rotateKey(let rotation) = command else { return false }
        return keys.contains { $0.detail.id == rotation.old && $0.detail.api != rotation.api }
    }
}

// APIs.
extension ReferenceStore {
    mutating func createAPI(_ api: API, _ name: Name, _ author: Author) -> Outcome {
        if apis.contains(api) { return .refused(.apiTaken) }
        if apis.count >= 64 { return .refused(.apiLimit(limit: 64)) }
        if apisMade >= 4_096 { return .refused(.apiLimit(limit: 4_096)) }
        apisMade += 1
        apis = (apis + [api]).sorted()
        record(.apiCreated, .api(api), nil, author)
        return .changed(Change(.api(APIDetail(api: api, name: name)), index: index))
    }

    mutating func removeAPI(_ api: API, _ author: Author) -> Outcome {
        guard apis.contains(api) else { return .refused(.apiNotFound) }
        let isOpened = keys.contains { key in
            key.detail.api == api && key.endedAt == nil && isPresent(key.detail.user)
                && isOpen(key.detail.account)
        }
        let isLimited = users.contains { user in
            user.limits[api]?.isSet == true && user.removedAt == nil && isOpen(user.detail.account)
        }
        let isPooled = accounts.contains { $0.pools[api]?.isSet == true && $0.deletedAt == nil }
        if isOpened || isLimited || isPooled { return .refused(.apiInUse) }
        apis.removeAll { $0 == api }
        record(.apiRemoved, .api(api), nil, author)
        return .changed(Change(.apiRemoved(api), index: index))
    }
}
