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
}
