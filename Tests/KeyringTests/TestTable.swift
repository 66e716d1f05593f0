import Basics

@testable import Keyring

/// A key table that follows a state which has the rows of keys and nothing else, for tests that say
/// themselves what changes. Where a key's place is asked for, any will do.
///
/// `@unchecked Sendable`: one thread writes, as with the table itself.
final class TestTable: @unchecked Sendable {
    let table = KeyTable()
    private var machine = TestTable.machine()
    private var slots: [KeyID: Slot<KeyRecord>] = [:]
    /// Users' slots, and those that are free.
    private var users: [UserID: Slot<UserRecord>] = [:]
    private var freeUsers: [Slot<UserRecord>] = []

    init() { table.beginFollowing(&machine) }

    private static func machine() -> StateMachine {
        StateMachine(
            genesis: Genesis(
                settings: .standard, operatorToken: TokenID(.max), operatorDigest: .zero,
                operatorSuffix: .unknown, time: .epoch))
    }

    func apply(_ change: TableChange) {
        switch change {
        case .keyAdded(let key, let digest, let api, let user, let account, let state):
            let place = add(key.id, digest, api, user, state)
            table.follow(&machine)
            table.apply(
                .keyAdded(
                    place, digest: digest, api: api, user: user, account: account, state: state))
        case .keyState(let key, let state): table.apply(.keyState(place(key.id), state))
        case .keyRetiring(let key, let successor):
            table.apply(.keyRetiring(place(key.id), successor: place(successor.id)))
        case .keyForgotten(let key):
            let place = removeUntold(key.id)
            table.follow(&machine)
            table.apply(.keyForgotten(place))
        case .userForgotten(let id):
            table.apply(change)
            if let slot = users.removeValue(forKey: id) { freeUsers.append(slot) }
        default: table.apply(change)
        }
    }

    /// Puts another table in force, of these changes alone.
    func replace(
        by changes: [TableChange], blocking subjects: [KeyStateSubject] = [], at index: LogIndex
    ) {
        machine = TestTable.machine()
        (slots, users, freeUsers) = ([:], [:], [])
        let replacement = table.makeReplacement()
        replacement.block(subjects)
        for case .keyAdded(let key, let digest, let api, let user, _, let state) in changes {
            _ = add(key.id, digest, api, user, state)
        }
        replacement.follow(&machine)
        for change in changes {
            guard
                case .keyAdded(let key, let digest, let api, let user, let account, let state) =
                    change
            else {
                replacement.apply(change)
                continue
            }
            replacement.apply(
                .keyAdded(
                    place(key.id), digest: digest, api: api, user: user, account: account,
                    state: state))
        }
        table.install(replacement, at: index)
    }

    /// Has the state alone take a key, as it does before the table is told.
    func addUntold(_ id: KeyID, digest: Digest, user: UserID) -> KeyPlace {
        add(id, digest, .rest, user, .active)
    }

    /// Has the state alone forget a key.
    func removeUntold(_ id: KeyID) -> KeyPlace {
        let place = place(id)
        guard let slot = slots.removeValue(forKey: id) else {
            preconditionFailure("a test forgets a key that isn't there")
        }
        machine.index.remove(machine.state.keys[slot], slot, in: machine.state.keys)
        machine.state.keys.remove(slot)
        return place
    }

    func follow() { table.follow(&machine) }

    func freeze() -> FrozenState { machine.freeze() }

    func place(_ id: KeyID) -> KeyPlace {
        guard let slot = slots[id] else { preconditionFailure("a test names no key") }
        return KeyPlace(id, slot, of: machine.state.keys.user(of: slot))
    }

    private func slot(of user: UserID) -> Slot<UserRecord> {
        if let slot = users[user] { return slot }
        let slot = freeUsers.popLast() ?? Slot(UInt32(users.count))
        users[user] = slot
        return slot
    }

    private func add(
        _ id: KeyID, _ digest: Digest, _ api: API, _ user: UserID, _ state: KeyState
    ) -> KeyPlace {
        guard let name = Name("key") else { preconditionFailure("a legal name") }
        let record = KeyRecord(
            id: id, digest: digest, user: slot(of: user), api: api, name: name, state: state,
            suffix: .unknown, since: .epoch, author: Author(token: TokenID(.max), user: nil),
            createdAt: .zero, changedAt: .zero)
        let slot = machine.state.keys.insert(record)
        machine.index.add(record, slot, in: machine.state.keys)
        slots[id] = slot
        return KeyPlace(id, slot, of: record.user)
    }
}

// The rest is the table's.
extension TestTable {
    var image: TableImage { table.image }
    var byteCount: Int { table.byteCount }
    var retiredCount: Int { table.retiredCount }
    func makeReader() -> KeyTable.Reader { table.makeReader() }
    func publish(_ index: LogIndex) { table.publish(index) }
    func block(_ subjects: [KeyStateSubject]) { table.block(subjects) }
    func unblock(_ subjects: [KeyStateSubject]) { table.unblock(subjects) }
    func isBlocked(_ digest: Digest) -> Bool { table.isBlocked(digest) }
    func setLeases(_ leases: [Lease]) { table.setLeases(leases) }
    func setConfirming(_ isConfirming: Bool) { table.setConfirming(isConfirming) }
    func drainLastUses(_ limit: Int, _ body: (KeyID, UInt32) -> Void) {
        table.drainLastUses(limit, body)
    }
}

extension TableChange {
    /// A key that is told of: any place will do.
    static func keyAdded(
        _ id: KeyID, digest: Digest, api: API, user: UserID, account: AccountID, state: KeyState
    ) -> TableChange {
        .keyAdded(
            .anywhere(id), digest: digest, api: api, user: user, account: account, state: state)
    }
    static func keyState(_ id: KeyID, _ state: KeyState) -> TableChange {
        .keyState(.anywhere(id), state)
    }
    static func keyRetiring(_ id: KeyID, successor: KeyID) -> TableChange {
        .keyRetiring(.anywhere(id), successor: .anywhere(successor))
    }
    static func keyForgotten(_ id: KeyID) -> TableChange { .keyForgotten(.anywhere(id)) }
}

extension KeyPlace {
    static func anywhere(_ id: KeyID) -> KeyPlace { KeyPlace(id, .none, of: .none) }
}
