import Basics
import Testing

@testable import Keyring

@Suite struct TrailTests {
    private func trail(_ bench: Bench, _ account: AccountID? = nil) -> [AuditItem] {
        let page = try? bench.machine.audit(
            in: account, PageRequest(), as: Sample.operatorToken)
        return page?.items ?? []
    }

    @Test func `every administrative change says who, what, when and from which index`() {
        var bench = Bench.peopled()
        bench.pass(.seconds(5))
        bench.must(
            .updateUser(bench.user, account: bench.account, email: nil, name: nil, role: .admin))
        bench.must(bench.token(3, .admin, user: bench.user))
        bench.must(bench.key(1), as: TokenID(3))
        #expect(
            trail(bench).first
                == AuditItem(
                    index: bench.index, at: bench.time,
                    actor: Author(token: TokenID(3), user: bench.user), account: bench.account,
                    action: .keyCreated, subject: .key(KeyID(1))))
        #expect(
            trail(bench).map(\.action)
                == [.keyCreated, .tokenCreated, .userUpdated, .userCreated, .accountCreated])
    }

    @Test func `what changes nothing, is refused or is a charge leaves no record`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        let before = trail(bench).count
        bench.must(.setKeyActive(KeyID(1), account: bench.account, active: true))
        bench.apply(bench.key(1))
        _ = bench.charge(1, 5)
        bench.apply(.tick)
        #expect(trail(bench).count == before)
    }

    @Test func `the trail is bounded by count, and tombstones go with it`() throws {
        var settings = ClusterSettings.standard
        settings.auditRecords = 3
        var bench = Bench.peopled(settings)
        bench.must(bench.key(1))
        bench.must(.revokeKey(KeyID(1), account: bench.account))
        func rename(_ name: String) -> Command {
            .renameAccount(bench.account, name: Sample.name(name))
        }
        bench.must(rename("a"))
        bench.must(rename("b"))
        #expect(trail(bench).map(\.action) == [.accountRenamed, .accountRenamed, .keyRevoked])
        #expect(bench.machine.keyCount == 1)
        bench.must(rename("c"))
        #expect(trail(bench).count == 3)
        // The horizon has passed the revocation: gone with the next entry.
        let place = bench.place(1)
        bench.tick()
        #expect(bench.changes == [.keyForgotten(place)])
        #expect(bench.machine.keyCount == 0)
        #expect(throws: Refusal.keyNotFound) {
            try bench.machine.key(KeyID(1), in: bench.account, as: Sample.operatorToken)
        }
    }

    @Test func `the trail is bounded by age, and an account goes with all that was in it`() {
        var bench = Bench.peopled()
        bench.must(bench.key(1))
        bench.must(bench.token(9, .auditor))
        bench.pass(.seconds(10))
        bench.must(.deleteAccount(bench.account))
        bench.pass(.seconds(Int64(ClusterSettings.standard.auditSeconds)) - .milliseconds(1))
        bench.tick()
        #expect(trail(bench, bench.account).map(\.action) == [.accountDeleted])
        #expect(bench.machine.accountCount == 1)
        bench.pass(.milliseconds(1))
        let place = bench.place(1)
        bench.tick()
        #expect(
            bench.changes.suffix(4) == [
                .keyForgotten(place), .userForgotten(bench.user),
                .tokenForgotten(TokenID(9)), .accountForgotten(bench.account),
            ])
        #expect(trail(bench).isEmpty)
        #expect(bench.machine.userCount == 0 && bench.machine.tokenCount == 1)
    }

    @Test func `a large account is cleared away in steps`() {
        var settings = ClusterSettings.standard
        settings.auditSeconds = 60
        var bench = Bench.peopled(settings)
        for number in 1...1_100 as ClosedRange<UInt64> {
            let create = Command.createUser(
                UserID(1_000 + number), account: bench.account,
                email: Sample.email("u\(number)@x"), name: Sample.name("u"), role: .member)
            let envelope = bench.envelope(create, request: 10_000 + number)
            bench.index = bench.index.next
            _ = bench.machine.apply(
                envelope.encode(), at: bench.index, time: bench.time, changes: &bench.changes)
        }
        bench.must(.deleteAccount(bench.account))
        bench.pass(.seconds(60))
        var left: [Int] = []
        for _ in 0..<8 {
            bench.tick()
            left.append(bench.machine.userCount)
            #expect(bench.changes.count <= Bounds.clearedPerEntry + 1)
        }
        // Three entries clear the trail; then users go with it, 512 an entry.
        #expect(left == [1_101, 1_101, 589, 77, 0, 0, 0, 0])
        #expect(bench.machine.accountCount == 0)
    }

    /// Whatever is half gone at the end of an entry is lawful, and can be read from a snapshot.
    @Test func `users who are cleared away in steps leave a lawful state behind each`() throws {
        var settings = ClusterSettings.standard
        settings.auditSeconds = 60
        (settings.activeKeysPerUser, settings.keysPerUser) = (2, 90)
        var bench = Bench.peopled(settings)
        bench.must(.setPool(account: bench.account, api: .rest, credits: .maximum, period: .day))
        for user in 300..<320 as Range<UInt64> {
            bench.must(
                .createUser(
                    UserID(user), account: bench.account, email: Sample.email("u\(user)@x"),
                    name: Sample.name("u"), role: .admin))
            for key in 0..<30 {
                bench.must(
                    bench.key(user * 100 + UInt64(key), active: key < 2, user: UserID(user)))
            }
            bench.must(bench.token(user, .admin, user: UserID(user)))
            for hold in 0..<4 {
                _ = bench.hold(user * 100, 2, as: "\(user)-\(hold)", for: 500_000)
            }
            _ = bench.charge(user * 100, 3)
        }
        bench.must(bench.token(9, .auditor))
        for user in 300..<307 as Range<UInt64> {
            bench.must(.removeUser(UserID(user), account: bench.account))
        }
        bench.must(.deleteAccount(bench.account))
        bench.pass(.seconds(60))
        var steps = 0
        while bench.machine.accountCount > 0, steps < 20 {
            bench.tick()
            var decoder = StateDecoder()
            try decoder.feed(bench.machine.encodedState())
            #expect(try decoder.finish().stateDigest() == bench.machine.stateDigest())
            steps += 1
        }
        #expect(bench.machine.accountCount == 0 && bench.machine.userCount == 0)
        #expect(steps == 3, "more than one entry, with remains in between")
        #expect(bench.machine.summary.openHolds == 0)
    }

    @Test func `an account's pages are found among millions of others' by their links`() throws {
        var bench = Bench.peopled()
        bench.must(.createAccount(AccountID(101), name: Sample.name("Other")))
        for number in 1...20 {
            bench.must(.renameAccount(bench.account, name: Sample.name("n\(number)")))
            bench.must(.renameAccount(AccountID(101), name: Sample.name("n\(number)")))
        }
        var request = PageRequest(limit: 8)
        var indices: [UInt64] = []
        repeat {
            let page = try bench.machine.audit(
                in: AccountID(101), request, as: Sample.operatorToken)
            indices += page.items.map(\.index.rawValue)
            request.cursor = page.next
        } while request.cursor != nil
        #expect(indices == Array(stride(from: 43, through: 5, by: -2)) + [3])
    }

    @Test func `a lease is as long as its wait covers, and the wait never changes`() {
        var bench = Bench()
        func refusal(_ lease: UInt32?, _ wait: UInt32?) -> Setting? {
            var change = SettingsChange()
            change[.leaseMilliseconds] = lease
            change[.leaseWaitMilliseconds] = wait
            if case .refused(.settingRefused(let setting)) = bench.apply(.updateSettings(change)) {
                return setting
            }
            return nil
        }
        #expect(refusal(2_009, nil) == .leaseWaitMilliseconds, "2091.0 ms and 10 ms")
        #expect(refusal(2_008, nil) == nil)
        #expect(bench.machine.settings.leaseMilliseconds == 2_008)
        #expect(refusal(4_000, 4_200) == .leaseWaitMilliseconds)
        #expect(refusal(500, 1_000) == .leaseWaitMilliseconds)
        #expect(refusal(499, nil) == .leaseMilliseconds, "it could end before the next comes")
        #expect(refusal(0, 2_100) == nil)
        #expect(bench.machine.settings.leaseMilliseconds == 0)
        var change = SettingsChange()
        change[.leaseMilliseconds] = 2_000
        let set = bench.must(.updateSettings(change))
        #expect(bench.must(.updateSettings(change)).index == set.index)
    }

    @Test func `a lower cap leaves active keys and refuses new ones`() {
        var bench = Bench.peopled()
        for number in 1...3 { bench.must(bench.key(UInt64(number))) }
        var change = SettingsChange()
        change[.activeKeysPerUser] = 1
        bench.must(.updateSettings(change))
        #expect(bench.charge(3, 1).receipt != nil)
        bench.must(.setKeyActive(KeyID(1), account: bench.account, active: false))
        #expect(
            bench.apply(.setKeyActive(KeyID(1), account: bench.account, active: true))
                == .refused(.activeKeyLimit(limit: 1)))
    }

    @Test func `a list goes on behind its cursor whatever came and went in between`() throws {
        var bench = Bench.peopled()
        for number in 1...6 { bench.must(bench.key(UInt64(number), active: false)) }
        func page(_ cursor: Cursor?) throws -> Page<KeyDetail> {
            try bench.machine.keys(
                in: bench.account, PageRequest(limit: 2, cursor: cursor),
                as: Sample.operatorToken)
        }
        let first = try page(nil)
        #expect(first.items.map(\.id) == [KeyID(1), KeyID(2)])
        bench.must(bench.key(7, active: false))
        bench.must(.revokeKey(KeyID(2), account: bench.account))
        let second = try page(first.next)
        #expect(second.items.map(\.id) == [KeyID(3), KeyID(4)])
        let third = try page(second.next)
        #expect(third.items.map(\.id) == [KeyID(5), KeyID(6)])
        let last = try page(third.next)
        #expect(last.items.map(\.id) == [KeyID(7)])
        #expect(last.next == nil)
    }
}
