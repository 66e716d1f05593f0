import Basics

/// A whole state at once, for a table that starts from a snapshot: the same as one change after
/// another, without a search for what was added a moment ago.
extension TableContents {
    func fill(from machine: StateMachine) {
        reserve(machine)
        // A key's user is known by its slot: its row is kept for the keys.
        var rows: [UInt32] = []
        rows.reserveCapacity(machine.state.users.slotCount)
        machine.forEachTableHead { apply($0) }
        for number in 0..<machine.state.users.slotCount {
            let id = machine.state.users.record(at: number)?.id
            rows.append(id.map { userRow($0) } ?? 0)
        }
        let keys = machine.state.keys.shelf
        for number in 0..<keys.count where !keys.isEmpty(number) {
            let digest = keys.digest(number)
            add(
                keys.id(number), digest: digest,
                announcedAs: blocks.isEmpty ? 0 : keyRow(digest), api: keys.api(number),
                userRow: rows[Int(keys.user(number).number)], state: keys.state(number))
        }
        machine.forEachTableTail { apply($0) }
    }

    /// Indices of their final size: what grows leaves its old memory behind until readers have
    /// passed, which in a table that is being filled is never.
    private func reserve(_ machine: StateMachine) {
        keyIndex.reserve(machine.keyCount)
        keysByID.reserve(machine.keyCount)
        usersByID.reserve(machine.userCount)
        accountsByID.reserve(machine.accountCount)
        tokenIndex.reserve(machine.tokenCount)
        tokensByID.reserve(machine.tokenCount)
    }
}
