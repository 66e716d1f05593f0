import Basics
import Testing

@testable import Keyring

@Suite struct APIRuleTests {
    static let mail = API(slug: "mail")!

    private func create(_ slug: String = "mail") -> Command {
        .createAPI(API(slug: slug)!, name: Sample.name("API \(slug)"))
    }

    @Test func `two APIs exist from the start, and an operator adds more`() throws {
        var bench = Bench.peopled()
        #expect(bench.apply(bench.key(1, api: Self.mail)) == .refused(.apiNotFound))
        let change = bench.must(create())
        #expect(change.result == .api(APIDetail(api: Self.mail, name: Sample.name("API mail"))))
        #expect(bench.apply(create()) == .refused(.apiTaken))
        bench.must(bench.key(1, api: Self.mail))
        let page = try bench.machine.apis(PageRequest(), as: Sample.operatorToken)
        #expect(page.items.map(\.api.slug) == ["batch", "mail", "rest"])
        #expect(page.items.map(\.name.string) == ["Batch API", "API mail", "REST API"])
        let first = try bench.machine.apis(PageRequest(limit: 1), as: Sample.operatorToken)
        let rest = try bench.machine.apis(
            PageRequest(cursor: first.next), as: Sample.operatorToken)
        #expect(first.items + rest.items == page.items)
    }

    @Test func `only operators add and remove`() {
        var bench = Bench.peopled()
        bench.must(
            .updateUser(bench.user, account: bench.account, email: nil, name: nil, role: .admin))
        bench.must(bench.token(9, .admin, user: bench.user))
        #expect(bench.apply(create(), as: TokenID(9)) == .refused(.forbidden))
        #expect(bench.apply(.removeAPI(.batch), as: TokenID(9)) == .refused(.forbidden))
        #expect((try? bench.machine.apis(PageRequest(), as: TokenID(9)))?.items.count == 2)
    }

    @Test func `an API in use can't be removed`() {
        let uses: [(make: (Bench) -> Command, end: (Bench) -> Command)] = [
            ({ $0.key(1, api: Self.mail) }, { .revokeKey(KeyID(1), account: $0.account) }),
            (
                { $0.key(1, api: Self.mail, active: false) },
                { .revokeAllKeys($0.user, account: $0.account) }
            ),
            ({ $0.key(1, api: Self.mail) }, { .removeUser($0.user, account: $0.account) }),
            ({ $0.key(1, api: Self.mail) }, { .deleteAccount($0.account) }),
            (
                { $0.limit(5, .day, api: Self.mail) },
                { .removeLimit($0.user, account: $0.account, api: Self.mail) }
            ),
            (
                { $0.limit(5, .day, api: Self.mail) },
                { .removeUser($0.user, account: $0.account) }
            ),
        ]
        for use in uses {
            var bench = Bench.peopled()
            bench.must(create())
            bench.must(use.make(bench))
            #expect(bench.apply(.removeAPI(Self.mail)) == .refused(.apiInUse))
            bench.must(use.end(bench))
            bench.must(.removeAPI(Self.mail))
            #expect(bench.apply(.removeAPI(Self.mail)) == .refused(.apiNotFound))
        }
    }

    @Test func `a retiring key uses its API, an expired one doesn't`() {
        var bench = Bench.peopled()
        bench.must(create())
        bench.must(bench.key(1, api: Self.mail))
        bench.must(bench.rotation(1, to: 2, grace: 60, api: Self.mail))
        bench.must(
            bench.rotation(
                2, to: 3, grace: 60, api: Self.mail, expiry: .set(bench.time + .seconds(9))))
        #expect(bench.apply(.removeAPI(Self.mail)) == .refused(.apiInUse))
        bench.pass(.seconds(9))
        bench.must(.removeAPI(Self.mail))
    }

    @Test func `what was spent counts on when an API comes back`() {
        var bench = Bench.peopled()
        bench.must(create())
        bench.must(bench.key(1, api: Self.mail))
        #expect(bench.charge(1, 7).receipt != nil)
        bench.must(.revokeKey(KeyID(1), account: bench.account))
        bench.must(.removeAPI(Self.mail))
        bench.must(create())
        bench.must(bench.key(2, api: Self.mail))
        #expect(bench.charge(2, 1).receipt?.spent == Credits(8))
    }

    @Test func `what hundreds of APIs left behind is still read, and there is an end to them`()
        throws
    {
        var bench = Bench.peopled()
        var request: UInt64 = 100_000
        func apply(_ command: Command, _ bench: inout Bench) -> Outcome {
            request += 1
            bench.index = bench.index.next
            return bench.machine.apply(
                bench.envelope(command, request: request).encode(), at: bench.index,
                time: bench.time, changes: &bench.changes
            ).outcome
        }
        for number in 0..<300 {
            let api = API(slug: "x\(number)")!
            bench.must(create("x\(number)"))
            _ = apply(bench.pool(5, .none, api: api), &bench)
            _ = apply(.removePool(account: bench.account, api: api), &bench)
            _ = apply(.removeAPI(api), &bench)
        }
        var decoder = StateDecoder()
        try decoder.feed(bench.machine.encodedState())
        #expect(try decoder.finish().stateDigest() == bench.machine.stateDigest())
        for _ in 302..<Bounds.apisEver {
            _ = apply(create("yy"), &bench)
            _ = apply(.removeAPI(API(slug: "yy")!), &bench)
        }
        #expect(bench.apply(create("zz")) == .refused(.apiLimit(limit: UInt32(Bounds.apisEver))))
    }

    @Test func `there are at most as many as are allowed`() {
        var bench = Bench()
        for number in 0..<(Bounds.apis - 2) { bench.must(create("x\(number)")) }
        #expect(bench.apply(create()) == .refused(.apiLimit(limit: UInt32(Bounds.apis))))
        bench.must(.removeAPI(.batch))
        bench.must(create())
    }
}
