import Testing

@testable import Linux

struct HandoverTests {
    /// Nothing that threads may share.
    private final class Owned {
        var sum = 0
    }

    @Test func theNewThreadOwnsWhatWasHandedOver() throws {
        let owned = Owned()
        owned.sum = 40
        let handover = Handover(owned)
        let result = Locked(0)
        let thread = try Thread(name: "taker") {
            let taken = handover.take()
            taken.sum += 2
            let sum = taken.sum
            result.withLock { $0 = sum }
        }
        thread.join()
        #expect(result.withLock { $0 } == 42)
    }

    @Test func aValueIsTakenOnce() async {
        await #expect(processExitsWith: .failure) {
            let handover = Handover(1)
            _ = handover.take()
            _ = handover.take()
        }
    }
}
