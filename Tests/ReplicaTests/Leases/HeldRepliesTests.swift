import Basics
import Keyring
import Testing

@testable import Replica

@Suite struct HeldRepliesTests {
    static func reply(_ index: UInt64, deadline: Int64) -> HeldReplies.HeldReply {
        HeldReplies.HeldReply(
            index: LogIndex(index), deadline: Instant(nanoseconds: deadline),
            waiters: .one(RequestTicket(index)), reply: .done(at: LogIndex(index)))
    }

    static func told(_ replies: [HeldReplies.HeldReply]) -> [String] {
        replies.map { reply in
            guard case .one(let ticket) = reply.waiters else { return "nobody" }
            let number = ticket.rawValue
            if case .failed(.outcomeUnknown) = reply.reply {
                return "\(number) unknown"
            }
            return "\(number)"
        }
    }

    @Test
    func `a reply leaves when its change is done, and at its deadline its outcome is unknown`() {
        var held = HeldReplies()
        for index in 3...6 as ClosedRange<UInt64> {
            held.hold(Self.reply(index, deadline: Int64(index) * 10))
        }
        #expect(Self.told(held.release(now: .zero)) == [])
        held.finish(through: LogIndex(4))
        #expect(Self.told(held.release(now: .zero)) == ["3", "4"])
        #expect(held.nextDeadline == Instant(nanoseconds: 50))
        #expect(Self.told(held.release(now: Instant(nanoseconds: 49))) == [])
        #expect(Self.told(held.release(now: Instant(nanoseconds: 50))) == ["5 unknown"])
        held.finish(through: LogIndex(2))
        #expect(held.done == LogIndex(4), "what is done stays done")
        held.finish(through: LogIndex(6))
        #expect(Self.told(held.release(now: Instant(nanoseconds: 1_000))) == ["6"])
        #expect(held.isEmpty)
        #expect(held.nextDeadline == .never)
    }

    @Test func `a reply that comes when its change is done leaves at once`() {
        var held = HeldReplies()
        held.finish(through: LogIndex(9))
        held.hold(Self.reply(9, deadline: 1))
        #expect(Self.told(held.release(now: Instant(nanoseconds: 1_000))) == ["9"])
    }

    @Test func `replies leave in log order, so an earlier deadline waits for those before it`() {
        var held = HeldReplies()
        held.hold(Self.reply(1, deadline: 30))
        held.hold(Self.reply(2, deadline: 20))
        #expect(Self.told(held.release(now: Instant(nanoseconds: 20))) == [])
        #expect(
            Self.told(held.release(now: Instant(nanoseconds: 30))) == ["1 unknown", "2 unknown"])
    }
}
