import Basics
import Testing

@testable import Keyring

@Suite("The key table")
struct KeyTableTests {
    private let account = AccountID(1)
    private let user = UserID(2)
    private let key = KeyID(3)
    private let digest = SHA256.digest(of: [1])

    private func filled() -> TestTable {
        let table = TestTable()
        table.apply(.accountAdded(account))
        table.apply(.userAdded(user, account: account, role: .admin))
        table.apply(
            .keyAdded(
                key, digest: digest, api: .batch, user: user, account: account, state: .active))
        table.publish(LogIndex(7))
        return table
    }

    @Test("an empty table has no keys, no index, and no lease")
    func empty() {
        let reader = TestTable().makeReader()
        #expect(reader.image.key(digest) == nil)
        #expect(reader.image.token(digest) == nil)
        #expect(reader.image.appliedIndex == .zero)
        #expect(reader.leases(at: .zero) == LeaseStanding(usable: .past, latest: .past))
        let isConfirming = reader.isConfirming
        #expect(!isConfirming)
    }

    @Test("a key is found with its user, account, api and states")
    func found() throws {
        let table = filled()
        let reader = table.makeReader()
        let view = try #require(reader.image.key(digest))
        #expect(view.id == key)
        #expect(view.user == user)
        #expect(view.account == account)
        #expect(view.api == .batch)
        #expect(view.credits == nil)
        #expect(view.isAccepted)
        #expect(reader.image.appliedIndex == LogIndex(7))
    }

    @Test("removing the user or the account, or changing the key, closes the key at once")
    func closed() throws {
        let table = filled()
        let reader = table.makeReader()
        for (change, reverse) in [
            (TableChange.keyState(key, .inactive), TableChange.keyState(key, .active)),
            (.keyState(key, .revoked), .keyState(key, .active)),
        ] {
            table.apply(change)
            #expect(reader.image.key(digest)?.isAccepted == false)
            table.apply(reverse)
            #expect(reader.image.key(digest)?.isAccepted == true)
        }
        table.apply(.userRemoved(user))
        #expect(reader.image.key(digest)?.userState == .removed)
        #expect(reader.image.key(digest)?.isAccepted == false)
        let other = filled()
        let otherReader = other.makeReader()
        other.apply(.accountDeleted(account))
        #expect(otherReader.image.key(digest)?.accountState == .removed)
        #expect(otherReader.image.key(digest)?.isAccepted == false)
    }

    @Test("a token can do no more than its user, and nothing after the user")
    func token() throws {
        let table = filled()
        let reader = table.makeReader()
        let secret = SHA256.digest(of: [2])
        table.apply(
            .tokenAdded(TokenID(9), digest: secret, role: .admin, account: account, user: user))
        var view = try #require(reader.image.token(secret))
        #expect(view.isAccepted)
        #expect(view.effectiveRole == .admin)
        #expect(view.account == account)
        #expect(view.user == user)
        table.apply(.userRole(user, .member))
        view = try #require(reader.image.token(secret))
        #expect(view.role == .admin)
        #expect(view.effectiveRole == .member)
        table.apply(.userRemoved(user))
        #expect(reader.image.token(secret)?.isAccepted == false)
        table.apply(.tokenRevoked(TokenID(9)))
        #expect(reader.image.token(secret)?.isRevoked == true)
        table.apply(.tokenForgotten(TokenID(9)))
        #expect(reader.image.token(secret) == nil)
        #expect(reader.image.key(secret) == nil)
    }

    @Test("an operator's token belongs to no account and no user")
    func operatorToken() throws {
        let table = filled()
        let reader = table.makeReader()
        table.apply(
            .tokenAdded(TokenID(9), digest: digest, role: .operator, account: nil, user: nil))
        let view = try #require(reader.image.token(digest))
        #expect(view.account == nil)
        #expect(view.user == nil)
        #expect(view.isAccepted)
        #expect(view.effectiveRole == .operator)
    }

