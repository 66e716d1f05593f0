import Basics
import HTTP
import Keyring
import Replica
import Testing

@testable import Server

@Suite struct FailedLoginTests {
    static let second: Int64 = 1_000_000_000

    @Test func `an address has a hundred failures and then ten a second`() {
        var logins = FailedLogins()
        let start = Instant(nanoseconds: 7 * Self.second)
        for _ in 0..<100 {
            #expect(!logins.holds(5, now: start))
            logins.note(5, now: start)
        }
        #expect(logins.holds(5, now: start))
        #expect(!logins.holds(6, now: start))
        #expect(logins.holds(5, now: start + .nanoseconds(99_999_999)))
        let later = start + .milliseconds(100)
        #expect(!logins.holds(5, now: later))
        logins.note(5, now: later)
        #expect(logins.holds(5, now: later))
        #expect(!logins.holds(5, now: start + .seconds(60)))
    }

    @Test func `nobody in particular is never held up`() {
        var logins = FailedLogins()
        for _ in 0..<1_000 { logins.note(0, now: .zero) }
        #expect(!logins.holds(0, now: .zero))
    }

    @Test func `who tries tokens is slowed down and who has one is not`() throws {
        var fixture = RouteFixture()
        fixture.origin = 9
        let known = RouteFixture.tokenText(.operator, 77)
        fixture.table.apply(
            .tokenAdded(
                TokenID(1), digest: RouteFixture.digest(known), role: .operator, account: nil,
                user: nil))
        let unknown = ["Authorization: Bearer \(RouteFixture.token)"]
        for _ in 0..<100 {
            let context = try #require(fixture.send("GET /v1/whoami", unknown).context)
            let reply = ClientReply.answer(.refused(.unauthenticated), at: LogIndex(1))
            #expect(fixture.render(reply, context).status == 401)
        }
        let refused = try #require(
            fixture.send("DELETE /v1/tokens/tok_00000000001", unknown).answer)
        #expect(refused.status == 429)
        #expect(refused.field("retry-after") == "10")
        #expect(fixture.send("GET /v1/whoami", ["Authorization: Bearer \(known)"]).body != nil)
        #expect(
            fixture.send("GET /v1/credits", ["api-key: \(RouteFixture.limited)"]).body != nil)
        fixture.origin = 10
        #expect(fixture.send("GET /v1/whoami", unknown).body != nil)
    }
}
