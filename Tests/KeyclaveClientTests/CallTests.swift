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

        /// Returns when both have come for the `step`th time, from 0.
        func meet(_ step: Int) {
            arrivals.add(1, ordering: .acquiringAndReleasing)
            while arrivals.load(ordering: .acquiring) < 2 * (step + 1) { sched_yield() }
        }
    }

    @Test func `who gives up what a lane has taken isn't told that nothing was changed`()
        async throws
    {
        let calls = (0..<2_000).map { _ in Call(ClientTests.charge, ClientSettings()) }
        let meeting = Meeting()
        let taken = Locked<[Bool]>([])
        let end = try Mailbox<Void>()
        _ = try Thread(name: "lane") {
            for (step, call) in calls.enumerated() {
                meeting.meet(step)
                let isTaken = call.take()
                taken.withLock { $0.append(isTaken) }
            }
            end.send(())
        }
        for (step, call) in calls.enumerated() {
            meeting.meet(step)
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
