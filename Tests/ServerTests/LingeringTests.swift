import Basics
import Glibc
import HTTP
import Linux
import Replica
import Testing

@testable import Server

/// What becomes of a connection whose request was refused while more of it was on its way: a
/// close would reset it, and a reset may throw away the answer (RFC 9112, 9.6).
struct LingeringTests {
    private static func front(
        limit: Int = 100, head: Duration = .seconds(10), linger: Duration = .seconds(60)
    ) throws -> FrontHarness {
        try FrontHarness(
            FrontSettings(
                router: Router.Settings(node: NodeID(1), version: "0"), connectionLimit: limit,
                headDeadline: head, lingerDeadline: linger))
    }

    private static let tooLarge =
        "POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n"

    /// The thread has closed every connection: nothing else says when a close has happened.
    private func waitUntilClosed(_ front: FrontHarness) {
        while front.metrics.fronts[0].open.value > 0 { sched_yield() }
    }

    @Test func aClientThatSendsAllBeforeItReadsGetsItsRefusal() throws {
        let front = try Self.front()
        let client = try TestClient(front.address)
        try client.send(Self.tooLarge)
        try client.send([UInt8](repeating: UInt8(ascii: " "), count: 8 << 20))
        #expect(try client.rest().hasPrefix("HTTP/1.1 413 "))
        #expect(!client.wasReset)
        client.finishSending()
        waitUntilClosed(front)
        front.stop()
    }

    @Test func whatIsNoRequestIsAnsweredThoughMoreFollows() throws {
        let front = try Self.front()
        let client = try TestClient(front.address)
        try client.send("GET / HTTP/1.1\n\n" + String(repeating: "x", count: 1 << 20))
        #expect(try client.rest().hasPrefix("HTTP/1.1 400 "))
        #expect(!client.wasReset)
        front.stop()
    }

    @Test func aClientThatWasTooSlowMayGoOnAndReadThatItWas() throws {
        let front = try Self.front(head: .milliseconds(1))
        let client = try TestClient(front.address)
        try client.send("GET /livez HTTP/1.1\r\nHo")
        #expect(try client.read { $0.contains("\r\n\r\n") }.hasPrefix("HTTP/1.1 408 "))
        try client.send("st: a\r\n\r\n")
        try client.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        // Nothing of that was answered or resets what was.
        #expect(try client.rest().ranges(of: "HTTP/1.1 ").isEmpty)
        #expect(!client.wasReset)
        front.stop()
    }

    @Test func aConnectionTooManyReadsThatItIs() throws {
        let front = try Self.front(limit: 1)
        let first = try TestClient(front.address)
        try first.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try first.answer().status == 200)
        for _ in 0..<3 {
            let second = try TestClient(front.address)
            try second.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try second.rest().hasPrefix("HTTP/1.1 503 "))
            #expect(!second.wasReset)
        }
        front.stop()
        #expect(front.metrics.fronts[0].refused.value == 3)
    }

    @Test func nobodyIsListenedToForLongerThanTheDeadline() throws {
        let front = try Self.front(linger: .milliseconds(1))
        let client = try TestClient(front.address)
        try client.send(Self.tooLarge)
        #expect(try client.rest().hasPrefix("HTTP/1.1 413 "))
        // The client ends nothing and sends nothing.
        waitUntilClosed(front)
        front.stop()
    }

    @Test func norForMoreThanSoManyBytes() throws {
        let front = try Self.front()
        let client = try TestClient(front.address)
        try client.send(Self.tooLarge)
        let portion = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
        var sent = 0
        // Well over what the two sockets hold between them.
        while sent < FrontLimits.lingeringBytes + (64 << 20) {
            do {
                try client.send(portion)
                sent += portion.count
            } catch {
                break
            }
        }
        #expect(client.wasReset)
        #expect(sent >= FrontLimits.lingeringBytes - portion.count)
        waitUntilClosed(front)
        front.stop()
    }

    @Test func aStopDoesNotWaitForThoseWhoWereRefused() throws {
        let front = try Self.front()
        let client = try TestClient(front.address)
        try client.send(Self.tooLarge)
        #expect(try client.rest().hasPrefix("HTTP/1.1 413 "))
        let before = Clocks.now()
        front.stop()
        #expect(Clocks.now() - before < .seconds(10), "the lingering would have gone on")
    }

    @Test func whoAsksForTheCloseIsNotLingeredFor() throws {
        let front = try Self.front()
        let client = try TestClient(front.address)
        try client.send("GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(try client.rest().hasPrefix("HTTP/1.1 200 "))
        waitUntilClosed(front)
        front.stop()
    }
}
