import Basics
import Testing

@testable import Simulator

@Suite struct EventQueueTests {
    @Test func `events come by time, and at one instant in the order they were scheduled`() {
        var random = SeededGenerator(seed: 5)
        var queue = EventQueue<Int>()
        var expected: [(time: Instant, event: Int)] = []
        for event in 0..<2_000 {
            let time = Instant(nanoseconds: Int64(random.below(50)))
            queue.schedule(event, at: time)
            expected.append((time, event))
        }
        expected.sort { ($0.time, $0.event) < ($1.time, $1.event) }
        for (time, event) in expected {
            #expect(queue.nextTime == time)
            let next = queue.popFirst()
            #expect(next?.time == time)
            #expect(next?.event == event)
        }
        #expect(queue.isEmpty)
    }
}
