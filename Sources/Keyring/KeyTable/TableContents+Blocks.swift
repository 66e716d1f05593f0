import Basics

/// What entries touch that are in the log and not yet applied: a flag in the very word that holds
/// the state, so that one load tells both.
///
/// A key about to be born has no cell yet: its digest is announced, as long as it is blocked, in an
/// index of its own, which a look-up asks if there is anything in it.
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
            if let slot = keySlot(id) { markKey(slot) }
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
        if let slot = keySlot(digest) { markKey(slot) }
        if blocks.contains(.digest(digest)) { announce(digest) } else { withdraw(digest) }
    }

    private func markKey(_ slot: UInt32) {
        guard KeyCells.chunkNumber(of: slot) < cells.chunkCount else { return }
        let word = cells[slot].load()
        guard word & Layout.stateMask != 0 else { return }
        let digest = image.keyLine(slot).digest(at: KeyRows.Line.digest)
        cells[slot].publish(word & ~Layout.blocked | blockedBit(ofKey: keyID(slot), digest))
    }

    /// Whoever looks the digest up from here on is told that a key may be born with it, whether or
    /// not there is one: an older key that has it may be forgotten first.
    private func announce(_ digest: Digest) {
        guard image.announcement(of: digest) == 0 else { return }
        let number = announcements.allocate(retiring: &retiredMemory)
        announcements[number].store(digest, at: Layout.Announcement.digest)
        announcedIndex.insert(
            number, at: RowHash(uniform: digest.word0), retiring: &retiredMemory)
        root.publish(root.load(Layout.Root.announced) + 1, at: Layout.Root.announced)
    }

    /// The key was born, or is not going to be.
    private func withdraw(_ digest: Digest) {
        let number = image.announcement(of: digest)
        guard number != 0 else { return }
        announcedIndex.remove(
            number, at: RowHash(uniform: digest.word0), retiring: &retiredMemory)
        retiredRows.append(RetiredRow(kind: .announcement, number: number))
        root.publish(root.load(Layout.Root.announced) - 1, at: Layout.Root.announced)
    }

    func blockedBit(_ subject: KeyStateSubject) -> UInt64 {
        blocks.contains(subject) ? Layout.blocked : 0
    }

    func blockedBit(ofKey id: KeyID, _ digest: Digest) -> UInt64 {
        if blocks.isEmpty { return 0 }
        return blockedBit(.key(id)) | blockedBit(.digest(digest))
    }
}
