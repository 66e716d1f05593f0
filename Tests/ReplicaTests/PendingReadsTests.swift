import Basics
import Testing

@testable import Replica

@Suite struct PendingReadsTests {
    static func read(_ number: UInt64, deadline: Int64 = 1_000) -> PendingRead {
        PendingRead(
            request: ClientRequest(
                ticket: RequestTicket(number), body: .query(.zero, .whoami, .linearizable)),
            deadline: Instant(nanoseconds: deadline))
    }

    static func tickets(_ requests: [ClientRequest]) -> [UInt64] {
        requests.map(\.ticket.rawValue)
    }

    @Test func `a read is answered only from a state that has reached its index`() {
        var reads = PendingReads()
        reads.insert(Self.read(1))
        let first = reads.beginRound()
        reads.insert(Self.read(2))
        let second = reads.beginRound()
        #expect(Self.tickets(reads.takeReady(applied: LogIndex(99))) == [])
        reads.confirm(second, at: LogIndex(7))
        reads.confirm(first, at: LogIndex(5))
        #expect(Self.tickets(reads.takeReady(applied: LogIndex(4))) == [])
        #expect(Self.tickets(reads.takeReady(applied: LogIndex(5))) == [1])
        #expect(Self.tickets(reads.takeReady(applied: LogIndex(9))) == [2])
        #expect(reads.count == 0)
        #expect(reads.bytes == 0)
    }

    @Test func `reads of a lost round wait for another`() {
        var reads = PendingReads()
        reads.insert(Self.read(1))
        let token = reads.beginRound()
        #expect(reads.nextRound == .never)
        reads.fail(token, until: Instant(nanoseconds: 50))
        #expect(reads.nextRound == Instant(nanoseconds: 50), "not at once again")
        reads.resume()
        #expect(reads.nextRound == .zero, "but at once with another leader")
        reads.confirm(token, at: .zero)
        #expect(Self.tickets(reads.takeReady(applied: LogIndex(1))) == [])
        reads.confirm(reads.beginRound(), at: LogIndex(1))
        #expect(Self.tickets(reads.takeReady(applied: LogIndex(1))) == [1])
    }

    @Test func `a read ends at its deadline, wherever it waits`() {
        var reads = PendingReads()
        reads.insert(Self.read(1, deadline: 10))
        reads.confirm(reads.beginRound(), at: LogIndex(50))
        reads.insert(Self.read(2, deadline: 10))
        _ = reads.beginRound()
        reads.insert(Self.read(3, deadline: 10))
        reads.insert(Self.read(4, deadline: 20))
        #expect(reads.nextDeadline == Instant(nanoseconds: 10))
        #expect(Self.tickets(reads.takeExpired(now: Instant(nanoseconds: 9))) == [])
        #expect(
            Self.tickets(reads.takeExpired(now: Instant(nanoseconds: 10))).sorted() == [1, 2, 3])
        #expect(reads.nextDeadline == Instant(nanoseconds: 20))
        #expect(reads.count == 1)
        #expect(reads.bytes == Self.read(4).request.cost)
    }
}
