import Basics
import Testing

@testable import Keyring

@Suite struct TokenRuleTests {
    static let admin = UserID(201)

    /// An account with a member and an admin, each with a token, and an auditor's.
    private func staffed() -> Bench {
        var bench = Bench.peopled()
        bench.must(
            .createUser(
                Self.admin, account: bench.account, email: Sample.email("eve@acme.test"),
                name: Sample.name("Eve"), role: .admin))
        bench.must(bench.token(2, .member, user: bench.user))
        bench.must(bench.token(3, .admin, user: Self.admin))
        bench.must(bench.token(4, .auditor))
        bench.must(bench.key(1))
        bench.must(.createAccount(AccountID(101), name: Sample.name("Other")))
        return bench
    }

    /// One of every change to an account, and those to the cluster.
    private func changes(in account: AccountID, _ bench: Bench) -> [Command] {
        let user = bench.user
        return [
            .createUser(
                UserID(300), account: account, email: Sample.email("n@x"),
                name: Sample.name("N"), role: .member),
            .updateUser(user, account: account, email: nil, name: Sample.name("A"), role: nil),
            .setLimit(
                user, account: account, api: .rest, credits: .maximum, period: .none),
            .removeLimit(user, account: account, api: .rest),
            .renameKey(KeyID(1), account: account, name: Sample.name("K")),
            .setKeyActive(KeyID(1), account: account, active: false),
            .revokeKey(KeyID(1), account: account),
            .revokeAllKeys(user, account: account), .removeUser(user, account: account),
            bench.token(50, .auditor, account: account),
        ]
    }

    private var clusterChanges: [Command] {
        [
            .createAccount(AccountID(500), name: Sample.name("N")),
            .renameAccount(AccountID(100), name: Sample.name("N")),
            .deleteAccount(AccountID(100)), .updateSettings(SettingsChange()),
        ]
    }

    @Test(arguments: [2, 4])
    func `members and auditors change nothing`(token: UInt64) {
        var bench = staffed()
        for command in changes(in: bench.account, bench) + clusterChanges + [bench.key(8)] {
            #expect(bench.apply(command, as: TokenID(token)) == .refused(.forbidden))
            #expect(bench.changes.isEmpty)
        }
        #expect(bench.apply(.revokeToken(TokenID(2)), as: TokenID(token)) == .refused(.forbidden))
    }

    @Test func `an admin changes their own account and no other, nor the cluster`() {
        var bench = staffed()
        for command in changes(in: AccountID(101), bench) + clusterChanges {
            #expect(bench.apply(command, as: TokenID(3)) == .refused(.forbidden))
        }
        // Whether another account exists isn't told either.
        for command in changes(in: AccountID(999), bench) {
            #expect(bench.apply(command, as: TokenID(3)) == .refused(.forbidden))
        }
        for command in changes(in: bench.account, bench) { bench.must(command, as: TokenID(3)) }
    }

    @Test func `an operator changes everything`() {
        var bench = staffed()
        for command in changes(in: bench.account, bench) + clusterChanges { bench.must(command) }
    }

    @Test func `an admin makes and ends tokens of their account, but no operator's`() {
        var bench = staffed()
        bench.must(bench.token(5, .member, user: bench.user), as: TokenID(3))
        let root = Command.createToken(
            NewToken(
                id: TokenID(6), role: .operator, account: nil, user: nil,
                name: Sample.name("x"), digest: Sample.digest(6), suffix: Sample.suffix))
        #expect(bench.apply(root, as: TokenID(3)) == .refused(.forbidden))
        bench.must(root)
        #expect(bench.apply(.revokeToken(TokenID(6)), as: TokenID(3)) == .refused(.tokenNotFound))
        #expect(bench.apply(.revokeToken(TokenID(7)), as: TokenID(3)) == .refused(.tokenNotFound))
        bench.must(.revokeToken(TokenID(5)), as: TokenID(3))
    }

