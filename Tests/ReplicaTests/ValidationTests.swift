import Basics
import Testing

@testable import Keyring
@testable import Replica

@Suite("The verdict on a key")
struct ValidationTests {
    private let account = AccountID(1)
    private let user = UserID(2)
    private let id = KeyID(3)
    private let expiry = steady(1_000)
    private let text: [UInt8]

    init() throws {
        text = try #require(KeyText(api: .rest, random: 0..<30)).bytes
    }

    private func table(
        state: KeyState = .active, remaining: UInt64? = nil, text: [UInt8]? = nil
    ) -> TestTable {
        let table = TestTable()
        table.apply(.accountAdded(account))
        table.apply(.userAdded(user, account: account, role: .member))
        table.apply(
            .keyAdded(
                id, digest: SHA256.digest(of: text ?? self.text), api: .rest, user: user,
                account: account, state: state))
        if let remaining {
            let credits = CreditState(
                allowance: Credits(clamping: 100), remaining: Credits(clamping: remaining),
                period: .none, periodNumber: 0, periodEnd: nil)
            table.apply(.credits(user, .rest, credits))
        }
        table.setLeases([Lease(expiry: expiry, minIndex: LogIndex(40))])
        table.publish(LogIndex(40))
        return table
    }

    private func judge(
        _ table: TestTable, text: [UInt8]? = nil, api: API? = .rest, cost: UInt64 = 0,
        now: Int64 = 0
    ) -> Validation {
        let presented = text ?? self.text
        let question = ValidationQuestion(
            text: presented.span.bytes, api: api, cost: Credits(clamping: cost))
        return LookedUp(question, reader: table.makeReader()).judge(at: steady(now))
    }

    @Test("an active key of an active user is valid, and the answer says whose it is")
    func valid() {
        let answer = judge(table(), api: nil)
        #expect(answer.verdict == .valid)
        #expect(answer.reason == nil)
        #expect(answer.key?.id == id)
        #expect(answer.key?.user == user)
        #expect(answer.key?.account == account)
        #expect(answer.index == LogIndex(40))
    }

    @Test("a malformed text is refused even by a node that can't answer, and never looked up")
    func malformed() {
        var typo = text
        typo[typo.count - 1] ^= 1
        // The table has a key by that text's digest: whoever digested it would find the key.
        let table = table(text: typo)
        for now in [Int64(0), 5_000] {
            let answer = judge(table, text: typo, now: now)
            #expect(answer.verdict == .invalid)
            #expect(answer.reason == .malformed)
            #expect(answer.key == nil)
        }
    }

    @Test("who is refused learns nothing about the key")
    func refused() {
        for (table, reason) in [
            (TestTable(), Validation.Reason.unknown), (table(state: .inactive), .inactive),
            (table(state: .revoked), .revoked),
        ] {
            table.setLeases([Lease(expiry: expiry, minIndex: .zero)])
            let answer = judge(table, api: .batch, cost: 1_000)
            #expect(answer.verdict == .invalid)
            #expect(answer.reason == reason)
            #expect(answer.key == nil)
        }
    }

    @Test("a removed user's and a deleted account's keys are revoked")
    func parties() {
        let first = table(state: .inactive)
        first.apply(.userRemoved(user))
        #expect(judge(first).reason == .revoked)
        let second = table()
        second.apply(.accountDeleted(account))
        #expect(judge(second).reason == .revoked)
    }

