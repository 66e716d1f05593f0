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
        addKeys(of: machine, userRows: rows)
        machine.forEachTableTail { apply($0) }
    }

    private func addKeys(of machine: StateMachine, userRows: [UInt32]) {
        let shelf = machine.state.keys.shelf
        var rows: [UInt32] = []
        rows.reserveCapacity(shelf.count)
        var order = ShardOrder(shards: RowIndex.shardCount, expecting: machine.keyCount)
        for number in 0..<shelf.count {
            let key = shelf.packed(number)
            guard let state = key.state else {
                rows.append(0)
                continue
            }
            let announced = blocks.isEmpty ? 0 : keyRow(key.digest)
            let user = userRows[Int(key.user)]
            precondition(user != 0, "a key of nobody")
            let row = writeRow(
                key.id, digest: key.digest, announcedAs: announced, api: shelf.api(of: key), userRow: user,
                state: state)
            rows.append(row)
            guard announced == 0 else { continue }
            let hash = RowHash(uniform: key.digest.word0)
            order.append(hash.entry(row), to: hash.shard)
        }
        keyIndex.insert(order, retiring: &retiredMemory)
        // One after the other: each takes eight bytes a key for a moment.
        order.removeAll()
        for (number, row) in rows.enumerated() where row != 0 {
            let hash = RowHash(id: shelf.id(number).rawValue)
            order.append(hash.entry(row), to: hash.shard)
        }
        keysByID.insert(order, retiring: &retiredMemory)
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