    @Test func `role, account and user of a token go together`() {
        var bench = staffed()
        let mismatches = [
            bench.token(5, .admin), bench.token(5, .member), bench.token(5, .operator),
            bench.token(5, .admin, user: bench.user),
            bench.token(5, .auditor, user: bench.user),
        ]
        for command in mismatches {
            #expect(bench.apply(command) == .refused(.roleMismatch))
        }
        #expect(
            bench.apply(bench.token(5, .member, user: UserID(999))) == .refused(.userNotFound))
        bench.must(bench.token(5, .member, user: Self.admin))
        bench.must(bench.token(6, .auditor, user: Self.admin))
    }

    @Test func `demoting a user limits their tokens at once`() throws {
        var bench = staffed()
        #expect(try bench.machine.whoami(TokenID(3)).role == .admin)
        bench.must(
            .updateUser(
                Self.admin, account: bench.account, email: nil, name: nil, role: .member))
        #expect(bench.changes == [.userRole(Self.admin, .member)])
        #expect(try bench.machine.whoami(TokenID(3)).role == .member)
        #expect(bench.apply(bench.key(8), as: TokenID(3)) == .refused(.forbidden))
        bench.must(
            .updateUser(
                Self.admin, account: bench.account, email: nil, name: nil, role: .admin))
        bench.must(bench.key(8), as: TokenID(3))
    }

    @Test func `a token ends with its revocation, its user or its account`() {
        var bench = staffed()
        bench.must(bench.token(5, .admin, user: Self.admin))
        bench.must(.revokeToken(TokenID(5)))
        #expect(bench.apply(bench.key(8), as: TokenID(5)) == .refused(.unauthenticated))
        bench.must(.removeUser(Self.admin, account: bench.account))
        #expect(bench.apply(bench.key(8), as: TokenID(3)) == .refused(.unauthenticated))
        bench.must(.deleteAccount(bench.account))
        #expect(throws: Refusal.unauthenticated) { try bench.machine.whoami(TokenID(4)) }
        #expect(bench.apply(bench.key(8), as: TokenID(77)) == .refused(.unauthenticated))
    }

    @Test func `the last operator token can't be revoked`() {
        var bench = Bench()
        #expect(bench.apply(.revokeToken(Sample.operatorToken)) == .refused(.lastOperator))
        bench.must(
            .createToken(
                NewToken(
                    id: TokenID(2), role: .operator, account: nil, user: nil,
                    name: Sample.name("second"), digest: Sample.digest(2),
                    suffix: Sample.suffix)))
        bench.must(.revokeToken(Sample.operatorToken))
        #expect(
            bench.apply(.revokeToken(TokenID(2)), as: TokenID(2)) == .refused(.lastOperator))
    }

    @Test func `time, stamps and charges are the nodes', administration is people's`() {
        var bench = staffed()
        var envelope = bench.envelope(.tick, request: 900)
        envelope.actor = .token(Sample.operatorToken)
        #expect(bench.apply(envelope) == .refused(.forbidden))
        envelope.command = .reportLastUsed([])
        #expect(bench.apply(envelope) == .refused(.forbidden))
        envelope.command = .deleteAccount(bench.account)
        envelope.actor = .cluster
        #expect(bench.apply(envelope) == .refused(.unauthenticated))
    }

    @Test func `a member sees what is their own and nothing else`() throws {
        var bench = staffed()
        bench.must(bench.key(2, user: Self.admin))
        let (machine, member) = (bench.machine, TokenID(2))
        #expect(try machine.key(KeyID(1), in: bench.account, as: member).id == KeyID(1))
        #expect(throws: Refusal.keyNotFound) {
            try machine.key(KeyID(2), in: bench.account, as: member)
        }
        let page = PageRequest()
        #expect(
            try machine.keys(in: bench.account, page, as: member).items.map(\.id) == [KeyID(1)])
        #expect(
            try machine.usage(in: bench.account, page, as: member).items.map(\.user)
                == [bench.user, bench.user])
        #expect(try machine.tokens(page, as: member).items.map(\.id) == [TokenID(2)])
        #expect(try machine.user(bench.user, in: bench.account, as: member).id == bench.user)
        #expect(throws: Refusal.userNotFound) {
            try machine.user(Self.admin, in: bench.account, as: member)
        }
        #expect(throws: Refusal.forbidden) {
            try machine.users(in: bench.account, page, as: member)
        }
        #expect(throws: Refusal.forbidden) {
            try machine.audit(in: bench.account, page, as: member)
        }
        #expect(throws: Refusal.tokenNotFound) { try machine.token(TokenID(3), as: member) }
        #expect(throws: Refusal.forbidden) {
            try machine.standing(of: KeyID(1), in: bench.account, as: member)
        }
        #expect(throws: Refusal.userNotFound) {
            try machine.keys(
                in: bench.account, page, filter: KeyFilter(user: Self.admin), as: member)
        }
    }

    @Test(arguments: [2, 3, 4])
    func `nobody but an operator reads another account or the cluster`(token: UInt64) {
        let bench = staffed()
        let (machine, token, page) = (bench.machine, TokenID(token), PageRequest())
        for account in [AccountID(101), AccountID(999)] {
            #expect(throws: Refusal.forbidden) { try machine.account(account, as: token) }
            #expect(throws: Refusal.forbidden) {
                try machine.keys(in: account, page, as: token)
            }
            #expect(throws: Refusal.forbidden) {
                try machine.usage(in: account, page, as: token)
            }
            #expect(throws: Refusal.forbidden) {
                try machine.tokens(of: account, page, as: token)
            }
            #expect(throws: Refusal.forbidden) {
                try machine.audit(in: account, page, as: token)
            }
        }
        #expect(throws: Refusal.forbidden) { try machine.accounts(page, as: token) }
        #expect(throws: Refusal.forbidden) { try machine.settings(as: token) }
        #expect(throws: Refusal.forbidden) { try machine.audit(in: nil, page, as: token) }
        #expect(throws: Refusal.tokenNotFound) {
            try machine.token(Sample.operatorToken, as: token)
        }
    }

    @Test func `a forged cursor reads nothing of another list`() throws {
        var bench = staffed()
        bench.must(bench.key(2, user: Self.admin))
        let stolen = try bench.machine.keys(
            in: bench.account, PageRequest(limit: 1), as: Sample.operatorToken)
        let other = try bench.machine.keys(
            in: AccountID(101), PageRequest(cursor: stolen.next), as: Sample.operatorToken)
        #expect(other.items.isEmpty)
        let audit = try bench.machine.audit(
            in: bench.account, PageRequest(limit: 1), as: Sample.operatorToken)
        #expect(throws: Refusal.cursorMalformed) {
            try bench.machine.audit(
                in: AccountID(101), PageRequest(cursor: audit.next), as: Sample.operatorToken)
        }
        #expect(throws: Refusal.cursorMalformed) {
            try bench.machine.keys(
                in: bench.account, PageRequest(cursor: Cursor(1)), as: Sample.operatorToken)
        }
    }
}
