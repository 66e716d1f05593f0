import Basics
import Testing

@testable import Replica

@Suite struct SettlingTests {
    static func held(_ index: UInt64, deadline: Int64) -> Settling.HeldReply {
        Settling.HeldReply(
            index: LogIndex(index), deadline: Instant(nanoseconds: deadline),
            ticket: RequestTicket(index), reply: .done(at: LogIndex(index)))
    }

    static func tickets(_ replies: [Settling.HeldReply]) -> [UInt64] {
        replies.compactMap(\.ticket?.rawValue)
    }

    @Test func `a reply leaves when every member has applied its change, or at its deadline`() {
        var settling = Settling()
        for index in 3...6 as ClosedRange<UInt64> {
            settling.noteChange(at: LogIndex(index))
            settling.hold(Self.held(index, deadline: Int64(index) * 10))
        }
        #expect(settling.isOutstanding)
        #expect(Self.tickets(settling.release(now: .zero)) == [])
        settling.settle(through: LogIndex(4))
        #expect(Self.tickets(settling.release(now: .zero)) == [3, 4])
        #expect(settling.nextDeadline == Instant(nanoseconds: 50))
        #expect(Self.tickets(settling.release(now: Instant(nanoseconds: 50))) == [5])
        settling.settle(through: LogIndex(2))
        #expect(settling.settled == LogIndex(4), "it never falls")
        settling.settle(through: LogIndex(6))
        #expect(!settling.isOutstanding)
        #expect(Self.tickets(settling.release(now: .zero)) == [6])
        #expect(!settling.isHolding)
    }
}
