import Basics
import Testing

@testable import Keyring

/// Look-ups in steps, while slots and memory become others' between them.
@Suite struct KeyTableReuseTests {
    private static func digest(_ key: UInt64) -> Digest {
        var writer = ByteWriter()
        writer.write(key)
        return SHA256.digest(of: writer.bytes)
    }

    private static func added(
        _ key: UInt64, user: UInt64 = 1, digest: UInt64? = nil, _ state: KeyState = .active
    ) -> TableChange {
        .keyAdded(
            KeyID(key), digest: Self.digest(digest ?? key), api: .rest, user: UserID(user),
            account: AccountID(1), state: state)
    }

    /// Two users, the first with key 1.
    private static func makeTable() -> TestTable {
        let table = TestTable()
        table.apply(.accountAdded(AccountID(1)))
        for user in 1...2 as ClosedRange<UInt64> {
            table.apply(.userAdded(UserID(user), account: AccountID(1), role: .member))
        }
        table.apply(added(1))
        return table
    }

    /// A copy of the state that is being encoded makes the row of the other key lie elsewhere.
    @Test(arguments: [false, true])
    func `a slot that became another key's gives neither`(isFrozen: Bool) throws {
        for moment in 0...1 {
            let table = Self.makeTable()
            let image = table.image
            let first = try #require(image.find(Self.digest(1)))
            var parties = try #require(image.parties(of: first))
            let slot = table.place(KeyID(1)).slot
            let frozen = isFrozen ? table.freeze() : nil
            table.apply(.keyState(KeyID(1), .revoked))
            table.apply(.keyForgotten(KeyID(1)))
            table.apply(Self.added(2))
            #expect(table.place(KeyID(2)).slot == slot)
            if moment == 1 { parties = try #require(image.parties(of: first)) }
            #expect(image.view(of: first, parties) == nil)
            #expect(image.key(Self.digest(1)) == nil)
            #expect(image.key(Self.digest(2))?.id == KeyID(2))
            if let frozen { #expect(frozen.encoded() != table.freeze().encoded()) }
        }
    }

    @Test func `a digest that is born again for another user isn't answered as the first one's`()
        throws
    {
        let table = Self.makeTable()
        let image = table.image
        let first = try #require(image.find(Self.digest(1)))
        let parties = try #require(image.parties(of: first))
        table.apply(.keyState(KeyID(1), .revoked))
        table.apply(.keyForgotten(KeyID(1)))
        table.apply(Self.added(2, user: 2, digest: 1))
        #expect(table.place(KeyID(2)).slot == first.slot)
        #expect(image.view(of: first, parties) == nil)
        #expect(image.key(Self.digest(1))?.user == UserID(2))
    }

    @Test func `a key in the slot of one that died with its user isn't accepted before its time`() {
        let table = Self.makeTable()
        let image = table.image
        // Dead by its user alone, and forgotten by the state; the table isn't told yet.
        table.apply(.userRemoved(UserID(1)))
        let place = table.removeUntold(KeyID(1))
        let next = table.addUntold(KeyID(2), digest: Self.digest(2), user: UserID(2))
        #expect(next.slot == place.slot)
        #expect(image.key(Self.digest(1))?.isAccepted != true)
        #expect(image.key(Self.digest(2))?.isAccepted != true)
        table.follow()
        #expect(image.key(Self.digest(1))?.isAccepted != true)
        #expect(image.key(Self.digest(2))?.isAccepted != true)
        table.table.apply(.keyForgotten(place))
        #expect(image.key(Self.digest(2)) == nil)
        table.table.apply(
            .keyAdded(
                next, digest: Self.digest(2), api: .rest, user: UserID(2),
                account: AccountID(1), state: .active))
        #expect(image.key(Self.digest(2))?.isAccepted == true)
    }

    /// As many as take chunks of rows and of cells that the table hasn't heard of.
    @Test func `keys that the state has and the table not are unknown, wherever they are`() {
        let table = Self.makeTable()
        let image = table.image
        let keys = 2...5_000 as ClosedRange<UInt64>
        var places: [KeyPlace] = []
        func expectUnknown(_ moment: String) {
            for key in keys where image.lookUp(Self.digest(key)) != .unknown {
                Issue.record("key \(key) is known \(moment)")
            }
            for key in keys where image.api(of: KeyID(key)) != nil {
                Issue.record("key \(key) is found by its id \(moment)")
            }
        }
        for key in keys {
            places.append(
                table.addUntold(KeyID(key), digest: Self.digest(key), user: UserID(2)))
        }
        expectUnknown("before its row is published")
        table.follow()
        expectUnknown("before its cell is filled")
        for (key, place) in zip(keys, places) {
            table.table.apply(
                .keyAdded(
                    place, digest: Self.digest(key), api: .rest, user: UserID(2),
                    account: AccountID(1), state: .active))
        }
        for key in keys where image.key(Self.digest(key))?.isAccepted != true {
            Issue.record("key \(key) isn't accepted")
        }
        #expect(image.key(Self.digest(1))?.user == UserID(1))
    }

    @Test func `memory that the state left is kept until readers have passed`() {
        let table = Self.makeTable()
        for index in 1...9 { table.publish(LogIndex(UInt64(index))) }
        let reader = table.makeReader()
        let before = table.retiredCount
        let frozen = table.freeze()
        table.apply(Self.added(2))
        table.publish(LogIndex(10))
        table.publish(LogIndex(11))
        #expect(table.retiredCount > before)
        #expect(reader.image.key(Self.digest(1))?.isAccepted == true)
        reader.quiescent()
        for index in 12...20 { table.publish(LogIndex(UInt64(index))) }
        #expect(table.retiredCount == before)
        #expect(frozen.index == .zero)
    }
}
