import Basics
import Synchronization

/// What changes of keys do to their cells.
extension TableContents {
    /// The key that the state's index has under this digest.
    func keySlot(_ digest: Digest) -> UInt32? { image.keySlot(digest) }

    func keySlot(_ id: KeyID) -> UInt32? { image.keySlot(id) }

    func keyID(_ slot: UInt32) -> KeyID {
        KeyID(image.keyLine(slot).load(KeyRows.Line.id))
    }

    func add(
        _ key: KeyPlace, digest: Digest, api: API, user: UserID, account: AccountID,
        state: KeyState
    ) {
        let userNumber = known(userRow(user), user)
        let holder = UInt32(truncatingIfNeeded: users[userNumber].load(Layout.User.state) >> 8)
        precondition(holder == accountRow(account), "\(user) isn't of \(account)")
        fillCell(key, digest: digest, api: api, userRow: userNumber, state: state)
    }

    /// Publishes the cell of a key whose row is published. Requires an empty one, and the row of
    /// its user.
    func fillCell(
        _ key: KeyPlace, digest: Digest, api: API, userRow user: UInt32, state: KeyState
    ) {
        cells.reach(key.slot, retiring: &retiredMemory)
        let cell = cells[key.slot]
        precondition(cell.load() & Layout.stateMask == 0, "\(key.id) has another key's cell")
        userRows.set(key.user, to: user, retiring: &retiredMemory)
        count(1, referencesOfUser: user)
        cell.publish(
            KeyCell.word(
                api: number(of: api), state: state, blocked: blockedBit(ofKey: key.id, digest)))
    }

    func set(_ state: KeyState, of key: KeyPlace) {
        let cell = born(key)
        let before = cell.load()
        change(cell, to: state)
        // Behind that: as long as it is found retiring, what blocks its successor blocks it.
        endSuccession(of: key, before)
    }

    func retire(_ key: KeyPlace, successor: KeyPlace) {
        let cell = born(key)
        let number = successions.allocate(retiring: &retiredMemory)
        successions[number].store(
            UInt64(key.slot) << 32 | UInt64(successor.slot), at: Layout.Succession.slots)
        successionIndex.insert(number, at: RowHash(slot: key.slot), retiring: &retiredMemory)
        // Behind that: whoever finds the key retiring looks at its successor.
        change(cell, to: .retiring)
    }

    func forget(_ key: KeyPlace) {
        let cell = born(key)
        let before = cell.load()
        cell.publish(0)
        cell.stamp.pointee.store(0, ordering: .relaxed)
        endSuccession(of: key, before)
        count(-1, referencesOfUser: userRows[key.user])
    }

    private func born(_ key: KeyPlace) -> KeyCell {
        precondition(
            KeyCells.chunkNumber(of: key.slot) < cells.chunkCount, "the table has no \(key.id)")
        let cell = cells[key.slot]
        precondition(cell.load() & Layout.stateMask != 0, "the table has no \(key.id)")
        return cell
    }

    private func change(_ cell: KeyCell, to state: KeyState) {
        cell.publish(cell.load() & ~Layout.stateMask | UInt64(state.rawValue))
    }

    private func endSuccession(of key: KeyPlace, _ word: UInt64) {
        guard word & Layout.stateMask == UInt64(KeyState.retiring.rawValue) else { return }
        let number = image.succession(of: key.slot)
        // None, in a test that says a key retires and not for whom.
        guard number != 0 else { return }
        successionIndex.remove(number, at: RowHash(slot: key.slot), retiring: &retiredMemory)
        retiredRows.append(RetiredRow(kind: .succession, number: number))
    }

    /// The number that stands for an API in a cell.
    private func number(of api: API) -> Int {
        if let known = apis.firstIndex(of: api) { return known }
        let number = apis.count
        precondition(number < 1 << KeyCell.apiBits, "more APIs than a cluster ever has")
        apis.append(api)
        let old = SharedWords(address: root.load(Layout.Root.apis))
        guard number == 0 || number >= 8 && number.nonzeroBitCount == 1 else {
            // Readers come to it by a cell that is published later.
            old?.store(api.rawValue, at: number)
            return number
        }
        let words = SharedWords.allocate(count: max(8, 2 * number))
        for (place, api) in apis.enumerated() { words.store(api.rawValue, at: place) }
        root.publish(words.address, at: Layout.Root.apis)
        if let old { retiredMemory.append(old) }
        return number
    }
}

extension RowHash {
    init(slot: UInt32) { self.init(id: UInt64(slot)) }
}
