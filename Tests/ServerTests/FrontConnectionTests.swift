import Basics
import Glibc
import HTTP
import Linux
import Replica
import Testing

@testable import Keyring
@testable import Server

struct FrontConnectionTests {
    private static func settings(
        limit: Int = 100, head: Duration = .seconds(10), idle: Duration = .seconds(60)
    ) -> FrontSettings {
        FrontSettings(
            router: Router.Settings(node: NodeID(1), version: "0"), connectionLimit: limit,
            headDeadline: head, idleDeadline: idle)
    }

    /// A request that only the node can answer.
    private func question() throws -> String {
        let token = try #require(KeyText(role: .operator, random: [UInt8](repeating: 9, count: 96)))
        return "GET /v1/whoami HTTP/1.1\r\nHost: a\r\n"
            + "Authorization: Bearer \(token.secret)\r\n\r\n"
    }

    private func requests(_ front: FrontHarness, _ count: Int) -> [ClientRequest] {
        var requests: [ClientRequest] = []
        while requests.count < count { requests += front.requests() }
        return requests
    }

    private func reply(_ front: FrontHarness, _ request: ClientRequest, _ index: UInt64) {
        front.mailbox.send(.reply(request.ticket, .done(at: LogIndex(index))))
    }

    @Test func answersLeaveInTheOrderOfTheirRequests() throws {
        let front = try FrontHarness(Self.settings())
        let client = try TestClient(front.address)
        let auth = "GET /v1/auth HTTP/1.1\r\nHost: a\r\n\r\n"
        try client.send(try auth + question() + question() + auth + question())
        let asked = requests(front, 3)
        #expect(asked.count == 3)
        reply(front, asked[2], 3)
        reply(front, asked[1], 2)
        reply(front, asked[0], 1)
        let answers = try (0..<5).map { _ in try client.answer() }
        #expect(answers.map(\.status) == [401, 200, 200, 401, 200])
        #expect(answers[1].body == #"{"index":1}"#)
        #expect(answers[2].body == #"{"index":2}"#)
        #expect(answers[4].body == #"{"index":3}"#)
        front.stop()
    }

    @Test func aRequestMayArriveByteByByte() throws {
        let front = try FrontHarness(Self.settings())
        let client = try TestClient(front.address)
        let body = #"{"key":"nonsense"}"#
        let text =
            "POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        for byte in text.utf8 { try client.send([byte]) }
        #expect(try client.answer().body == #"{"valid":false,"code":"invalid"}"#)
        front.stop()
    }

    @Test func whatIsNotHTTPIsRefusedAndTheConnectionClosed() throws {
        let front = try FrontHarness(Self.settings())
        let client = try TestClient(front.address)
        try client.send("GET /v1/auth HTTP/1.1\r\nHost: a\r\nX-Y : z\r\n\r\nGET / HTTP/1.1\r\n\r\n")
        let text = try client.rest()
        #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(text.contains("\r\nConnection: close\r\n"))
        #expect(text.ranges(of: "HTTP/1.1").count == 1)
        front.stop()
        #expect(front.metrics.fronts[0].malformed.value == 1)
    }

    @Test func aClientThatWaitsToContinueIsToldTo() throws {
        let front = try FrontHarness(Self.settings())
        let client = try TestClient(front.address)
        let body = #"{"key":"nonsense"}"#
        try client.send(
            "POST /v1/verify HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
        let interim = try client.read { $0.contains("\r\n\r\n") }
        #expect(interim == "HTTP/1.1 100 Continue\r\n\r\n")
        try client.send(body)
        #expect(try client.answer().status == 200)
        front.stop()
    }

    @Test func aHeadThatDoesNotComeIsGivenUp() throws {
        let front = try FrontHarness(Self.settings(head: .milliseconds(1)))
        let client = try TestClient(front.address)
        try client.send("GET /v1/auth HTTP/1.1\r\nHo")
        let text = try client.rest()
        #expect(text.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
        front.stop()
    }

    @Test func anIdleConnectionIsClosed() throws {
        let front = try FrontHarness(Self.settings(idle: .milliseconds(1)))
        let client = try TestClient(front.address)
        try client.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.rest().hasPrefix("HTTP/1.1 200 OK\r\n"))
        front.stop()
    }

