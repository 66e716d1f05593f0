import Basics

/// An API, and how much there is of it that keeps it from being removed.
struct APIRecord: Hashable, Sendable {
    var api: API
    var name: Name
    /// Keys that aren't dead and limits that are set, of users who aren't removed, and pools, in
    /// accounts that aren't deleted.
    var uses: UInt32 = 0

    /// Those that exist from the start.
    static var initial: [APIRecord] {
        [(API.batch, "Batch API"), (API.rest, "REST API")].map { api, name in
            guard let name = Name(name) else { preconditionFailure("a legal name") }
            return APIRecord(api: api, name: name)
        }
    }
}

/// An account's share of the uses of an API.
struct APIUses: Hashable, Sendable {
    var api: API
    var count: UInt32
}

extension State {
    /// What keys may open, ascending.
    var apis: [API] { catalogue.map(\.api) }

    func knows(_ api: API) -> Bool { catalogue.contains { $0.api == api } }

    /// Counts a key, limit or pool that came, or went for good. Requires an account that isn't
    /// deleted.
    mutating func countUse(of api: API, in account: Slot<AccountRecord>, by change: Int32) {
        guard let place = catalogue.firstIndex(where: { $0.api == api }) else {
            preconditionFailure("an API that isn't there is used")
        }
        catalogue[place].uses = moved(catalogue[place].uses, by: change)
        let uses = accounts[account].apiUses
        let position = uses.firstIndex { $0.api >= api } ?? uses.endIndex
        if position == uses.endIndex || uses[position].api != api {
            accounts[account].apiUses.insert(APIUses(api: api, count: 0), at: position)
        }
        let count = moved(accounts[account].apiUses[position].count, by: change)
        accounts[account].apiUses[position].count = count
        if count == 0 { accounts[account].apiUses.remove(at: position) }
    }

    /// The account has been deleted: nothing in it uses anything any more.
    mutating func dropUses(of account: Slot<AccountRecord>) {
        for use in accounts[account].apiUses {
            for place in catalogue.indices where catalogue[place].api == use.api {
                catalogue[place].uses -= use.count
            }
        }
        accounts[account].apiUses = []
    }

    /// The user has been removed, and all that is theirs with them. Visits their keys.
    mutating func dropUses(of user: Slot<UserRecord>) {
        let account = users[user].account
        var slot = users[user].keys.first
        while !slot.isNone {
            if !keys.state(of: slot).isDead {
                countUse(of: keys.api(of: slot), in: account, by: -1)
            }
            slot = keys[slot].next
        }
        for line in users[user].credits where line.allowance != nil {
            countUse(of: line.api, in: account, by: -1)
        }
    }

    private func moved(_ count: UInt32, by change: Int32) -> UInt32 {
        let moved = Int64(count) + Int64(change)
        precondition(moved >= 0, "more uses of an API end than began")
        return UInt32(clamping: moved)
    }
}

extension APIRecord: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(api)
        writer.put(name)
        writer.put(uses)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        api = try reader.get()
        name = try reader.get()
        uses = try reader.get()
    }
}

extension APIUses: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(api)
        writer.put(count)
    }
    init(from reader: inout ByteReader) throws(MalformedBytes) {
        api = try reader.get()
        count = try reader.get()
    }
}
