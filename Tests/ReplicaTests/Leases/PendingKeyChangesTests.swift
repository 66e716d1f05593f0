import Basics
import Keyring
import Testing

@testable import Replica

@Suite struct PendingKeyChangesTests {
    private static let (key, user) = (
        KeyStateSubject.key(KeyID(1)), KeyStateSubject.user(UserID(2))
    )

    private static func changes() -> PendingKeyChanges {
        var changes = PendingKeyChanges()
        changes.append([key], at: LogIndex(3))
        changes.append([key, user], at: LogIndex(5))
        changes.append([user], at: LogIndex(9))
        return changes
    }

    @Test func `what is applied gives back what it touched, once for each entry`() {
        var changes = Self.changes()
        #expect(changes.subjects == [Self.key, Self.key, Self.user, Self.user])
        #expect(changes.takeApplied(through: LogIndex(2)).isEmpty)
        #expect(changes.takeApplied(through: LogIndex(5)) == [Self.key, Self.key, Self.user])
        #expect(changes.indices == [LogIndex(9)])
        #expect(changes.newest == LogIndex(9))
        #expect(changes.takeApplied(through: LogIndex(20)) == [Self.user])
        #expect(changes.newest == nil)
    }

    @Test func `what is truncated gives back what it touched`() {
        var changes = Self.changes()
        #expect(changes.truncate(from: LogIndex(10)).isEmpty)
        #expect(changes.truncate(from: LogIndex(5)) == [Self.user, Self.key, Self.user])
        #expect(changes.newest == LogIndex(3))
        changes.append([Self.user], at: LogIndex(5))
        #expect(changes.indices == [LogIndex(3), LogIndex(5)])
    }

    @Test func `the newest at or before an index is found`() {
        let changes = Self.changes()
        #expect(changes.newest(notAfter: LogIndex(2)) == nil)
        #expect(changes.newest(notAfter: LogIndex(3)) == LogIndex(3))
        #expect(changes.newest(notAfter: LogIndex(8)) == LogIndex(5))
        #expect(changes.newest(notAfter: LogIndex(100)) == LogIndex(9))
    }

    @Test func `the newest that changes how long leases last is found`() {
        var changes = Self.changes()
        #expect(changes.newestOfLeases == .zero)
        changes.append([.leases], at: LogIndex(11))
        changes.append([Self.key], at: LogIndex(12))
        #expect(changes.newestOfLeases == LogIndex(11))
        _ = changes.takeApplied(through: LogIndex(11))
        #expect(changes.newestOfLeases == .zero)
    }
}
