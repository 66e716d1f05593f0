import Basics
import Testing

@testable import Keyring

/// A key in its grace, as readers see it.
@Suite struct KeyTableRotationTests {
    static func digest(_ key: UInt64) -> Digest { SHA256.digest(of: [UInt8(key)]) }

    static func added(_ key: UInt64, _ state: KeyState = .active) -> TableChange {
        .keyAdded(
            KeyID(key), digest: digest(key), api: .batch, user: UserID(1), account: AccountID(1),
            state: state)
    }

    /// Key 1 retiring, key 2 its successor.
    private static func makeTable() -> TestTable {
        let table = TestTable()
        table.apply(.accountAdded(AccountID(1)))
        table.apply(.userAdded(UserID(1), account: AccountID(1), role: .member))
        table.apply(added(1))
        table.apply(added(2))
        table.apply(.keyRetiring(KeyID(1), successor: KeyID(2)))
        table.publish(LogIndex(1))
        return table
    }

    @Test func `a retiring key is accepted, an expired one isn't`() {
        let table = Self.makeTable()
        let reader = table.makeReader()
        #expect(reader.image.key(Self.digest(1))?.state == .retiring)
        #expect(reader.image.key(Self.digest(1))?.isAccepted == true)
        table.apply(.keyState(KeyID(1), .expired))
        #expect(reader.image.key(Self.digest(1))?.isAccepted == false)
        #expect(reader.image.key(Self.digest(2))?.isAccepted == true)
    }

    @Test func `what blocks the successor blocks the retiring key, and not the other way`() {
        let table = Self.makeTable()
        let reader = table.makeReader()
        func blocked(_ key: UInt64) -> Bool? { reader.image.key(Self.digest(key))?.isBlocked }
        for subject in [KeyStateSubject.key(KeyID(2)), .digest(Self.digest(2))] {
            #expect(blocked(1) == false)
            table.block([subject])
            #expect(blocked(1) == true)
            #expect(table.isBlocked(Self.digest(1)))
            table.unblock([subject])
        }
        table.block([.key(KeyID(1))])
        #expect(blocked(1) == true)
        #expect(blocked(2) == false)
        table.unblock([.key(KeyID(1))])
        // Once it is over, what becomes of the successor is no matter any more.
        table.apply(.keyState(KeyID(1), .revoked))
        table.block([.key(KeyID(2))])
        #expect(blocked(1) == false)
    }

    @Test func `a successor blocked before it is born blocks from the moment of the rotation`() {
        let table = TestTable()
        table.apply(.accountAdded(AccountID(1)))
        table.apply(.userAdded(UserID(1), account: AccountID(1), role: .member))
        table.apply(Self.added(1))
        let rotation: [KeyStateSubject] = [
            .key(KeyID(1)), .digest(Self.digest(2)), .key(KeyID(2)),
        ]
        table.block(rotation)
        // The revocation of the successor is in the log before the rotation is applied.
        table.block([.key(KeyID(2))])
        table.apply(Self.added(2))
        table.apply(.keyRetiring(KeyID(1), successor: KeyID(2)))
        table.unblock(rotation)
        let reader = table.makeReader()
        #expect(reader.image.key(Self.digest(1))?.isBlocked == true)
        table.apply(.keyState(KeyID(1), .revoked))
        table.apply(.keyState(KeyID(2), .revoked))
        table.unblock([.key(KeyID(2))])
        #expect(reader.image.key(Self.digest(1))?.isBlocked == false)
        #expect(reader.image.key(Self.digest(1))?.state == .revoked)
    }

    @Test func `who looked the key up before its successor was revoked finds it so at the end`() {
        let table = Self.makeTable()
        let reader = table.makeReader()
        let image = reader.image
        guard let found = image.find(Self.digest(1)) else {
            Issue.record("no key")
            return
        }
        guard let parties = image.parties(of: found) else {
            Issue.record("no user")
            return
        }
        table.block([.key(KeyID(2))])
        table.apply(.keyState(KeyID(1), .revoked))
        table.apply(.keyState(KeyID(2), .revoked))
        table.unblock([.key(KeyID(2))])
        guard let view = image.view(of: found, parties) else {
            Issue.record("no key")
            return
        }
        #expect(view.state == .revoked)
    }

    @Test func `a key's API is known by its id, as long as the key is`() {
        let table = Self.makeTable()
        let reader = table.makeReader()
        #expect(reader.image.api(of: KeyID(1)) == .batch)
        #expect(reader.image.api(of: KeyID(3)) == nil)
        table.apply(.keyState(KeyID(1), .revoked))
        #expect(reader.image.api(of: KeyID(1)) == .batch)
        table.apply(.keyForgotten(KeyID(1)))
        #expect(reader.image.api(of: KeyID(1)) == nil)
    }
}
