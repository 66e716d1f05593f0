import Basics
import Glibc
import Synchronization
import Testing

@testable import Linux

struct ProcessTests {
    @Test func monotonicClocksDoNotRunBackwards() {
        var last = Clocks.now()
        for _ in 0..<1000 {
            let now = Clocks.now()
            #expect(now >= last)
            last = now
        }
        #expect(Clocks.sinceBoot() > .zero)
        #expect(Clocks.reading().now >= last)
    }

    @Test func theWallClockIsTheSystems() {
        let before = Timestamp(milliseconds: Int64(time(nil)) * 1000)
        let now = Clocks.wall()
        let after = Timestamp(milliseconds: Int64(time(nil)) * 1000 + 1000)
        // time(2) may lag the clock by one tick of the timer interrupt.
        #expect(now + .milliseconds(20) >= before)
        #expect(now <= after)
    }

    @Test func randomBytesAreAsManyAsAskedAndDiffer() {
        #expect(Entropy.bytes(0) == [])
        #expect(Entropy.bytes(7).count == 7)
        let many = Entropy.bytes(100_000)
        #expect(many.count == 100_000)
        #expect(Set(many).count == 256)
        #expect(Entropy.bytes(16) != Entropy.bytes(16))
    }

    @Test func aThreadHasItsNameAndRunsItsBody() throws {
        let name = Mutex("")
        let thread = try Thread(name: "keyclave-test-1") {
            let bytes = try? File(reading: "/proc/thread-self/comm").contents(limit: 100)
            name.withLock { $0 = String(decoding: bytes ?? [], as: UTF8.self) }
        }
        thread.join()
        #expect(name.withLock { $0 } == "keyclave-test-1\n")
        #expect(Thread.processorCount >= 1)
    }

    @Test func aSignalIsReadFromTheQueue() throws {
        // Aimed at this very thread: blocked here, it stays pending until it is read.
        let queue = try SignalQueue([.hangUp, Signal(number: SIGWINCH)])
        #expect(queue.next() == nil)
        pthread_kill(pthread_self(), SIGHUP)
        let poller = try Poller()
        try poller.add(queue.descriptor, .read, token: 1)
        #expect(poller.wait(.seconds(10)) == 1)
        #expect(queue.next() == .hangUp)
        #expect(queue.next() == nil)
    }

    @Test func aCallThatFailsSaysWhichAndWhy() {
        #expect(
            SystemError(call: "fdatasync", code: EIO).description
                == "fdatasync: Input/output error")
        #expect(SystemError(call: "read", code: 99_999).description.hasPrefix("read: "))
    }

    @Test func anInterruptedCallIsMadeAgain() throws {
        var calls = 0
        let result = try systemCall("test") {
            calls += 1
            if calls < 3 {
                errno = EINTR
                return Int32(-1)
            }
            return 7
        }
        #expect(result == 7)
        #expect(calls == 3)
        let now = try nonBlockingCall("test") {
            errno = EAGAIN
            return Int32(-1)
        }
        #expect(now == nil)
    }

    @Test func `discarded pages are zero again, and nothing around them`() throws {
        let page = 4_096
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8 * page, alignment: page)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 7)
        // From within the first page into the last: six are whole.
        ProcessControl.discard(.init(rebasing: memory[100..<7 * page + 9]))
        #expect(memory[..<page].allSatisfy { $0 == 7 })
        #expect(memory[page..<7 * page].allSatisfy { $0 == 0 })
        #expect(memory[(7 * page)...].allSatisfy { $0 == 7 })
        ProcessControl.discard(.init(rebasing: memory[..<100]))
        #expect(memory[..<page].allSatisfy { $0 == 7 })
    }

    /// Below what the library maps by itself, and with something in between that stays.
    @Test func `freed memory between what stays is given back to the system`() throws {
        let (size, page) = (100_000, 4_096)
        var staying: [UnsafeMutableRawPointer] = []
        var going: [UnsafeMutableRawPointer] = []
        for _ in 0..<200 {
            for _ in 0..<2 {
                let piece = try #require(malloc(size))
                memset(piece, 1, size)
                if staying.count <= going.count {
                    staying.append(piece)
                } else {
                    going.append(piece)
                }
            }
        }
        defer { staying.forEach { free($0) } }
        /// How many pages in the middle of the pieces are in memory.
        func resident() -> Int {
            going.reduce(0) { sum, piece in
                let middle = UInt(bitPattern: piece + size / 2) & ~UInt(page - 1)
                var state: UInt8 = 0
                let isMapped =
                    mincore(UnsafeMutableRawPointer(bitPattern: middle), page, &state) == 0
                return sum + (isMapped ? Int(state & 1) : 0)
            }
        }
        #expect(resident() == going.count)
        going.forEach { free($0) }
        ProcessControl.returnFreeMemory()
        // Tests beside this one may have taken some of it.
        #expect(resident() < going.count / 4)
    }
}
