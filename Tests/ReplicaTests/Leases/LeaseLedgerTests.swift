import Basics
import Keyring
import Testing

@testable import Replica

/// n1 leads n2 and n3; a lease lasts 2 s, and 2.1 s are waited.
@Suite struct LeaseLedgerTests {
    static let times = LeaseTimes(.standard)
    static let (n1, n2, n3) = (NodeID(1), NodeID(2), NodeID(3))
    static let all = LeaseRoster(eligible: [n1, n2, n3], awaited: [n1, n2, n3])

    static func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

    /// Elected at 10 s; the newest key-state entry in the log is #40.
    static func ledger(done: UInt64 = 0, newest: UInt64 = 40) -> LeaseLedger {
        LeaseLedger(
            term: Term(3), leader: n1, elected: at(10_000), newest: LogIndex(newest),
            done: LogIndex(done))
    }

    static func finish(
        _ ledger: inout LeaseLedger, committed: UInt64, at milliseconds: Int64,
        _ roster: LeaseRoster = all
    ) -> UInt64? {
        ledger.finish(
            committed: LogIndex(committed), now: at(milliseconds), roster, times)?.rawValue
    }

    static func deadline(_ ledger: LeaseLedger, committed: UInt64) -> Int64 {
        ledger.nextDeadline(committed: LogIndex(committed), all, times).nanoseconds / 1_000_000
    }

    /// Both followers have the log up to here, and have applied it.
    static func see(_ ledger: inout LeaseLedger, _ index: UInt64) {
        for node in [n2, n3] {
            ledger.noteSeen(LogIndex(index), by: node)
            ledger.noteApplied(LogIndex(index), by: node)
        }
    }

    static func grants(
        _ ledger: inout LeaseLedger, round: UInt64, minIndex: UInt64 = 40, at milliseconds: Int64,
        _ roster: LeaseRoster = all
    ) -> [LeaseLedger.Grant] {
        ledger.grant(
            confirmed: round, minIndex: LogIndex(minIndex), now: at(milliseconds), roster, times)
    }

    static func ask(
        _ ledger: inout LeaseLedger, _ nonce: UInt64, from node: NodeID, round: UInt64,
        at milliseconds: Int64, _ roster: LeaseRoster = all
    ) {
        ledger.note(
            LeaseNonce(nonce), from: node, round: round, now: at(milliseconds), roster, times)
    }

    /// Both of the others are granted a lease.
    static func leaseBoth(
        _ ledger: inout LeaseLedger, asked: Int64, granted: Int64
    ) {
        for node in [n2, n3] {
            ask(&ledger, UInt64(node.rawValue), from: node, round: 8, at: asked)
        }
        _ = grants(&ledger, round: 8, at: granted)
    }

    // MARK: Grants

    @Test func `a lease is granted once a round that began after its request is confirmed`() {
        var ledger = Self.ledger()
        Self.see(&ledger, 40)
        Self.ask(&ledger, 1, from: Self.n2, round: 8, at: 11_000)
        #expect(Self.grants(&ledger, round: 7, at: 11_040).isEmpty, "that one began before")
        #expect(ledger.hasRequests)
        let grant = LeaseLedger.Grant(
            node: Self.n2, nonce: LeaseNonce(1), minIndex: LogIndex(41))
        #expect(Self.grants(&ledger, round: 8, minIndex: 41, at: 11_060) == [grant])
        #expect(!ledger.hasRequests)
        #expect(Self.grants(&ledger, round: 9, at: 11_100).isEmpty, "once")
    }