    @Test("credits of an earlier period are unspent, and the period's end is the calendar's")
    func credits() {
        let table = filled()
        let reader = table.makeReader()
        func set(_ period: Period, _ number: Int32) {
            let state = CreditState(
                allowance: Credits(clamping: 100), remaining: Credits(clamping: 30),
                period: period, periodNumber: number, periodEnd: nil)
            table.apply(.credits(user, .batch, state))
        }
        table.apply(.calendar(day: 10, month: 0))
        set(.day, 10)
        #expect(reader.image.key(digest)?.credits?.remaining.rawValue == 30)
        #expect(
            reader.image.key(digest)?.credits?.periodEnd == Timestamp(milliseconds: 950_400_000))
        table.apply(.calendar(day: 11, month: 0))
        #expect(reader.image.key(digest)?.credits?.remaining.rawValue == 100)
        #expect(
            reader.image.key(digest)?.credits?.periodEnd == Timestamp(milliseconds: 1_036_800_000))
        set(.month, 0)
        #expect(reader.image.key(digest)?.credits?.remaining.rawValue == 30)
        #expect(
            reader.image.key(digest)?.credits?.periodEnd == Timestamp(milliseconds: 2_678_400_000))
        set(.none, 0)
        table.apply(.calendar(day: 400, month: 13))
        #expect(reader.image.key(digest)?.credits?.remaining.rawValue == 30)
        #expect(reader.image.key(digest)?.credits?.periodEnd == nil)
        table.apply(.creditsUnlimited(user, .batch))
        #expect(reader.image.key(digest)?.credits == nil)
    }

    @Test("a change of an allowance leaves the words in force alone until all of it is written")
    func allowanceInTwoCopies() throws {
        let table = filled()
        let reader = table.makeReader()
        func set(_ remaining: UInt64) {
            let state = CreditState(
                allowance: Credits(clamping: 100), remaining: Credits(clamping: remaining),
                period: .none, periodNumber: 0, periodEnd: nil)
            table.apply(.credits(user, .batch, state))
        }
        set(40)
        let row = RowStore.row(
            1, words: Layout.Credits.count, root: reader.image.root, word: Layout.Root.credits)
        for remaining in UInt64(41)...44 {
            let version = row.load(Layout.Credits.nextAndVersion)
            let inForce = Layout.Credits.copies + Layout.Credits.copyWords * Int(version & 1)
            let other = Layout.Credits.copies + Layout.Credits.copyWords * Int(~version & 1)
            // As a reader finds it in the middle of the next change.
            row.store(7, at: other)
            row.store(9, at: other + 1)
            #expect(reader.image.key(digest)?.credits?.remaining.rawValue == remaining - 1)
            set(remaining)
            #expect(row.load(inForce + 1) == remaining - 1)
            #expect(row.load(Layout.Credits.nextAndVersion) == version + 1)
            #expect(reader.image.key(digest)?.credits?.remaining.rawValue == remaining)
            #expect(reader.image.key(digest)?.credits?.allowance.rawValue == 100)
        }
    }

    @Test("a limit for another api doesn't touch the key")
    func otherAPI() throws {
        let table = filled()
        let reader = table.makeReader()
        table.apply(
            .credits(
                user, .rest,
                CreditState(
                    allowance: .zero, remaining: .zero, period: .none, periodNumber: 0,
                    periodEnd: nil)))
        #expect(reader.image.key(digest)?.credits == nil)
    }

    @Test("an image read before an installation stays whole, with its own index")
    func installation() throws {
        let table = filled()
        let reader = table.makeReader()
        let old = reader.image
        #expect(reader.image.key(SHA256.digest(of: [5])) == nil)
        table.replace(
            by: [
                .accountAdded(account), .userAdded(user, account: account, role: .member),
                .keyAdded(
                    key, digest: SHA256.digest(of: [5]), api: .rest, user: user, account: account,
                    state: .inactive),
            ], at: LogIndex(90))
        #expect(old.appliedIndex == LogIndex(7))
        #expect(old.key(digest)?.isAccepted == true)
        #expect(reader.image.appliedIndex == LogIndex(90))
        #expect(reader.image.key(digest) == nil)
        #expect(reader.image.key(SHA256.digest(of: [5]))?.state == .inactive)
        table.apply(.keyState(key, .active))
        #expect(reader.image.key(SHA256.digest(of: [5]))?.isAccepted == true)
    }

    @Test("memory goes back only after every reader at work was quiescent or parked")
    func reclamation() throws {
        let table = filled()
        let first = table.makeReader()
        let second = table.makeReader()
        table.replace(by: [], at: LogIndex(8))
        table.publish(LogIndex(8))
        #expect(table.retiredCount == 1)
        first.quiescent()
        table.publish(LogIndex(9))
        #expect(table.retiredCount == 1)
        second.park()
        for index in 10..<30 { table.publish(LogIndex(UInt64(index))) }
        #expect(table.retiredCount == 0)
        second.unpark()
        table.replace(by: [], at: LogIndex(40))
        first.quiescent()
        table.publish(LogIndex(40))
        #expect(table.retiredCount == 1)
        second.quiescent()
        for index in 41..<60 { table.publish(LogIndex(UInt64(index))) }
        #expect(table.retiredCount == 0)
    }

    @Test("a reader's place is free again when the reader is gone")
    func readers() throws {
        let table = TestTable()
        for _ in 0..<3 * KeyTable.readerLimit { _ = table.makeReader() }
    }

    @Test("a stamp for a key of a table that was replaced is dropped")
    func staleStamp() throws {
        let table = filled()
        let reader = table.makeReader()
        let view = try #require(reader.image.key(digest))
        table.replace(by: [], at: LogIndex(8))
        reader.stamp(view, minute: 5)
        table.drainLastUses(10) { id, _ in Issue.record("\(id) is of another table") }
    }

    @Test("a stamp is drained once a change, in portions, and not for a forgotten key")
    func lastUses() throws {
        let table = filled()
        let reader = table.makeReader()
        func drain(_ limit: Int = 10) -> [UInt32] {
            var minutes: [UInt32] = []
            table.drainLastUses(limit) { id, minute in
                #expect(id == key || id == KeyID(4))
                minutes.append(minute)
            }
            return minutes
        }
        let view = try #require(reader.image.key(digest))
        #expect(drain() == [])
        reader.stamp(view, minute: 5)
        reader.stamp(view, minute: 5)
        reader.stamp(view, minute: 6)
        #expect(drain() == [6])
        #expect(drain() == [])
        reader.stamp(view, minute: 6)
        #expect(drain() == [])
        let other = SHA256.digest(of: [2])
        table.apply(
            .keyAdded(
                KeyID(4), digest: other, api: .rest, user: user, account: account, state: .active))
        reader.stamp(view, minute: 7)
        reader.stamp(try #require(reader.image.key(other)), minute: 8)
        #expect(drain(1) == [7])
        #expect(drain(1) == [8])
        reader.stamp(view, minute: 9)
        table.apply(.keyForgotten(key))
        #expect(drain() == [])
        // The one of 65,536 whose lowest bits are zero is taken for the next.
        for minute in [30_000_000, 30_015_487, 30_015_488] as [UInt32] {
            reader.stamp(try #require(reader.image.key(other)), minute: minute)
            #expect(drain() == [minute == 30_015_488 ? 30_015_489 : minute])
        }
    }

    @Test("stamps of many keys come in portions, each key once")
    func manyStamps() throws {
        let table = filled()
        let reader = table.makeReader()
        let keys = (10..<5_000).map { KeyID(UInt64($0)) }
        for key in keys {
            table.apply(
                .keyAdded(
                    key, digest: Self.digest(key), api: .rest, user: user, account: account,
                    state: .active))
        }
        for key in keys {
            reader.stamp(try #require(reader.image.key(Self.digest(key))), minute: 9)
        }
        var drained: [KeyID] = []
        var calls = 0
        repeat {
            calls += 1
            let before = drained.count
            table.drainLastUses(700) { key, minute in
                #expect(minute == 9)
                drained.append(key)
            }
            #expect(drained.count - before <= 700)
        } while drained.count < keys.count && calls < 20
        #expect(calls == 8)
        #expect(Set(drained) == Set(keys) && drained.count == keys.count)
    }

    private static func digest(_ key: KeyID) -> Digest {
        SHA256.digest(of: [7, UInt8(key.rawValue >> 8), UInt8(key.rawValue & 255)])
    }
}
