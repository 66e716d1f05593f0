import Basics

/// What entries touch that are in the log and not yet applied: a flag in the very word that holds
/// the state, so that one load tells both.
///
/// A key about to be born has a row already, which says only that; so a look-up of its digest is
/// one search, too.
extension TableContents {
    func block(_ subject: KeyStateSubject) {
        if blocks.add(subject) { mark(subject) }
    }

    func unblock(_ subject: KeyStateSubject) {
        if blocks.remove(subject) { mark(subject) }
    }

    private func mark(_ subject: KeyStateSubject) {
        switch subject {
        case .digest(let digest): mark(digest)
        case .key(let id):
            let number = keyRow(id)
            if number != 0 { markKey(number) }
        case .user(let id):
            let number = userRow(id)
            guard number != 0 else { return }
            let word = users[number].load(Layout.User.state) & ~Layout.blocked
            users[number].publish(word | blockedBit(subject), at: Layout.User.state)
        case .account(let id):
            let number = accountRow(id)
            guard number != 0 else { return }
            let word = accounts[number].load(Layout.Account.state) & ~Layout.blocked
            accounts[number].publish(word | blockedBit(subject), at: Layout.Account.state)
        case .token, .leases:
            // Only the writer's own thread weighs tokens, and leases are raised in their own cells.
            break
        }
    }

    private func mark(_ digest: Digest) {
        let number = keyRow(digest)
        guard number != 0 else { return announce(digest) }
        let isBorn = keys[number].load(Layout.Key.state) & Layout.stateMask != 0
        if isBorn || blocks.contains(.digest(digest)) { return markKey(number) }
        keys[number].publish(0, at: Layout.Key.state)
        keyIndex.remove(
            number, at: RowHash(uniform: digest.word0), retiring: &retiredMemory)
        retiredRows.append(RetiredRow(kind: .key, number: number))
    }

    private func markKey(_ number: UInt32) {
        let row = keys[number]
        let word = row.load(Layout.Key.state) & ~Layout.blocked
        let id = KeyID(row.load(Layout.Key.id))
        let bit = blockedBit(ofKey: id, row.digest(at: Layout.Key.digest))
        row.publish(word | bit, at: Layout.Key.state)
    }

    /// Makes the row of a key that isn't born. Requires that none has this digest.
    func announce(_ digest: Digest) {
        let number = keys.allocate(retiring: &retiredMemory)
        keys[number].store(digest, at: Layout.Key.digest)
        keys[number].store(Layout.blocked, at: Layout.Key.state)
        keyIndex.insert(
            number, at: RowHash(uniform: digest.word0), retiring: &retiredMemory)
    }

    func blockedBit(_ subject: KeyStateSubject) -> UInt64 {
        blocks.contains(subject) ? Layout.blocked : 0
    }

    func blockedBit(ofKey id: KeyID, _ digest: Digest) -> UInt64 {
        if blocks.isEmpty { return 0 }
        return blockedBit(.key(id)) | blockedBit(.digest(digest))
    }
}
