import Basics
import Keyring
import Testing

@testable import Replica

@Suite struct PendingMutationsTests {
    static func mutation(_ number: UInt64, deadline: Int64 = 1_000) -> PendingMutation {
        PendingMutation(
            waiters: .one(RequestTicket(number)), requestID: RequestID(high: 0, low: number),
            envelope: [UInt8(truncatingIfNeeded: number)],
            deadline: Instant(nanoseconds: deadline))
    }

    static func id(_ number: UInt64) -> RequestID { RequestID(high: 0, low: number) }

    @Test func `requests are handed over once, in the order in which they came`() {
        var pending = PendingMutations()
        for number in 1...3 as ClosedRange<UInt64> { pending.insert(Self.mutation(number)) }
        #expect(pending.drainOutbox(now: Instant(nanoseconds: 5)) == [[1], [2], [3]])
        #expect(pending.drainOutbox(now: Instant(nanoseconds: 6)) == [])
        #expect(pending.oldestHandOver == Instant(nanoseconds: 5))
    }

    @Test func `a request is handed over again only if its leader may have lost it`() {
        var pending = PendingMutations()
        pending.insert(Self.mutation(1))
        _ = pending.drainOutbox(now: Instant(nanoseconds: 5))
        pending.insert(Self.mutation(2))
        _ = pending.drainOutbox(now: Instant(nanoseconds: 9))
        pending.handOverAgain(since: Instant(nanoseconds: 7))
        #expect(pending.drainOutbox(now: Instant(nanoseconds: 10)) == [[1]])
        pending.handOverAgain(since: .never)
        #expect(pending.drainOutbox(now: Instant(nanoseconds: 11)) == [[1], [2]])
    }

    @Test func `what was declined on its first attempt may be refused, later ones may not`() {
        var pending = PendingMutations()
        pending.insert(Self.mutation(2))
        _ = pending.drainOutbox(now: .zero)
        pending.handOverAgain(since: .zero)
        pending.insert(Self.mutation(1))
        _ = pending.drainOutbox(now: Instant(nanoseconds: 1))
        #expect(pending.takeDeclined(Self.id(1))?.waiters == .one(RequestTicket(1)))
        #expect(pending.takeDeclined(Self.id(2)) == nil)
        #expect(pending.count == 1)
    }

    @Test func `only what never left this node fails at its deadline`() {
        var pending = PendingMutations()
        pending.insert(Self.mutation(1, deadline: 10))
        _ = pending.drainOutbox(now: .zero)
        pending.insert(Self.mutation(2, deadline: 10))
        pending.insert(Self.mutation(3, deadline: 11))
        #expect(pending.nextDeadline == Instant(nanoseconds: 10))
        #expect(pending.takeExpired(now: Instant(nanoseconds: 9)).isEmpty)
        let expired = pending.takeExpired(now: Instant(nanoseconds: 10))
        #expect(expired.map(\.attempts) == [1, 0])
        #expect(pending.nextDeadline == Instant(nanoseconds: 11))
        #expect(pending.count == 1)
        #expect(pending.isConsistent)
    }

    @Test func `an applied request is taken once`() {
        var pending = PendingMutations()
        pending.insert(Self.mutation(1))
        #expect(pending.take(Self.id(1))?.waiters == .one(RequestTicket(1)))
        #expect(pending.take(Self.id(1)) == nil)
        #expect(pending.nextDeadline == .never)
        #expect(pending.drainOutbox(now: .zero) == [])
    }

    @Test func `any sequence of events leaves every request in exactly one place`() {
        var random = SeededGenerator(seed: 3)
        var pending = PendingMutations()
        var alive: Set<UInt64> = []
        var next: UInt64 = 1
        for step in 0..<5_000 {
            let now = Instant(nanoseconds: Int64(step))
            switch random.below(6) {
            case 0, 1:
                pending.insert(Self.mutation(next, deadline: Int64(step) + 40))
                alive.insert(next)
                next += 1
            case 2: _ = pending.drainOutbox(now: now)
            case 3:
                let number = random.below(next) + 1
                let isTaken = pending.take(Self.id(number)) != nil
                #expect(isTaken == (alive.remove(number) != nil))
            case 4: pending.handOverAgain(since: now)
            default:
                for expired in pending.takeExpired(now: now) {
                    #expect(alive.remove(expired.requestID.low) != nil)
                }
            }
            #expect(pending.count == alive.count)
            #expect(pending.isConsistent)
        }
    }

    @Test func `the bytes that wait are those of the envelopes, however they leave`() {
        var pending = PendingMutations()
        for number in 1...4 as ClosedRange<UInt64> {
            var mutation = Self.mutation(number, deadline: Int64(number))
            mutation.envelope = Array(repeating: 0, count: 10 * Int(number))
            pending.insert(mutation)
        }
        #expect(pending.bytes == 100)
        _ = pending.take(Self.id(2))
        #expect(pending.bytes == 80)
        _ = pending.drainOutbox(now: .zero)
        _ = pending.takeDeclined(Self.id(3))
        #expect(pending.bytes == 50)
        _ = pending.takeExpired(now: Instant(nanoseconds: 1))
        #expect(pending.bytes == 40)
        _ = pending.takeAll { _ in .malformed }
        #expect(pending.bytes == 0)
        #expect(pending.isConsistent)
    }
}
