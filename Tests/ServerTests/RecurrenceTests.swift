import Basics
import Linux
import Replica
import Synchronization
import Testing

@testable import Server

struct RecurrenceTests {
    /// The seconds at which lines are written, and how many events each tells of, when the event
    /// happens at these seconds and time is looked at once a second.
    private static func lines(
        _ events: some Collection<Int>, through end: Int
    ) -> [[Int]] {
        var recurrence = Recurrence()
        var lines: [[Int]] = []
        var rest = events[...]
        for second in 0...end {
            let now = Instant.zero + .seconds(Int64(second))
            if let count = recurrence.takeDue(at: now) { lines.append([second, count]) }
            while rest.first == second {
                rest = rest.dropFirst()
                if let count = recurrence.note(at: now) { lines.append([second, count]) }
            }
        }
        return lines
    }

    @Test func theFirstIsToldAtOnceAndTheRestAtGrowingIntervals() {
        // Twice a second for 2,000 s.
        let events = (0..<4_000).map { $0 / 2 }
        let lines = Self.lines(events, through: 3_000)
        #expect(lines.map { $0[0] } == [0, 10, 30, 70, 150, 310, 630, 1_270, 1_910, 2_550])
        #expect(lines.prefix(3) == [[0, 1], [10, 19], [30, 40]])
        #expect(lines.reduce(0) { $0 + $1[1] } == events.count, "each is counted once")
    }

    @Test func whatStaysRareIsToldRarely() {
        // A day of one event every 15 s.
        let lines = Self.lines(stride(from: 0, to: 86_400, by: 15).map(\.self), through: 86_400)
        #expect(lines.count < 150)
        #expect(lines.prefix(2) == [[0, 1], [15, 1]])
    }

    @Test func afterAPauseItIsNewAgain() {
        let lines = Self.lines([0, 1, 2, 3, 700, 701], through: 800)
        #expect(lines == [[0, 1], [10, 3], [700, 1], [710, 1]])
    }

    @Test func linkFailuresAreCountedEachAndToldByCause() {
        let written = Mutex<[String]>([])
        let log = Log(node: NodeID(1), threshold: .info) { bytes in
            let line = String(decoding: bytes, as: UTF8.self)
            written.withLock {
                $0.append(String(line.dropFirst("at=2026-01-01T00:00:00.000Z ".count)))
            }
        }
        let events = NodeEventLog(log: log)
        for millisecond in 0..<9_000 as Range<Int64> {
            let now = Instant.zero + .milliseconds(millisecond)
            events.note(.peerLinkFailed(.unauthenticatedHandshake), at: now)
            if millisecond == 5 { events.note(.peerLinkFailed(.handshakeExpired), at: now) }
            events.tellRecurring(at: now)
        }
        events.tellRecurring(at: .zero + .seconds(10))
        let line = "level=warning node=n1 event=peer_link_failed reason="
        #expect(
            written.withLock { $0 } == [
                line + "unauthenticated_handshake count=1\n", line + "handshake_expired count=1\n",
                line + "unauthenticated_handshake count=8999\n",
            ])
        let counters = zip(PeerLinkFailure.allCases, events.linkFailures)
        #expect(counters.first { $0.0 == .unauthenticatedHandshake }?.1.value == 9_000)
    }
}