    @Test("the wrong api comes before exhausted credits, and both after what is invalid")
    func precedence() {
        #expect(judge(table(remaining: 0), api: .batch, cost: 1).verdict == .wrongAPI)
        #expect(judge(table(remaining: 0), api: .rest, cost: 1).verdict == .creditsExhausted)
        #expect(judge(table(state: .revoked, remaining: 0), api: .batch).verdict == .invalid)
        #expect(
            judge(table(remaining: 0), api: .batch, cost: 1, now: 1_000).verdict == .unavailable)
    }

    @Test("the cost must be left, and asking nothing needs no credits")
    func cost() {
        let table = table(remaining: 30)
        #expect(judge(table, cost: 30).verdict == .valid)
        #expect(judge(table, cost: 31).verdict == .creditsExhausted)
        #expect(judge(table, cost: 31).key?.credits?.remaining.rawValue == 30)
        #expect(judge(self.table(remaining: 0), cost: 0).verdict == .valid)
        #expect(judge(self.table(), cost: 1 << 53).verdict == .valid)
    }

    @Test("at the instant at which the lease ends the node no longer answers")
    func expired() {
        #expect(judge(table(), now: 999).verdict == .valid)
        let late = judge(table(), now: 1_000)
        #expect(late.verdict == .unavailable)
        #expect(late.key == nil)
        #expect(late.index == LogIndex(40))
        #expect(judge(table(state: .revoked), now: 1_000).verdict == .unavailable)
        #expect(judge(TestTable(), now: .min).verdict == .unavailable)
    }

    @Test("what was looked up is judged by a clock that is read later, and by nothing else")
    func clockLast() {
        let table = table()
        let question = ValidationQuestion(text: text.span.bytes, api: .rest, cost: .zero)
        let looked = LookedUp(question, reader: table.makeReader())
        // All of this comes too late for the loads.
        table.apply(.keyState(id, .revoked))
        table.setLeases([Lease(expiry: .never, minIndex: .zero)])
        table.publish(LogIndex(41))
        let late = looked.judge(at: steady(1_000))
        #expect(late.verdict == .unavailable)
        #expect(late.index == LogIndex(40))
        #expect(looked.judge(at: steady(999)).verdict == .valid)
    }

    @Test("a node that runs between two loads is seen by the later load only")
    func interleaving() {
        let table = table()
        let reader = table.makeReader()
        let applied = ValidationLoads.Applied(reader)
        table.apply(.keyState(id, .inactive))
        table.publish(LogIndex(41))
        let states = applied.states(of: SHA256.digest(of: text))
        table.apply(.keyState(id, .active))
        table.setLeases([Lease(expiry: steady(2_000), minIndex: LogIndex(40))])
        let loads = states.leases(reader)
        table.setLeases([])
        let answer = loads.judge(for: .rest, cost: .zero, at: steady(1_999))
        #expect(answer.verdict == .invalid)
        #expect(answer.reason == .inactive)
        #expect(answer.index == LogIndex(40))
        let late = loads.judge(for: .rest, cost: .zero, at: steady(2_000))
        #expect(late.verdict == .unavailable)
    }

    @Test("either clock ends the lease")
    func bothClocks() {
        let reader = table().makeReader()
        let loads = ValidationLoads.Applied(reader).states(of: SHA256.digest(of: text))
            .leases(reader)
        for now in [
            SteadyInstant(running: Instant(nanoseconds: 1_000), sinceBoot: .zero),
            SteadyInstant(running: .zero, sinceBoot: Instant(nanoseconds: 1_000)),
        ] {
            let answer = loads.judge(for: .rest, cost: .zero, at: now)
            #expect(answer.verdict == .unavailable)
            #expect(answer.reason == .unleased)
        }
    }

    @Test("a lease for later states gives no answer by this one, and it is worth asking again")
    func minIndex() {
        let table = table()
        table.setLeases([Lease(expiry: expiry, minIndex: LogIndex(41))])
        #expect(judge(table).verdict == .unavailable)
        #expect(judge(table).reason == .pending)
        #expect(judge(table, now: 1_000).reason == .unleased)
        table.publish(LogIndex(41))
        #expect(judge(table).verdict == .valid)
    }

    @Test("of several leases the last that covers the state counts")
    func severalLeases() {
        let table = table()
        table.setLeases([
            Lease(expiry: steady(500), minIndex: LogIndex(30)),
            Lease(expiry: steady(700), minIndex: LogIndex(40)),
            Lease(expiry: steady(900), minIndex: LogIndex(50)),
        ])
        #expect(judge(table, now: 699).verdict == .valid)
        #expect(judge(table, now: 700).reason == .pending)
        #expect(judge(table, now: 900).reason == .unleased)
    }

    @Test("whatever an entry touches that isn't applied is answered by nobody")
    func blocked() {
        for subject in [KeyStateSubject.key(id), .user(user), .account(account)] {
            let table = table()
            table.block([subject])
            table.block([subject])
            #expect(judge(table).reason == .pending, "\(subject)")
            table.unblock([subject])
            #expect(judge(table).reason == .pending, "another entry touches it as well")
            table.unblock([subject])
            #expect(judge(table).verdict == .valid)
        }
    }

    @Test("a key that may be about to be born isn't refused")
    func announced() {
        let table = table()
        let digest = SHA256.digest(of: text)
        table.apply(.keyForgotten(id))
        #expect(judge(table).reason == .unknown)
        table.block([.digest(digest)])
        #expect(judge(table).verdict == .unavailable)
        #expect(judge(table).reason == .pending)
        table.unblock([.digest(digest)])
        #expect(judge(table).reason == .unknown)
    }

    @Test("what is confirmed by the leader needs neither lease nor block")
    func confirmed() {
        let table = table()
        table.block([.key(id)])
        table.setLeases([])
        let states = ValidationLoads.Applied(table.image).states(of: SHA256.digest(of: text))
        #expect(states.judgeConfirmed(for: .rest, cost: .zero).verdict == .valid)
        #expect(states.judgeConfirmed(for: .batch, cost: .zero).verdict == .wrongAPI)
    }

    @Test("the words of verdicts and reasons are distinct and fixed")
    func codes() {
        #expect(
            Validation.Verdict.allCases.map(\.code) == [
                "valid", "invalid", "wrong_api", "credits_exhausted", "unavailable",
            ])
        #expect(
            Validation.Reason.allCases.map(\.code) == [
                "malformed", "unknown", "revoked", "inactive", "unleased", "pending",
                "expired",
            ])
    }
}

/// Both clocks of a machine that was never suspended.
func steady(_ nanoseconds: Int64) -> SteadyInstant {
    let instant = Instant(nanoseconds: nanoseconds)
    return SteadyInstant(running: instant, sinceBoot: instant)
}
