import Basics
import Foundation
import Linux
import Testing

@Suite struct TwoWorkersTests {
    @Test func bothHalvesRunAtTheSameTimeAndAreDone() throws {
        let (asked, answered) = (try Mailbox<Int>(), try Mailbox<Int>())
        // Each waits for the other: one after the other they would never end.
        let (here, beside) = TwoWorkers().both({
            asked.send(1)
            var letters: [Int] = []
            answered.wait(into: &letters, timeout: .seconds(30))
            return letters
        }) {
            var letters: [Int] = []
            asked.wait(into: &letters, timeout: .seconds(30))
            answered.send(2)
            return letters
        }
        #expect(here == [2])
        #expect(beside == [1])
    }

    @Test func theyDoOnePairAfterTheOther() {
        let workers = TwoWorkers()
        for number in 0..<2_000 {
            let (here, beside) = workers.both({ number }) { -number }
            #expect(here == number && beside == -number)
        }
    }

    @Test func whatAHalfHeldIsLetGoOfBeforeTheNext() {
        final class Held: Sendable {}
        let workers = TwoWorkers()
        weak var held: Held?
        do {
            let object = Held()
            held = object
            _ = workers.both({}) { withExtendedLifetime(object) {} }
        }
        #expect(held == nil)
    }

    /// Of tests beside this one some open descriptors as well, but none so many.
    @Test func whoAreDroppedLeaveNothingBehind() throws {
        func descriptors() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        }
        let before = try descriptors()
        for number in 0..<300 {
            let (here, beside) = TwoWorkers().both({ number }) { number }
            #expect(here == beside)
        }
        // The threads end by themselves.
        for _ in 0..<200 where try descriptors() > before + 150 {
            Linux.Thread.sleep(.milliseconds(20))
        }
        #expect(try descriptors() < before + 150)
    }
}
