import Basics
import Glibc
import HTTP
import Linux
import Synchronization
import Testing

@testable import KeyclaveClient

/// How a call ends that two threads end at once.
@Suite struct CallTests {
    /// Lets two threads begin the same step together, again and again.
    private final class Meeting: Sendable {
        private let arrivals = Atomic(0)
        private let last = Atomic(Int.max)

        /// Returns when both have come for the `step`th time, from 0; false if it was the last.
        func meet(_ step: Int) -> Bool {
            arrivals.add(1, ordering: .acquiringAndReleasing)
            var turns = 0
            while arrivals.load(ordering: .acquiring) < 2 * (step + 1) {
                turns += 1
                // The other one may wait for this processor.
                if turns > 10_000 { sched_yield() }
            }
            return step < last.load(ordering: .acquiring)
        }

        /// To be said before one comes for that step.
        func end(at step: Int) { last.store(step, ordering: .releasing) }
    }

    /// As many times as there is time for: on two processors that are free, the race is met some
    /// dozens of times.
    @Test func `who gives up what a lane has taken isn't told that nothing was changed`()
        async throws
    {
        let calls = (0..<20_000).map { _ in Call(ClientTests.charge, ClientSettings()) }
        let meeting = Meeting()
        let taken = Locked<[Bool]>([])
        let end = try Mailbox<Void>()
        _ = try Linux.Thread(name: "lane") {
            for (step, call) in calls.enumerated() {
                guard meeting.meet(step) else { break }
                let isTaken = call.take()
                taken.withLock { $0.append(isTaken) }
            }
            end.send(())
        }
        let deadline = Clocks.now() + .seconds(1)
        for (step, call) in calls.enumerated() {
            if Clocks.now() > deadline { meeting.end(at: step) }
            guard meeting.meet(step) else { break }
            call.cancel()
        }
        var ended: [Void] = []
        end.wait(into: &ended)
        for (call, isTaken) in zip(calls, taken.withLock { $0 }) {
            let result = await withCheckedContinuation { call.begin(for: $0) }
            switch result {
            case .failure(.cancelled): #expect(!isTaken)
            case .failure(.outcomeUnknown("id-1", _)): #expect(isTaken)
            default: Issue.record("\(result)")
            }
        }
    }
}
