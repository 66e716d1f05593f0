import Basics
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
        _ = workers.both({}) {}
        #expect(held == nil)
    }
}
