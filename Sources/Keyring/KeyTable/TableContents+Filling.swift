import Basics

/// A whole state at once, for a table that starts from a snapshot: the same as one change after
/// another, without a search for what was added a moment ago.
extension TableContents {
    /// Requires that no key was added before.
    func fill(from machine: inout StateMachine) {
        // Of their final size: what grows leaves its old memory behind until readers have passed,
        // which in a table that is being filled is never.
        usersByID.reserve(machine.userCount)
        accountsByID.reserve(machine.accountCount)
        tokenIndex.reserve(machine.tokenCount)
        tokensByID.reserve(machine.tokenCount)
        machine.forEachTableHead { apply($0) }
        beginFollowing(&machine)
        fillCells(from: machine)
        machine.forEachTableTail { apply($0) }
    }

    private func fillCells(from machine: StateMachine) {
        // A key's user is known by its slot.
        let rows = (0..<machine.state.users.slotCount).map { number in
            machine.state.users.record(at: number).map { userRow($0.id) } ?? 0
        }
        let shelf = machine.state.keys.shelf
        for number in 0..<shelf.count where !shelf.isEmpty(number) {
            let user = shelf.user(number)
            precondition(rows[Int(user.number)] != 0, "a key of nobody")
            fillCell(
                KeyPlace(shelf.id(number), Slot(UInt32(number)), of: user),
                digest: shelf.digest(number),
                api: shelf.api(number), userRow: rows[Int(user.number)], state: shelf.state(number))
        }
    }
}
