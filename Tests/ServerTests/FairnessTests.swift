import Basics
import Glibc
import HTTP
import Linux
import Replica
import Testing

@testable import Keyring
@testable import Server

/// One client that sends far ahead, and another.
@Suite(.timeLimit(.minutes(5))) struct FairnessTests {
    /// A front thread's loop without its thread: the test decides when a turn is.
    private struct SteppedFront: ~Copyable {
        let address: SocketAddress
        let metrics: ServerMetrics
        let mailbox: Mailbox<FrontLetter>
        var loop: FrontLoop

        static func make() throws -> SteppedFront {
            let log = Log(node: NodeID(1), threshold: .error)
            let metrics = ServerMetrics(fronts: 1, log: log)
            let mailbox = try Mailbox<FrontLetter>()
            let table = KeyTable()
            let services = FrontServices(
                node: NodeID(1), table: table, replica: try Mailbox(), snapshots: try Mailbox(),
                wishes: try Mailbox(), pages: MonitoringPages(metrics: metrics), log: log,
                settings: FrontSettings(router: Router.Settings(node: NodeID(1), version: "0")))
            table.setLeases([Lease(expiry: .never, minIndex: .zero)])
            let listener = try ListeningSocket(at: .loopback())
            let address = listener.address
            return SteppedFront(
                address: address, metrics: metrics, mailbox: mailbox,
                loop: try FrontLoop(
                    number: 0, listener: listener, mailbox: mailbox, services: services,
                    metrics: metrics.fronts[0]))
        }

        /// A client whose connection the loop knows.
        mutating func client() throws -> TestClient {
            let before = metrics.fronts[0].accepted.value
            let client = try TestClient(address)
            while metrics.fronts[0].accepted.value == before { loop.turn() }
            return client
        }

        var answered: UInt64 { metrics.fronts[0].answered.value }
        var submitted: UInt64 { metrics.fronts[0].submitted.value }
    }

    private static let turn = UInt64(FrontLimits.requestsInTurn)
    private static let validation = "GET /v1/auth HTTP/1.1\r\nHost: a\r\n\r\n"

    /// A request that only the node can answer.
    private static func question() throws -> String {
        let token = try #require(KeyText(role: .operator, random: [UInt8](repeating: 9, count: 96)))
        return "GET /v1/whoami HTTP/1.1\r\nHost: a\r\n"
            + "Authorization: Bearer \(token.secret)\r\n\r\n"
    }

    @Test func aTurnTakesSoManyRequestsOfEachConnection() throws {
        var front = try SteppedFront.make()
        let flooding = try front.client()
        let other = try front.client()
        // More than are read at once.
        let count = UInt64(1_500)
        try flooding.send(String(repeating: Self.validation, count: Int(count)))
        var others: UInt64 = 0
        var turns: UInt64 = 0
        while front.answered < count + others {
            let before = front.answered
            // The other asks anew in every second turn, however much of the first is left.
            let asks = turns % 2 == 1
            if asks { try other.send(Self.validation) }
            front.loop.turn()
            turns += 1
            others += asks ? 1 : 0
            let taken = front.answered - before - (asks ? 1 : 0)
            #expect(taken <= Self.turn)
            if asks { #expect(try other.answer().status == 401) }
            for _ in 0..<taken { #expect(try flooding.answer().status == 401) }
        }
        #expect(turns >= count / Self.turn)
    }

    @Test func aConnectionThatWaitsForItsNextTurnMayBeClosed() throws {
        var front = try SteppedFront.make()
        let flooding = try front.client()
        try flooding.send(
            String(repeating: Self.validation, count: 70)
                + "GET /v1/auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                + Self.validation)
        flooding.finishSending()
        while !front.loop.connections.isEmpty { front.loop.turn() }
        let rest = try flooding.rest()
        #expect(rest.ranges(of: "HTTP/1.1 401 ").count == 71)
        #expect(front.loop.behind.isEmpty)
    }

    @Test func requestsForTheNodeAreTakenInTurnToo() throws {
        var front = try SteppedFront.make()
        let flooding = try front.client()
        let other = try front.client()
        try flooding.send(String(repeating: try Self.question(), count: 130))
        try other.send(try Self.question())
        front.loop.turn()
        #expect(front.submitted == Self.turn + 1)
        front.loop.turn()
        #expect(front.submitted == 2 * Self.turn + 1)
        front.loop.turn()
        #expect(front.submitted == 131)
    }

    @Test func whoHasItsShareWaitingIsRefusedAndOthersAreNot() throws {
        // (320 − 9) / 32 is 9, and (320 − 10) / 32 as well.
        let room = WaitingRoom(whole: WaitingLoad(count: 320, bytes: 64 << 20))
        let front = try FrontHarness(waitingRoom: room)
        let flooding = try TestClient(front.address)
        let other = try TestClient(front.address)
        try flooding.send(String(repeating: try Self.question(), count: 20))
        var asked = front.requests(9)
        // What was refused has been refused by the time that the next comes.
        try other.send(try Self.question())
        asked += front.requests()
        #expect(asked.count == 10)
        for request in asked.reversed() {
            front.mailbox.send(.reply(request.ticket, .done(at: LogIndex(1))))
        }
        #expect(try other.answer().status == 200)
        let answers = try (0..<20).map { _ in try flooding.answer() }
        #expect(answers.prefix(9).allSatisfy { $0.status == 200 })
        for refusal in answers.dropFirst(9) {
            #expect(refusal.status == 503)
            #expect(refusal.body.contains(#""code":"overloaded""#))
            #expect(refusal.head.contains("\r\nRetry-After: 1\r\n"))
        }
        #expect(room.waiting == WaitingLoad())
        // Who goes without the answers leaves what it asked for at the node until it answers.
        let unanswered: [ClientRequest]
        do {
            let leaving = try TestClient(front.address)
            try leaving.send(
                "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
                    + String(repeating: try Self.question(), count: 9))
            unanswered = front.requests(9)
            // Closed with an answer unread, which resets the connection.
        }
        while front.metrics.fronts[0].open.value > 2 { sched_yield() }
        #expect(room.waiting.count == 9)
        for request in unanswered {
            front.mailbox.send(.reply(request.ticket, .done(at: LogIndex(1))))
        }
        try other.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try other.answer().status == 200)
        #expect(room.waiting == WaitingLoad())
        front.stop()
        #expect(front.metrics.fronts[0].submitted.value == 19)
    }

    /// The one turn that is left is as long as it takes.
    @Test func whatHasBeenReadIsStillAnsweredAtTheEnd() throws {
        var front = try SteppedFront.make()
        let flooding = try front.client()
        try flooding.send(String(repeating: Self.validation, count: 130))
        front.loop.turn()
        #expect(front.answered == Self.turn)
        #expect(front.loop.behind.count == 1)
        front.mailbox.send(.drain)
        front.loop.turn()
        #expect(front.answered == 130)
        let rest = try flooding.rest()
        #expect(rest.ranges(of: "HTTP/1.1 401 ").count == 130)
    }
}
