import Basics
import Testing

@testable import Keyring

@Suite struct KeyRuleTests {
    @Test func `a user has at most three active keys, over all APIs together`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1, api: .rest))
        bench.must(bench.key(2, api: .batch))
        bench.must(bench.key(3, api: .rest))
        #expect(bench.apply(bench.key(4, api: .batch)) == .refused(.activeKeyLimit(limit: 3)))
        bench.must(bench.key(5, active: false))
        let activate = Command.setKeyActive(KeyID(5), account: bench.account, active: true)
        #expect(bench.apply(activate) == .refused(.activeKeyLimit(limit: 3)))
        bench.must(.setKeyActive(KeyID(1), account: bench.account, active: false))
        bench.must(activate)
        #expect(
            bench.apply(.setKeyActive(KeyID(1), account: bench.account, active: true))
                == .refused(.activeKeyLimit(limit: 3)))
        bench.must(.revokeKey(KeyID(5), account: bench.account))
        bench.must(.setKeyActive(KeyID(1), account: bench.account, active: true))
    }

    @Test func `a user has at most a hundred keys that aren't revoked`() {
        var bench = Bench.peopled()
        for number in 1...100 { bench.must(bench.key(UInt64(number), active: false)) }
        #expect(bench.apply(bench.key(101, active: false)) == .refused(.keyLimit(limit: 100)))
        bench.must(.revokeKey(KeyID(50), account: bench.account))
        bench.must(bench.key(101, active: false))
    }

    @Test func `revoked is final`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(.revokeKey(KeyID(1), account: bench.account))
        for active in [true, false] {
            #expect(
                bench.apply(.setKeyActive(KeyID(1), account: bench.account, active: active))
                    == .refused(.keyRevoked))
        }
        #expect(
            bench.apply(.renameKey(KeyID(1), account: bench.account, name: Sample.name("x")))
                == .refused(.keyRevoked))
        #expect(bench.charge(1, 1) == .refused(.invalidKey))
    }

    @Test func `a change that changes nothing tells the index of the last one`() {
        var bench = Bench.peopled()
        let created = bench.must(bench.key(1)).index
        let again = bench.must(.setKeyActive(KeyID(1), account: bench.account, active: true))
        #expect(again.index == created)
        #expect(bench.changes.isEmpty)
        let off = bench.must(.setKeyActive(KeyID(1), account: bench.account, active: false))
        #expect(off.index == bench.index)
        let offAgain = bench.must(.setKeyActive(KeyID(1), account: bench.account, active: false))
        #expect(offAgain.index == off.index)
        let revoked = bench.must(.revokeKey(KeyID(1), account: bench.account))
        let revokedAgain = bench.must(.revokeKey(KeyID(1), account: bench.account))
        #expect(revokedAgain == revoked)
    }

    @Test func `removing a user revokes everything by one state and one entry`() throws {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.key(2, active: false))
        bench.must(bench.token(9, .member, user: bench.user))
        let removal = bench.must(.removeUser(bench.user, account: bench.account))
        #expect(bench.changes == [.userRemoved(bench.user)])
        #expect(bench.charge(1, 1) == .refused(.invalidKey))
        #expect(throws: Refusal.unauthenticated) { try bench.machine.whoami(TokenID(9)) }
        let key = try bench.machine.key(
            KeyID(2), in: bench.account, as: Sample.operatorToken)
        #expect(key.state == .revoked)
        #expect(key.changedAt == removal.index)
        // Revoking, removing and ending again all tell that index.
        #expect(bench.must(.revokeKey(KeyID(1), account: bench.account)).index == removal.index)
        #expect(bench.must(.removeUser(bench.user, account: bench.account)).index == removal.index)
        #expect(bench.must(.revokeToken(TokenID(9))).index == removal.index)
        #expect(
            bench.must(.revokeAllKeys(bench.user, account: bench.account)).index
                == removal.index)
        #expect(bench.apply(bench.key(3)) == .refused(.userNotFound))
    }

    @Test func `all keys of a user are revoked in one entry without removing the user`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.key(2, active: false))
        bench.must(bench.key(3))
        bench.must(.revokeKey(KeyID(3), account: bench.account))
        let change = bench.must(.revokeAllKeys(bench.user, account: bench.account))
        #expect(change.result == .keysRevoked(bench.user, count: 2))
        #expect(
            bench.changes == [
                .keyState(bench.place(1), .revoked), .keyState(bench.place(2), .revoked),
            ])
        let again = bench.must(.revokeAllKeys(bench.user, account: bench.account))
        #expect(again.result == .keysRevoked(bench.user, count: 0))
        #expect(again.index == change.index)
        bench.must(bench.key(4))
    }

    @Test func `an id or digest that is taken, or zero, is refused`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        #expect(bench.apply(bench.key(1)) == .refused(.identifierTaken))
        #expect(bench.apply(bench.key(0)) == .refused(.identifierTaken))
        guard case .createKey(var key) = bench.key(2) else { return }
        key.digest = Sample.digest(1)
        #expect(bench.apply(.createKey(key)) == .refused(.identifierTaken))
    }

    @Test func `a key opens an API that exists`() {
        var bench = Bench.peopled()
        #expect(bench.apply(bench.key(1, api: API(slug: "mail")!)) == .refused(.apiNotFound))
    }

    @Test func `a deleted account's keys are dead by one state`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        let deletion = bench.must(.deleteAccount(bench.account))
        #expect(bench.changes == [.accountDeleted(bench.account)])
        #expect(bench.charge(1, 1) == .refused(.invalidKey))
        #expect(bench.must(.deleteAccount(bench.account)).index == deletion.index)
        #expect(
            bench.apply(.revokeKey(KeyID(1), account: bench.account))
                == .refused(.accountNotFound))
        let standing = try? bench.machine.standing(
            of: KeyID(1), in: bench.account, as: Sample.operatorToken)
        #expect(standing == .accountDeleted)
    }

    @Test func `last use is the latest minute that any node reports, never in the future`() throws {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        let now = UInt32(bench.time.milliseconds / 60_000)
        func lastUsed() throws -> Timestamp? {
            try bench.machine.key(KeyID(1), in: bench.account, as: Sample.operatorToken)
                .lastUsedAt
        }
        #expect(try lastUsed() == nil)
        for (reported, expected) in [(now - 5, now - 5), (now - 9, now - 5), (now + 70, now)] {
            bench.apply(.reportLastUsed([LastUsed(key: KeyID(1), minute: reported)]))
            #expect(
                try lastUsed() == Timestamp(milliseconds: Int64(expected) * 60_000))
        }
        #expect(
            bench.apply(.reportLastUsed([LastUsed(key: KeyID(77), minute: now)])) == .noted)
    }

    @Test func `two users of an account can't share an address, whatever the case`() {
        var bench = Bench.peopled()
        func create(_ number: UInt64, _ email: String) -> Command {
            .createUser(
                UserID(number), account: bench.account, email: Sample.email(email),
                name: Sample.name("x"), role: .member)
        }
        let (upper, other) = (create(201, "ANN@Acme.Test"), create(202, "bob@acme.test"))
        #expect(bench.apply(upper) == .refused(.duplicateEmail))
        bench.must(other)
        #expect(
            bench.apply(
                .updateUser(
                    UserID(202), account: bench.account, email: Sample.email("ANN@acme.test"),
                    name: nil, role: nil)) == .refused(.duplicateEmail))
        // One's own address may change its case, and a removed user's is free.
        bench.must(
            .updateUser(
                bench.user, account: bench.account, email: Sample.email("Ann@acme.test"),
                name: nil, role: nil))
        bench.must(.removeUser(bench.user, account: bench.account))
        bench.must(upper)
        // Another account has its own.
        bench.must(.createAccount(AccountID(101), name: Sample.name("Other")))
        bench.must(
            .createUser(
                UserID(203), account: AccountID(101), email: Sample.email("ann@acme.test"),
                name: Sample.name("x"), role: .member))
    }
}
