import Basics
import Testing

@testable import Linux

struct PollerTests {
    @Test func nothingReadyIsZeroAtOnce() throws {
        let poller = try Poller()
        let wakeup = try Wakeup()
        try poller.add(wakeup.descriptor, .read, token: 1)
        #expect(poller.wait(.zero) == 0)
        #expect(poller.wait(.milliseconds(-5)) == 0)
    }

    @Test func theReadyOneIsReportedUnderItsToken() throws {
        let poller = try Poller()
        let quiet = try Wakeup()
        let loud = try Wakeup()
        try poller.add(quiet.descriptor, .read, token: 1)
        try poller.add(loud.descriptor, .read, token: .max)
        loud.signal()
        #expect(poller.wait(nil) == 1)
        let ready = poller.readiness(at: 0)
        #expect(
            ready == Readiness(token: .max, readable: true, writable: false, failed: false))
        #expect(loud.reset() == true)
        #expect(loud.reset() == false)
        #expect(poller.wait(.zero) == 0)
    }

    @Test func onlyWhatIsWantedIsReported() throws {
        let poller = try Poller()
        let wakeup = try Wakeup()
        wakeup.signal()
        try poller.add(wakeup.descriptor, [], token: 3)
        #expect(poller.wait(.zero) == 0)
        poller.change(wakeup.descriptor, [.read, .write], token: 4)
        #expect(poller.wait(.zero) == 1)
        #expect(
            poller.readiness(at: 0)
                == Readiness(token: 4, readable: true, writable: true, failed: false))
        poller.remove(wakeup.descriptor)
        #expect(poller.wait(.zero) == 0)
    }

    @Test func aClosedDescriptorLeavesThePoller() throws {
        let poller = try Poller()
        do {
            let wakeup = try Wakeup()
            wakeup.signal()
            try poller.add(wakeup.descriptor, .read, token: 1)
            #expect(poller.wait(.zero) == 1)
        }
        #expect(poller.wait(.zero) == 0)
    }

    @Test func moreThanABatchIsReportedInTurns() throws {
        let poller = try Poller(batch: 2)
        let first = try Wakeup()
        let second = try Wakeup()
        let third = try Wakeup()
        first.signal()
        second.signal()
        third.signal()
        try poller.add(first.descriptor, .read, token: 1)
        try poller.add(second.descriptor, .read, token: 2)
        try poller.add(third.descriptor, .read, token: 3)
        var seen: [UInt64] = []
        for _ in 0..<2 {
            for index in 0..<poller.wait(.zero) { seen.append(poller.readiness(at: index).token) }
        }
        #expect(Set(seen) == [1, 2, 3])
    }

    @Test func fractionsOfAMillisecondAreRoundedUp() {
        #expect(Poller.milliseconds(nil) == -1)
        #expect(Poller.milliseconds(.zero) == 0)
        #expect(Poller.milliseconds(.nanoseconds(-1)) == 0)
        #expect(Poller.milliseconds(.nanoseconds(1)) == 1)
        #expect(Poller.milliseconds(.milliseconds(7)) == 7)
        #expect(Poller.milliseconds(.microseconds(7001)) == 8)
        #expect(Poller.milliseconds(Duration(nanoseconds: .max)) == .max)
    }

    @Test func aWaitIsAtLeastAsLongAsAsked() throws {
        let wakeup = try Wakeup()
        let begin = Clocks.now()
        #expect(wakeup.wait(.milliseconds(3)) == false)
        #expect(Clocks.now() - begin >= .milliseconds(3))
    }
}
