import Basics
import Testing

@testable import keyclave

/// An outage lasts from one successful write to the next, whoever makes it.
@Suite struct FailoverTallyTests {
    private static func at(_ milliseconds: Int64) -> Instant {
        .zero + .milliseconds(milliseconds)
    }

    private static func tally() -> FailoverTally {
        FailoverTally(endpoints: 2, shortest: .milliseconds(100), begin: .zero)
    }

    /// The wall clock is an hour ahead.
    @discardableResult
    private static func write(
        _ tally: inout FailoverTally, at time: Int64
    ) -> FailoverTally.Outage? {
        tally.noteWrite(at: at(time), wall: Timestamp(milliseconds: 3_600_000 + time))
    }

    @Test func `short pauses and the time before the first write are no outages`() {
        var tally = Self.tally()
        #expect(Self.write(&tally, at: 5_000) == nil)
        #expect(Self.write(&tally, at: 5_099) == nil)
        #expect(tally.outages.isEmpty)
        #expect(tally.writes == 2)
    }

    @Test func `an outage tells how long each node validated nothing`() throws {
        var tally = Self.tally()
        for time in stride(from: Int64(0), through: 1_000, by: 10) {
            Self.write(&tally, at: time)
            tally.noteValidation(at: Self.at(time), endpoint: 0)
            tally.noteValidation(at: Self.at(time), endpoint: 1)
        }
        // Node 0 dies at 1,000 ms, and the other goes on but for 40 ms.
        for time in stride(from: Int64(1_010), through: 1_400, by: 10)
        where !(1_201..<1_240).contains(time) {
            tally.noteValidation(at: Self.at(time), endpoint: 1)
        }
        tally.noteFailure(ofWrite: true)
        tally.noteFailure(ofWrite: false)
        let outage = try #require(Self.write(&tally, at: 1_434))
        #expect(outage.withoutWrites == .milliseconds(434))
        #expect(outage.begin == Timestamp(milliseconds: 3_601_000))
        #expect(outage.withoutValidations == [.milliseconds(434), .milliseconds(40)])
        #expect(tally.failedWrites == 1 && tally.failedValidations == 1)
    }

    @Test func `what was before an outage isn't in it`() throws {
        var tally = Self.tally()
        Self.write(&tally, at: 0)
        // A node that was away for long, but while others wrote.
        tally.noteValidation(at: Self.at(90), endpoint: 1)
        tally.noteValidation(at: Self.at(10), endpoint: 0)
        Self.write(&tally, at: 95)
        for time in stride(from: Int64(100), through: 300, by: 5) {
            tally.noteValidation(at: Self.at(time), endpoint: 0)
            tally.noteValidation(at: Self.at(time), endpoint: 1)
        }
        let outage = try #require(Self.write(&tally, at: 300))
        #expect(outage.withoutValidations == [.milliseconds(90), .milliseconds(10)])
        #expect(Self.write(&tally, at: 350) == nil)
        #expect(tally.outages == [outage])
    }
}