    @Test func `the lease is shown from when it was asked for`() {
        var ledger = Self.ledger()
        Self.see(&ledger, 40)
        Self.ask(&ledger, 1, from: Self.n2, round: 8, at: 11_000)
        _ = Self.grants(&ledger, round: 8, at: 11_060)
        #expect(
            ledger.remaining(of: Self.n2, now: Self.at(11_500), Self.times) == .milliseconds(1_500))
        #expect(ledger.remaining(of: Self.n2, now: Self.at(14_000), Self.times) == .zero)
        #expect(ledger.remaining(of: Self.n3, now: Self.at(11_500), Self.times) == .zero)
    }

    @Test func `who isn't a member yet or is about to leave gets none`() {
        let without = LeaseRoster(
            eligible: [Self.n1, Self.n2], awaited: [Self.n1, Self.n2, Self.n3])
        var ledger = Self.ledger()
        Self.see(&ledger, 40)
        Self.ask(&ledger, 1, from: Self.n3, round: 8, at: 11_000, without)
        #expect(!ledger.hasRequests)
        // The removal came to the log between request and round.
        Self.ask(&ledger, 2, from: Self.n3, round: 8, at: 11_000)
        #expect(Self.grants(&ledger, round: 8, at: 11_060, without).isEmpty)
    }

    @Test func `who doesn't take in the log's changes for 250 ms gets none`() {
        var ledger = Self.ledger(done: 40)
        Self.ask(&ledger, 1, from: Self.n2, round: 8, at: 10_249)
        #expect(ledger.hasRequests, "what the leader found in its log counts from its election")
        _ = Self.grants(&ledger, round: 8, at: 10_249)
        Self.ask(&ledger, 2, from: Self.n2, round: 9, at: 10_250)
        #expect(!ledger.hasRequests)
        ledger.noteSeen(LogIndex(40), by: Self.n2)
        ledger.noteAppended(LogIndex(50), now: Self.at(11_000))
        Self.ask(&ledger, 3, from: Self.n2, round: 10, at: 11_249)
        #expect(ledger.hasRequests)
        _ = Self.grants(&ledger, round: 10, at: 11_249)
        Self.ask(&ledger, 4, from: Self.n2, round: 11, at: 11_250)
        #expect(!ledger.hasRequests)
        Self.ask(&ledger, 5, from: Self.n1, round: 11, at: 11_250)
        #expect(ledger.hasRequests, "the leader itself has its own log")
        ledger.noteSeen(LogIndex(50), by: Self.n2)
        Self.ask(&ledger, 6, from: Self.n2, round: 11, at: 11_251)
        #expect(Self.grants(&ledger, round: 11, at: 11_260).map(\.node) == [Self.n1, Self.n2])
    }

    @Test func `what is remembered of changes is bounded though nobody asks for a lease`() {
        var ledger = Self.ledger(done: 40)
        for number in UInt64(0)..<1_000 {
            ledger.noteAppended(
                LogIndex(50 + number), now: Self.at(20_000 + 10 * Int64(number)))
            #expect(ledger.youngCount <= 25)
        }
        Self.see(&ledger, 1_023)
        Self.ask(&ledger, 1, from: Self.n2, round: 8, at: 29_990)
        #expect(!ledger.hasRequests, "#1024 was appended 250 ms ago")
        Self.see(&ledger, 1_024)
        Self.ask(&ledger, 2, from: Self.n2, round: 8, at: 29_990)
        #expect(ledger.hasRequests)
    }

    @Test func `requests that no round confirms are bounded and end with their leases`() {
        var ledger = Self.ledger(done: 40)
        Self.see(&ledger, 40)
        for nonce in UInt64(1)...20 {
            Self.ask(&ledger, nonce, from: Self.n2, round: 8, at: 11_000)
        }
        #expect(Self.grants(&ledger, round: 8, at: 11_001).count == 16)
        Self.ask(&ledger, 21, from: Self.n2, round: 9, at: 12_000)
        #expect(Self.grants(&ledger, round: 9, at: 14_000).isEmpty)
        #expect(!ledger.hasRequests)
    }

    // MARK: What is done

    @Test func `an entry is done when all have seen it and it is committed, not before`() {
        var ledger = Self.ledger(done: 40)
        ledger.noteAppended(LogIndex(50), now: Self.at(20_000))
        Self.see(&ledger, 50)
        #expect(Self.finish(&ledger, committed: 49, at: 29_000) == nil)
        #expect(Self.deadline(ledger, committed: 49) > 100_000, "no time helps")
        #expect(Self.finish(&ledger, committed: 50, at: 20_003) == 50)
        #expect(!ledger.hasUndone)
        #expect(Self.finish(&ledger, committed: 50, at: 20_004) == nil, "it is told once")
    }

    @Test func `a silent node is waited for until W after the entry was appended`() {
        var ledger = Self.ledger(done: 40)
        Self.see(&ledger, 40)
        Self.ask(&ledger, 1, from: Self.n3, round: 8, at: 19_990)
        _ = Self.grants(&ledger, round: 8, at: 19_995)
        ledger.noteAppended(LogIndex(50), now: Self.at(20_000))
        // A later lease is for states with the entry, but its end is what the leader goes by.
        Self.ask(&ledger, 2, from: Self.n3, round: 9, at: 20_200)
        _ = Self.grants(&ledger, round: 9, minIndex: 50, at: 20_240)
        ledger.noteSeen(LogIndex(50), by: Self.n2)
        ledger.noteApplied(LogIndex(50), by: Self.n2)
        #expect(Self.deadline(ledger, committed: 50) == 22_100)
        #expect(Self.finish(&ledger, committed: 50, at: 22_099) == nil)
        #expect(Self.finish(&ledger, committed: 50, at: 22_100) == nil, "20 ms of courtesy")
        #expect(Self.deadline(ledger, committed: 50) == 22_120)
        #expect(Self.finish(&ledger, committed: 50, at: 22_120) == 50)
    }

    @Test func `a node is waited for until its last lease has ended`() {
        var ledger = Self.ledger(done: 40)
        Self.see(&ledger, 40)
        Self.ask(&ledger, 1, from: Self.n3, round: 8, at: 19_000)
        _ = Self.grants(&ledger, round: 8, at: 19_040)
        ledger.noteAppended(LogIndex(50), now: Self.at(20_000))
        ledger.noteSeen(LogIndex(50), by: Self.n2)
        ledger.noteApplied(LogIndex(50), by: Self.n2)
        // The request was noted at 19 s: the grant's own time doesn't matter.
        #expect(Self.deadline(ledger, committed: 50) == 21_100)
        #expect(Self.finish(&ledger, committed: 50, at: 21_099) == nil)
        #expect(Self.finish(&ledger, committed: 50, at: 21_100) == 50, "nobody holds it up now")
    }

    @Test func `the deadline is noted before the grant leaves`() {
        var ledger = Self.ledger(done: 40)
        Self.see(&ledger, 40)
        Self.ask(&ledger, 1, from: Self.n3, round: 8, at: 20_000)
        #expect(Self.grants(&ledger, round: 8, at: 20_040).count == 1)
        ledger.noteAppended(LogIndex(50), now: Self.at(20_040))
        ledger.noteSeen(LogIndex(50), by: Self.n2)
        #expect(Self.finish(&ledger, committed: 50, at: 20_041) == nil)
    }

    @Test func `only the first change waits for a dead node`() {
        var ledger = Self.ledger(done: 40)
        ledger.noteAppended(LogIndex(50), now: Self.at(20_000))
        ledger.noteSeen(LogIndex(50), by: Self.n2)
        ledger.noteApplied(LogIndex(50), by: Self.n2)
        #expect(Self.finish(&ledger, committed: 50, at: 20_001) == 50, "n3 holds no lease")
    }

    @Test func `a new leader waits until W after its election, whatever it knows of others`() {
        var ledger = Self.ledger(done: 40)
        ledger.noteAppended(LogIndex(50), now: Self.at(10_300))
        ledger.noteSeen(LogIndex(50), by: Self.n2)
        ledger.noteApplied(LogIndex(50), by: Self.n2)
        #expect(Self.deadline(ledger, committed: 50) == 12_100)
        #expect(Self.finish(&ledger, committed: 50, at: 12_099) == nil)
        #expect(Self.finish(&ledger, committed: 50, at: 12_100) == 50)
    }

    @Test func `what a new leader found in its log counts as appended at its election`() {
        var ledger = Self.ledger(done: 39)
        #expect(Self.deadline(ledger, committed: 40) == 12_100)
        #expect(Self.finish(&ledger, committed: 40, at: 12_099) == nil)
        #expect(Self.finish(&ledger, committed: 40, at: 12_100) == 40)
        var told = Self.ledger(done: 40)
        #expect(!told.hasUndone, "an earlier leader has found it done")
        #expect(Self.finish(&told, committed: 40, at: 10_000) == nil)
        let empty = Self.ledger(newest: 0)
        #expect(!empty.hasUndone)
    }

    @Test func `whoever may still hold a lease is waited for though it gets none any more`() {
        let leaving = LeaseRoster(
            eligible: [Self.n1, Self.n2], awaited: [Self.n1, Self.n2, Self.n3])
        var ledger = Self.ledger(done: 40)
        Self.see(&ledger, 40)
        Self.ask(&ledger, 1, from: Self.n3, round: 8, at: 19_000)
        _ = Self.grants(&ledger, round: 8, at: 19_040)
        ledger.noteAppended(LogIndex(50), now: Self.at(19_050))
        ledger.noteSeen(LogIndex(50), by: Self.n2)
        ledger.noteApplied(LogIndex(50), by: Self.n2)
        #expect(Self.finish(&ledger, committed: 50, at: 21_099, leaving) == nil)
        #expect(Self.finish(&ledger, committed: 50, at: 21_100, leaving) == 50)
    }

    @Test func `a removed node is drained W after its removal is known to be committed`() {
        var ledger = Self.ledger()
        func drained(_ removed: [NodeID], _ milliseconds: Int64) -> [NodeID] {
            ledger.drained(among: removed, now: Self.at(milliseconds), Self.times)
        }
        #expect(drained([Self.n2], 20_000).isEmpty)
        #expect(drained([Self.n2, Self.n3], 21_000).isEmpty)
        #expect(drained([Self.n2, Self.n3], 22_099).isEmpty)
        #expect(ledger.nextDrain(after: Self.at(22_099), Self.times) == Self.at(22_100))
        #expect(ledger.nextDrain(after: Self.at(22_100), Self.times) == Self.at(23_100))
        #expect(drained([Self.n2, Self.n3], 22_100) == [Self.n2])
        #expect(drained([Self.n3], 23_100) == [Self.n3])
        #expect(drained([Self.n2], 23_101).isEmpty, "what was forgotten begins anew")
    }

    @Test func `an entry that is safe waits up to 20 ms for the lease holders to apply it`() {
        var ledger = Self.ledger(done: 40)
        Self.see(&ledger, 40)
        Self.leaseBoth(&ledger, asked: 19_000, granted: 19_040)
        ledger.noteAppended(LogIndex(50), now: Self.at(20_000))
        for node in [Self.n2, Self.n3] { ledger.noteSeen(LogIndex(50), by: node) }
        ledger.noteApplied(LogIndex(50), by: Self.n2)
        #expect(Self.finish(&ledger, committed: 50, at: 20_003) == nil)
        #expect(Self.deadline(ledger, committed: 50) == 20_023)
        ledger.noteApplied(LogIndex(50), by: Self.n3)
        #expect(Self.finish(&ledger, committed: 50, at: 20_005) == 50)
    }

    @Test func `entries that are safe together wait for courtesy together`() {
        var ledger = Self.ledger(done: 40)
        Self.see(&ledger, 40)
        Self.leaseBoth(&ledger, asked: 19_900, granted: 19_940)
        for index in UInt64(50)...113 { ledger.noteAppended(LogIndex(index), now: Self.at(20_000)) }
        for node in [Self.n2, Self.n3] { ledger.noteSeen(LogIndex(110), by: node) }
        #expect(Self.finish(&ledger, committed: 113, at: 20_003) == nil)
        #expect(Self.deadline(ledger, committed: 113) == 20_023)
        for node in [Self.n2, Self.n3] { ledger.noteSeen(LogIndex(112), by: node) }
        #expect(Self.finish(&ledger, committed: 113, at: 20_010) == nil)
        #expect(Self.finish(&ledger, committed: 113, at: 20_023) == 110)
        #expect(Self.deadline(ledger, committed: 113) == 20_030)
        #expect(Self.finish(&ledger, committed: 113, at: 20_029) == nil)
        #expect(Self.finish(&ledger, committed: 113, at: 20_030) == 112)
        #expect(Self.deadline(ledger, committed: 113) == 22_000, "then W after the last lease")
    }

    @Test func `an entry that becomes safe while another is waited for begins its own wait`() {
        var ledger = Self.ledger(done: 40)
        Self.see(&ledger, 40)
        Self.ask(&ledger, 1, from: Self.n2, round: 8, at: 19_900)
        Self.ask(&ledger, 2, from: Self.n3, round: 8, at: 17_905)
        _ = Self.grants(&ledger, round: 8, at: 19_901)
        for index in UInt64(50)...51 { ledger.noteAppended(LogIndex(index), now: Self.at(19_990)) }
        ledger.noteSeen(LogIndex(51), by: Self.n2)
        ledger.noteSeen(LogIndex(50), by: Self.n3)
        #expect(Self.finish(&ledger, committed: 51, at: 20_000) == nil)
        #expect(Self.deadline(ledger, committed: 51) == 20_005, "n3 can hold no lease from then on")
        #expect(Self.finish(&ledger, committed: 51, at: 20_005) == nil)
        #expect(Self.finish(&ledger, committed: 51, at: 20_020) == 50)
        #expect(Self.finish(&ledger, committed: 51, at: 20_024) == nil)
        #expect(Self.finish(&ledger, committed: 51, at: 20_025) == 51)
    }

    @Test func `several entries are done together, in log order`() {
        var ledger = Self.ledger(done: 40)
        Self.see(&ledger, 40)
        Self.leaseBoth(&ledger, asked: 19_900, granted: 19_940)
        for index in UInt64(50)...53 { ledger.noteAppended(LogIndex(index), now: Self.at(20_000)) }
        Self.see(&ledger, 52)
        #expect(Self.finish(&ledger, committed: 51, at: 20_003) == 51)
        #expect(Self.finish(&ledger, committed: 53, at: 20_004) == 52)
        #expect(ledger.hasUndone)
        #expect(Self.finish(&ledger, committed: 53, at: 20_005) == nil)
    }
}
