import Basics
import Testing

@testable import KeyclaveClient

@Suite struct CallQueueTests {
    static func call(_ seconds: Int64) -> Call {
        var settings = ClientSettings()
        settings.deadline = .seconds(seconds)
        return Call(ClientTests.read, settings)
    }

    @Test func `who has the least time left is first, and who was removed never comes`() {
        let calls = [30, 10, 20, 40].map(Self.call)
        var queue = CallQueue(limit: 4)
        for call in calls { queue.insert(call) }
        #expect(queue.isFull)
        #expect(queue.nextDeadline == calls[1].deadline)
        queue.remove(calls[2])
        queue.remove(calls[2])
        #expect(!queue.isFull)
        #expect([queue.popFirst(), queue.popFirst()].map { $0 === calls[1] } == [true, false])
        #expect(queue.removeAll().map { $0 === calls[3] } == [true])
        #expect(queue.isEmpty && queue.popFirst() == nil && queue.nextDeadline == nil)
    }

    @Test func `the late ones are those whose time is over, to the nanosecond`() {
        let calls = [1, 2, 3].map(Self.call)
        var queue = CallQueue(limit: 3)
        for call in calls { queue.insert(call) }
        #expect(queue.removeLate(at: calls[0].deadline + .nanoseconds(-1)).isEmpty)
        #expect(queue.removeLate(at: calls[1].deadline).map { $0 === calls[0] } == [true, false])
        #expect(queue.nextDeadline == calls[2].deadline)
    }

    @Test func `calls of one deadline are all kept`() {
        var queue = CallQueue(limit: 1_000)
        for _ in 0..<1_000 { queue.insert(Self.call(1)) }
        #expect(queue.isFull)
        #expect(queue.removeAll().count == 1_000)
    }
}
