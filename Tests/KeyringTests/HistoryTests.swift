import Basics
import Testing

@testable import Keyring

@Suite struct HistoryTests {
    private static let subjects: [AuditSubject] = [
        .cluster, .account(AccountID(1)), .user(UserID(2)), .limit(UserID(2), .rest),
        .key(KeyID(3)), .token(TokenID(4)), .member(NodeID(5)), .api(.batch),
        .pool(AccountID(1), .rest),
    ]

    @Test func `a subject is read as it is written`() throws {
        for subject in Self.subjects {
            let read = AuditSubject.all(writtenAs: subject.text)
            #expect(read.first == subject && read.allSatisfy { $0.text == subject.text })
        }
        let n4 = try #require(API(slug: "n4"))
        #expect(AuditSubject.all(writtenAs: "n4") == [.member(NodeID(4)), .api(n4)])
        for text in ["", "usr_", "usr_00000000002/", "usr_00000000002/REST", "/rest", "n4/rest"] {
            #expect(AuditSubject.all(writtenAs: text).isEmpty, "\(text)")
        }
    }

    private func bench() -> Bench {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.key(2))
        bench.must(.setKeyActive(KeyID(1), account: bench.account, active: false))
        bench.must(.createAccount(AccountID(101), name: Sample.name("Other")))
        bench.must(.setKeyActive(KeyID(1), account: bench.account, active: true))
        return bench
    }

    @Test func `the history of a subject is what the trail says of it`() throws {
        let bench = bench()
        let history = try bench.machine.history(
            of: [.key(KeyID(1))], in: bench.account, PageRequest(), as: Sample.operatorToken)
        #expect(history.items.map(\.action) == [.keyActivated, .keyDeactivated, .keyCreated])
        let both = try bench.machine.history(
            of: [.key(KeyID(2)), .user(bench.user)], in: nil, PageRequest(),
            as: Sample.operatorToken)
        #expect(both.items.map(\.action) == [.keyCreated, .userCreated])
    }

    @Test func `it goes on where a page ended, and hides from who may not read the trail`() throws {
        var bench = bench()
        bench.must(bench.token(3, .member, user: bench.user))
        var request = PageRequest(limit: 1)
        var actions: [AuditAction] = []
        repeat {
            let page = try bench.machine.history(
                of: [.key(KeyID(1))], in: bench.account, request, as: Sample.operatorToken)
            actions += page.items.map(\.action)
            request.cursor = page.next
        } while request.cursor != nil
        #expect(actions == [.keyActivated, .keyDeactivated, .keyCreated])
        #expect(throws: Refusal.forbidden) {
            try bench.machine.history(
                of: [.key(KeyID(1))], in: bench.account, PageRequest(), as: TokenID(3))
        }
    }

    @Test func `a key is found by its digest and its id, with why it opens or doesn't`() throws {
        var bench = bench()
        let key = try bench.machine.key(KeyID(1), in: bench.account, as: Sample.operatorToken)
        let digest = try #require(bench.machine.digest(of: KeyID(1)))
        for reference in [KeyReference.id(KeyID(1)), .digest(digest)] {
            let found = try bench.machine.find(reference, as: Sample.operatorToken)
            #expect(found == FoundKey(key: key, standing: .active))
        }
        bench.must(.removeUser(bench.user, account: bench.account))
        let found = try bench.machine.find(.id(KeyID(1)), as: Sample.operatorToken)
        #expect(found.standing != .active && found.key.state == .revoked)
    }

    @Test func `to who may not see it a key isn't there`() throws {
        var bench = bench()
        bench.must(
            .createUser(
                UserID(201), account: bench.account, email: Sample.email("bob@acme.test"),
                name: Sample.name("Bob"), role: .member))
        bench.must(bench.token(3, .member, user: bench.user))
        bench.must(bench.token(4, .member, user: UserID(201)))
        bench.must(bench.token(5, .auditor))
        for token in [TokenID(3), TokenID(5)] {
            #expect(try bench.machine.find(.id(KeyID(1)), as: token).key.id == KeyID(1))
        }
        #expect(throws: Refusal.keyNotFound) {
            try bench.machine.find(.id(KeyID(1)), as: TokenID(4))
        }
        #expect(throws: Refusal.keyNotFound) {
            try bench.machine.find(.digest(.zero), as: Sample.operatorToken)
        }
        #expect(throws: Refusal.unauthenticated) {
            try bench.machine.find(.id(KeyID(1)), as: TokenID(99))
        }
    }
}

extension StateMachine {
    fileprivate func digest(of key: KeyID) -> Digest? {
        slot(of: key).map { state.keys[$0].digest }
    }
}