    @Test func aConnectionBeyondTheLimitIsToldSo() throws {
        let front = try FrontHarness(Self.settings(limit: 1))
        let first = try TestClient(front.address)
        try first.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try first.answer().status == 200)
        let second = try TestClient(front.address)
        #expect(try second.rest().hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        try first.send("GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(try first.rest().hasPrefix("HTTP/1.1 200 OK\r\n"))
        let third = try TestClient(front.address)
        try third.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try third.answer().status == 200)
        front.stop()
        #expect(front.metrics.fronts[0].refused.value == 1)
        #expect(front.metrics.fronts[0].accepted.value == 2)
    }

    @Test func aClientThatHasSaidAllStillGetsItsAnswers() throws {
        let front = try FrontHarness(Self.settings())
        let client = try TestClient(front.address)
        try client.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n" + question() + "GET /l")
        client.finishSending()
        reply(front, requests(front, 1)[0], 7)
        let text = try client.rest()
        #expect(text.ranges(of: "HTTP/1.1 200 OK").count == 2)
        #expect(text.hasSuffix(#"{"index":7}"#))
        front.stop()
    }

    @Test func aLateReplyDoesNotReachAnotherConnection() throws {
        let front = try FrontHarness(Self.settings())
        var asked: ClientRequest
        do {
            let gone = try TestClient(front.address)
            try gone.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n" + question())
            asked = requests(front, 1)[0]
            // Closed with an answer unread, which resets the connection.
        }
        // The thread has seen the reset once it has no connection left.
        while front.metrics.fronts[0].open.value > 0 { sched_yield() }
        let next = try TestClient(front.address)
        try next.send(question())
        let second = requests(front, 1)[0]
        #expect(FrontTicket(second.ticket).place == FrontTicket(asked.ticket).place)
        reply(front, asked, 1)
        reply(front, second, 2)
        #expect(try next.answer().body == #"{"index":2}"#)
        front.stop()
    }

    @Test func aFloodOfPipelinedRequestsIsTakenInPortions() throws {
        let front = try FrontHarness(Self.settings())
        let client = try TestClient(front.address)
        let count = 3 * FrontLimits.exchanges
        let text = try question()
        for _ in 0..<count { try client.send(text) }
        var taken = 0
        while taken < count {
            let portion = requests(front, 1)
            #expect(portion.count <= FrontLimits.exchanges)
            for request in portion {
                taken += 1
                reply(front, request, UInt64(taken))
            }
        }
        for number in 1...count {
            #expect(try client.answer().body == #"{"index":\#(number)}"#)
        }
        front.stop()
    }

    @Test func answersThatFillTheOutputDoNotStopTheRest() throws {
        let front = try FrontHarness(Self.settings())
        let client = try TestClient(front.address)
        // More bytes of answers than may be queued, and all requests there before the first is
        // read out: none may be forgotten in the buffer.
        let one = "GET /v1/auth HTTP/1.1\r\nHost: a\r\n\r\n"
        let count = 2_500
        try client.send(String(repeating: one, count: count))
        client.finishSending()
        #expect(try client.rest().ranges(of: "HTTP/1.1 401 ").count == count)
        front.stop()
        #expect(front.metrics.fronts[0].answered.value == UInt64(count))
    }

    @Test func largeBodiesAreTakenUpToThePathsLimit() throws {
        let front = try FrontHarness(Self.settings())
        let client = try TestClient(front.address)
        func post(_ path: String, _ count: Int) throws -> Int {
            let head = "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            try client.send("\(head)Content-Length: \(count)\r\n\r\n")
            try client.send([UInt8](repeating: UInt8(ascii: " "), count: count))
            return try client.answer().status
        }
        #expect(try post("/v1/charges", 2 << 20) == 400)
        #expect(try post("/v1/verify", 1 << 20) == 400)
        try client.send("POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n")
        #expect(try client.rest().hasPrefix("HTTP/1.1 413 "))
        front.stop()
    }

    @Test func drainingAnswersWhatWaitsAndClosesTheRest() throws {
        let front = try FrontHarness(Self.settings())
        let idle = try TestClient(front.address)
        let waiting = try TestClient(front.address)
        try idle.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try idle.answer().status == 200)
        try waiting.send(question() + question())
        let asked = requests(front, 2)
        reply(front, asked[0], 5)
        front.stop()
        #expect(try idle.rest() == "")
        let text = try waiting.rest()
        #expect(text.contains(#"{"index":5}"#))
        #expect(text.contains(#""code":"unavailable""#))
    }

    @Test func monitorsAreToldHowTheNodeIs() throws {
        let front = try FrontHarness(Self.settings())
        let client = try TestClient(front.address)
        func get(_ path: String) throws -> (status: Int, head: String, body: String) {
            try client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            return try client.answer()
        }
        #expect(try get("/readyz").status == 503)
        front.metrics.board.setReady(true)
        #expect(try get("/readyz").status == 200)
        front.setLease(until: Clocks.steady())
        let late = try get("/readyz")
        #expect(late.status == 503)
        #expect(late.body.contains(#""code":"unavailable""#))
        #expect(late.head.contains("\r\nRetry-After: 1\r\n"))
        #expect(try get("/livez").body == "ok\n")
        let page = try get("/metrics").body
        #expect(page.contains("\nkeyclave_answered_requests_total 4\n"))
        #expect(page.contains("\nkeyclave_responses_total{status=\"503\"} 2\n"))
        #expect(page.contains("\nkeyclave_connections 1\n"))
        #expect(page.contains("\nkeyclave_validations_total{verdict=\"invalid\"} 0\n"))
        try client.send("GET /v1/auth HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.answer().status == 401)
        #expect(
            try get("/metrics").body
                .contains("\nkeyclave_validations_total{verdict=\"invalid\"} 1\n"))
        front.stop()
    }
}
